/**
 * Gives every buffer one dimension, and every access one row-major index.
 *
 *     storage c: f32[M, N]        c[i, j + 1]
 *  => storage c: f32[M * N]       c[i * N + (j + 1)]
 *
 * Buffers of rank 1 are kept, and so are private buffers of rank 0, which are mutable variables; any other is replaced by
 * a fresh buffer. Parameters keep their count and order: whoever needs to know which buffer a parameter was goes by
 * position.
 */
import {
  add,
  type Buffer,
  buffer,
  definePass,
  type Expr,
  elementCount,
  int,
  load,
  mapArray,
  mapStmt,
  mapTiles,
  mul,
  type Pass,
  rewriteExpr,
  type Stmt,
  sizeValue,
} from '@tilewright/ir'

export const flattenIndices: Pass = definePass('flatten-indices', { establishes: ['flat-indices'] }, (kernel) => {
  const state: State = { flat: new Map(), memo: new Map() }
  const params = mapArray(kernel.params, (param) => flatBuffer(param, state))
  const body = flatten(kernel.body, state)
  return body === kernel.body && params === kernel.params ? kernel : { ...kernel, params, body }
})

interface State {
  readonly flat: Map<Buffer, Buffer>
  readonly memo: Map<Expr, Expr>
}

/** The buffer of rank 1 that takes the place of `source`; `source` itself where it can stay. */
function flatBuffer(source: Buffer, { flat }: State): Buffer {
  const { hint, dtype, shape, scope } = source
  if (shape.length === 1 || (shape.length === 0 && scope === 'private')) return source
  const known = flat.get(source)
  if (known !== undefined) return known
  const fresh = buffer(hint, dtype, [elementCount(shape)], scope)
  flat.set(source, fresh)
  return fresh
}

/** i0 * (e1 * e2 * …) + i1 * (e2 * …) + …; indices of buffers that stay are kept. */
function flatIndex(source: Buffer, index: readonly Expr[], state: State): readonly Expr[] {
  if (flatBuffer(source, state) === source) return index
  const terms = index.map((i, dim) => mul(i, sizeValue(elementCount(source.shape.slice(dim + 1)))))
  return [terms.reduce(add, int(0))]
}

function flatten(stmt: Stmt, state: State): Stmt {
  const onExpr = (expr: Expr): Expr => rewriteExpr(expr, (node) => flattenLoad(node, state), state.memo)
  const mapped = mapStmt(stmt, onExpr, (child) => flatten(child, state))
  switch (mapped.kind) {
    case 'declare': {
      const fresh = flatBuffer(mapped.buffer, state)
      return fresh === mapped.buffer ? mapped : { ...mapped, buffer: fresh }
    }
    case 'store':
    case 'atomic': {
      const fresh = flatBuffer(mapped.buffer, state)
      if (fresh === mapped.buffer) return mapped
      return { ...mapped, buffer: fresh, index: flatIndex(mapped.buffer, mapped.index, state) }
    }
    case 'async-copy': {
      const destination = flatBuffer(mapped.destination, state)
      const source = flatBuffer(mapped.source, state)
      if (destination === mapped.destination && source === mapped.source) return mapped
      const destinationIndex = flatIndex(mapped.destination, mapped.destinationIndex, state)
      return {
        ...mapped,
        destination,
        destinationIndex,
        source,
        sourceIndex: flatIndex(mapped.source, mapped.sourceIndex, state),
      }
    }
    case 'load-matrices': {
      const source = flatBuffer(mapped.source, state)
      if (source === mapped.source) return mapped
      return { ...mapped, source, index: flatIndex(mapped.source, mapped.index, state) }
    }
    case 'tile-copy': {
      const [destination, source] = [flatBuffer(mapped.destination, state), flatBuffer(mapped.source, state)]
      if (destination === mapped.destination && source === mapped.source) return mapped
      const destinationIndex = flatIndex(mapped.destination, mapped.destinationIndex, state)
      return { ...mapped, destination, source, destinationIndex }
    }
    case 'async-multiply':
      return mapTiles(mapped, (tile) => {
        const buffer = flatBuffer(tile.buffer, state)
        return buffer === tile.buffer ? tile : { ...tile, buffer, index: flatIndex(tile.buffer, tile.index, state) }
      })
    // Vector accesses and fragments are of buffers that are flat already.
    default:
      return mapped
  }
}

function flattenLoad(node: Expr, state: State): Expr {
  if (node.kind !== 'load') return node
  const fresh = flatBuffer(node.buffer, state)
  return fresh === node.buffer ? node : load(fresh, flatIndex(node.buffer, node.index, state))
}
