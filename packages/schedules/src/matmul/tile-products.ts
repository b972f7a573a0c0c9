/** What templates on tile instructions share: the sums of a workgroup's tile, which its groups of threads hold. */
import {
  type BufferHandle,
  type Candidate,
  defined,
  type Equation,
  type Expr,
  type HalfDType,
  invariant,
  type KernelBuilder,
  lineElements,
  type Problem,
  type Rejection,
  sizeRange,
  type Target,
  type TileInstruction,
  type Value,
} from '@tilewright/ir'
import { taskShape, workers } from '@tilewright/task-mapping'
import {
  type Bound,
  bindPosition,
  type Contraction,
  extentOf,
  matchMatmul,
  outputIndex,
  requireMatmul,
  tooThin,
} from './contraction.js'
import { halfOf } from './matrix-fragments.js'
import { splitsFor } from './split-depth.js'

interface TileShape {
  /** Groups of threads that multiply, along m. */
  readonly groups: number
  /** Instructions of a group along m. */
  readonly tilesM: number
  /** Columns of the tile: those of one instruction. */
  readonly columns: number
  /** Tiles of each factor that are read, in workgroup memory or on their way to it. */
  readonly stages: number
}

/** A choice for products on tile instructions. */
export interface TileCandidate extends Candidate, TileShape {
  /** Parts of k that are summed side by side. */
  readonly splits: number
}

/** Depth of a tile: a line of a factor that lies along k. */
export const tileK: number = lineElements
/** Registers of a processor, which the threads of a workgroup share. */
export const registerFile = 65536

export const rowsOf = ({ d }: TileInstruction): number => defined(taskShape(d)[0], 'a tile has rows')
export const columnsOf = ({ d }: TileInstruction): number => defined(taskShape(d)[1], 'a tile has columns')

/** Blocks, lines and elements of a stage of a factor. */
export function linesOf(alongOwn: boolean, tileOwn: number): readonly [number, number, number] {
  return alongOwn ? [tileOwn / lineElements, tileK, lineElements] : [tileK / lineElements, tileOwn, lineElements]
}

/** Which halves both factors are, of which tile instructions are. */
function halvesOf({ lhs, rhs }: Contraction): HalfDType | undefined {
  const half = halfOf(lhs)
  return half === halfOf(rhs) ? half : undefined
}

export function isHalfProduct(anchor: Equation): boolean {
  const product = matchMatmul(anchor)
  return product !== undefined && halvesOf(product) !== undefined
}

/** What multiplies tiles of a product. */
export interface TileUnit {
  readonly instruction: TileInstruction
  readonly dtype: HalfDType
}

/** The target's instruction with so many columns for a product of halves. */
export function tileUnitOf({ tileInstructions }: Target, product: Contraction, columns: number): TileUnit | Rejection {
  const dtype = halvesOf(product)
  invariant(dtype !== undefined, 'templates on tile instructions match products of halves')
  const instruction = tileInstructions.find((each) => columnsOf(each) === columns && each.operands.includes(dtype))
  return instruction === undefined
    ? { reason: `the target multiplies no tiles of ${columns} columns of ${dtype} on its own` }
    : { instruction, dtype }
}

/**
 * The first of `shapes`, largest first, that is legal and leaves none of the device's processors idle, or the last; a rejection
 * where it is not legal either, or where the result does not fill it.
 */
export function fittingTile(
  shapes: readonly TileShape[],
  { anchor }: Problem,
  target: Target,
  check: (candidate: TileCandidate) => Rejection | undefined,
): TileCandidate | Rejection {
  const product = requireMatmul(anchor)
  const [rows, columns] = [sizeRange(extentOf(product.m)).max, sizeRange(extentOf(product.n)).max]
  const batch = sizeRange(extentOf(product.batch)).max
  const smallest = defined(shapes.at(-1), 'there are shapes')
  if (rows < smallest.groups * lineElements || columns < smallest.columns) return tooThin(product)
  let refused: Rejection | undefined
  for (const shape of shapes) {
    const tiles = Math.ceil(rows / (shape.groups * lineElements)) * Math.ceil(columns / shape.columns) * batch
    if (shape !== smallest && tiles < target.parallelWorkgroups) continue
    const candidate: TileCandidate = { ...shape, splits: splitsFor(product, tiles, target) }
    refused = check(candidate)
    if (refused === undefined) return candidate
  }
  return defined(refused, 'the smallest shape is tried')
}

/** The stages of a factor: [stage, blocks, lines, elements]. */
export interface FactorRing {
  readonly tile: BufferHandle
  readonly alongOwn: boolean
  readonly lines: number
}

interface TileProducts {
  /** A fragment for each instruction of a group along m. */
  readonly sums: readonly BufferHandle[]
  /** Starts adding the products of the tiles in a stage. */
  readonly start: (stage: Value) => void
  /** Stores what is inside of the result. */
  readonly store: (to: TileResult) => void
}

interface TileResult {
  readonly product: Contraction
  readonly known: Bound
  /** Where the tile of the workgroup begins. */
  readonly originM: Value
  readonly originN: Value
  readonly set: (index: readonly Expr[], sum: Value) => void
}

/** Sums of zero, for groups of threads of which the first begins with the first thread of the workgroup. */
export function tileProducts(
  g: KernelBuilder,
  instruction: TileInstruction,
  tilesM: number,
  a: FactorRing,
  b: FactorRing,
): TileProducts {
  const [rows, columns, groupThreads] = [rowsOf(instruction), columnsOf(instruction), workers(instruction.d)]
  const group = g.let('group', g.thread.div(groupThreads))
  const worker = g.let('worker', g.thread.mod(groupThreads))
  const sums = Array.from({ length: tilesM }, () => g.privateBuffer('sums', 'f32', [(rows * columns) / groupThreads]))
  for (const sum of sums) g.forTask(instruction.d, worker, (_, __, register) => sum.set([register], 0))
  const firstRow = (i: number): Value => group.mul(tilesM * rows).add(i * rows)
  return {
    sums,
    start: (stage) => {
      for (const [i, sum] of sums.entries()) {
        const row = firstRow(i)
        const at = a.alongOwn ? [stage, row.div(lineElements), 0, 0] : [stage, 0, row, 0]
        g.asyncMultiply({ ...a, at }, { ...b, at: [stage, 0, 0, 0] }, { buffer: sum.buffer, map: instruction.d }, tileK)
      }
    },
    store: ({ product, known, originM, originN, set }) => {
      const { m, n } = product
      const [resultRows, resultColumns] = [extentOf(m), extentOf(n)]
      for (const [i, sum] of sums.entries()) {
        g.forTask(instruction.d, worker, (r, c, register) => {
          const [atRow, atColumn] = [originM.add(firstRow(i)).add(r), originN.add(c)]
          const at = new Map([...known, ...bindPosition(m, atRow), ...bindPosition(n, atColumn)])
          g.if(atRow.lt(resultRows).and(atColumn.lt(resultColumns)), () =>
            set(outputIndex(product, at), sum.at(register)),
          )
        })
      }
    },
  }
}
