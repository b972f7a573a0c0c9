/**
 * A factor of a contraction as a tensor of which hardware copies boxes: memory, read at the position along the factor's own axes,
 * at that along k, and else at places that are the same for a whole tile.
 */
import {
  type Axis,
  type Buffer,
  type BufferHandle,
  type Expr,
  type KernelBuilder,
  lineElements,
  type Mbarrier,
  type SizeExpr,
  sizeEquals,
  sizeMultipleOf,
  someExpr,
  substitute,
  type Value,
  value,
} from '@tilewright/ir'
import { type Bindings, extentOf } from './contraction.js'

/** What a dimension is indexed by: the position along the own axes, along k, or something of its own. */
type Role = 'own' | 'k' | Expr

export interface BoxedFactor {
  readonly source: Buffer
  readonly extents: readonly SizeExpr[]
  readonly roles: readonly Role[]
  /** Whether neighbours along the own axes, rather than along k, are neighbours in memory. */
  readonly alongOwn: boolean
}

/** Bytes that the strides of a tensor are multiples of. */
const strideBytes = 16
const mostDimensions = 5

/** The tensor, where the factor is one; undefined where it is computed, or read otherwise. */
export function boxedFactor(
  factor: Expr,
  computed: ReadonlySet<Buffer>,
  own: readonly Axis[],
  k: readonly Axis[],
  bytes: number,
): BoxedFactor | undefined {
  if (factor.kind !== 'load' || computed.has(factor.buffer)) return undefined
  const { buffer, index } = factor
  const [extents, roles]: [SizeExpr[], Role[]] = [[], []]
  for (let dimension = 0; dimension < index.length; ) {
    const run = (
      [
        ['own', own],
        ['k', k],
      ] as const
    ).find(([, axes]) => axes[0]?.var === index[dimension])
    if (run === undefined) {
      const at = index[dimension]
      const extent = buffer.shape[dimension]
      if (at === undefined || extent === undefined) return undefined
      if (someExpr(at, (node) => [...own, ...k].some((axis) => axis.var === node))) return undefined
      extents.push(extent)
      roles.push(at)
      dimension += 1
      continue
    }
    // Several axes are one dimension where they follow each other, and are as long as the buffer.
    const [role, axes] = run
    const whole = axes.every((axis, i) => {
      const extent = buffer.shape[dimension + i]
      return axis.var === index[dimension + i] && extent !== undefined && sizeEquals(extent, axis.extent)
    })
    if (!whole) return undefined
    extents.push(extentOf(axes))
    roles.push(role)
    dimension += axes.length
  }
  const [last] = roles.slice(-1)
  const row = extents.at(-1) ?? 1
  const isTensor = ['own', 'k'].every((role) => roles.filter((each) => each === role).length === 1)
  if (!isTensor || extents.length > mostDimensions || (last !== 'own' && last !== 'k')) return undefined
  if ((sizeMultipleOf(row) * bytes) % strideBytes !== 0) return undefined
  return { source: buffer, extents, roles, alongOwn: last === 'own' }
}

export interface BoxPlace {
  /** Extents of the tile. */
  readonly tileOwn: number
  readonly tileK: number
  /** Where it begins in the tensor, and what is known of the places along other dimensions. */
  readonly own: Value
  readonly k: Value
  readonly known: Bindings
  /** Where it goes, and what counts it. */
  readonly stage: Value
  readonly full: Mbarrier
  readonly slot: Value
  /** Workgroups of the cluster that share the tile, and the rank of this one: each copies some lines of every block to all. */
  readonly shared?: { readonly by: number; readonly rank: Value } | undefined
}

/** Asks for a tile, [stage, block, line, element]: a box for each block of lines, or for this workgroup's part of these. */
export function copyBoxes(g: KernelBuilder, factor: BoxedFactor, tile: BufferHandle, place: BoxPlace): void {
  const { source, extents, roles, alongOwn } = factor
  const { tileOwn, tileK, own, k, known, stage, full, slot, shared } = place
  const lines = (alongOwn ? tileK : tileOwn) / (shared?.by ?? 1)
  const line = shared?.rank.mul(lines) ?? 0
  const [boxOwn, boxK] = alongOwn ? [lineElements, lines] : [lines, lineElements]
  const ofRoles = <T>(ofOwn: T, ofK: T, ofOther: (at: Expr) => T): readonly T[] =>
    roles.map((role) => (role === 'own' ? ofOwn : role === 'k' ? ofK : ofOther(role)))
  const box = ofRoles(boxOwn, boxK, () => 1)
  for (let block = 0; block * lineElements < (alongOwn ? tileOwn : tileK); block++) {
    const further = block * lineElements
    const [fromOwn, fromK] = alongOwn ? [own.add(further), k.add(line)] : [own.add(line), k.add(further)]
    const first = ofRoles(fromOwn, fromK, (at) => value(substitute(at, known)))
    const multicast = shared !== undefined
    g.tileCopy(tile, [stage, block, line, 0], { source, extents, first }, box, full, slot, { multicast })
  }
}
