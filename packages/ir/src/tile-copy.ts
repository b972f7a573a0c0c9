/** Copies of boxes of a tensor into swizzled tiles, by hardware; their semantics stand above `Stmt`. */
import { lineElements } from './async-multiply.js'
import type { Buffer } from './buffer.js'
import { isHalf } from './dtype.js'
import { CompileError } from './errors.js'
import { checkIndex, type Expr } from './expr.js'
import type { SourceLocation } from './source-location.js'
import type { Mbarrier } from './stmt.js'

export interface TileCopy {
  readonly kind: 'tile-copy'
  readonly destination: Buffer
  /** Of the first element: flat, a multiple of eight lines. */
  readonly destinationIndex: readonly Expr[]
  readonly source: Buffer
  /** The elements of the source, in order, as a tensor: sizes, slowest first. */
  readonly extents: readonly Expr[]
  /** Elements of the box in each dimension: a line in the last, and as many lines as the others have together. */
  readonly box: readonly number[]
  /** Where in the tensor the box begins; it may reach over every edge. */
  readonly first: readonly Expr[]
  readonly mbarrier: Mbarrier
  readonly slot: Expr
  /** Whether it goes to all workgroups of the cluster. */
  readonly multicast: boolean
  readonly at?: SourceLocation | undefined
}

/** The most dimensions of a tensor, and elements of a box in one of them. */
const mostDimensions = 5
const mostElements = 256

/** Lines that a copy fills. */
export const linesOfBox = (box: readonly number[]): number => box.slice(0, -1).reduce((product, n) => product * n, 1)

/**
 * Throws `CompileError` `ir/tile-copy` unless halves go from storage, as a tensor of 2 to 5 dimensions, to lines by eights
 * of workgroup memory, and `ir/rank` or `ir/type` for indices.
 */
export function tileCopy(copy: Omit<TileCopy, 'kind'>): TileCopy {
  const { destination, source, extents, box, first, slot } = copy
  checkIndex(destination, copy.destinationIndex)
  const isBox = box.every((elements) => Number.isInteger(elements) && elements >= 1 && elements <= mostElements)
  const rank = box.length
  const isTensor =
    rank >= 2 &&
    rank <= mostDimensions &&
    extents.length === rank &&
    first.length === rank &&
    extents.every(({ kind }) => kind === 'size' || kind === 'const')
  const memories = source.scope === 'storage' && destination.scope === 'workgroup'
  const halves = isHalf(source.dtype) && destination.dtype === source.dtype
  const integers = [...extents, ...first, slot].every(({ dtype }) => dtype === 'i32')
  if (isBox && isTensor && memories && halves && integers && box.at(-1) === lineElements && linesOfBox(box) % 8 === 0) {
    return { kind: 'tile-copy', ...copy }
  }
  throw new CompileError({
    code: 'ir/tile-copy',
    message: `tile-copy of a box of ${box.join(' × ')} from ${source.scope} ${source.dtype} "${source.hint}" to ${destination.scope} ${destination.dtype} "${destination.hint}"`,
    help: `boxes of f16 or bf16 go from storage to workgroup memory: ${lineElements} elements of the last of 2 to ${mostDimensions} dimensions, by eights of lines`,
  })
}
