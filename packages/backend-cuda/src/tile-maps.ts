/** The tensor maps that a kernel copies boxes by: its parameters after the scalars. */
import type { PlanTileMap, ScalarBlock } from '@tilewright/backend'
import {
  type Buffer,
  type Expr,
  elementCount,
  InternalError,
  type SizeExpr,
  sizeEquals,
  type TileCopy,
} from '@tilewright/ir'

export interface TileMaps {
  /** Number of the map of a copy; equal ones share one. */
  readonly of: (copy: TileCopy) => number
  /** In order, of the buffers of a kernel. */
  readonly all: (buffers: readonly Buffer[]) => readonly PlanTileMap[]
}

interface TileMap {
  readonly source: Buffer
  readonly extents: readonly SizeExpr[]
  readonly box: readonly number[]
}

/** Extents and strides are among the scalars of the launch, for the host to look at. */
export function createTileMaps(scalars: ScalarBlock): TileMaps {
  const maps: TileMap[] = []
  return {
    of: ({ source, extents: exprs, box }) => {
      const extents = exprs.map(sizeOfExpr)
      const known = maps.findIndex(
        (map) =>
          map.source === source &&
          map.box.join() === box.join() &&
          map.extents.every((extent, i) => sizeEquals(extent, extents[i] ?? 0)),
      )
      return known >= 0 ? known : maps.push({ source, extents, box }) - 1
    },
    all: (buffers) =>
      maps.map(({ source, extents, box }) => ({
        buffer: buffers.indexOf(source),
        extents: extents.map(scalars.size),
        strides: extents.slice(1).map((_, i) => scalars.size(elementCount(extents.slice(i + 1)))),
        box,
      })),
  }
}

function sizeOfExpr(expr: Expr): SizeExpr {
  if (expr.kind === 'size') return expr.size
  if (expr.kind === 'const' && typeof expr.value === 'number') return expr.value
  throw new InternalError('the extents of a tensor are sizes')
}
