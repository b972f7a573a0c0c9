/**
 * How a factor of a contraction comes into tiles of workgroup memory, several steps ahead of its use: by asynchronous
 * copies of vectors where it is memory that lies along a tile, else through registers, which is where a prologue is
 * computed.
 */
import {
  type Axis,
  and,
  asyncCopy,
  type Buffer,
  type BufferHandle,
  constant,
  type Expr,
  invariant,
  isRejection,
  type KernelBuilder,
  lt,
  type Rejection,
  type SizeExpr,
  select,
  sizeMultipleOf,
  sizeValue,
  type Value,
  value,
} from '@tilewright/ir'
import { type TaskMapping, tasksPerWorker } from '@tilewright/task-mapping'
import { type Bindings, type Bound, bindPosition, extentOf, isContiguousAlong } from './contraction.js'
import { cooperativeCopy } from './cooperative-copy.js'
import type { ElementForm } from './matrix-fragments.js'
import { clampedIndex } from './tile-edges.js'

export interface StagedFactor {
  /** Whether neighbours along the tile's own axes, rather than along k, are neighbours in the tile. */
  readonly alongOwn: boolean
  /** And in memory: threads bring what lies together there. */
  readonly fromAlongOwn: boolean
  /** Elements of one asynchronous copy; undefined where elements go through registers. */
  readonly vector: number | undefined
  /** Who brings which vectors or elements of the tile, [slow, fast] as memory has it. */
  readonly copy: TaskMapping
}

export interface FactorTile {
  /** Axes of the factor's own, m or n. */
  readonly own: readonly Axis[]
  readonly k: readonly Axis[]
  /** Extents of the tile. */
  readonly tileOwn: number
  readonly tileK: number
}

/** The most bytes that an asynchronous copy moves. */
const copyBytes = 16
/** And the fewest. */
const leastBytes = 4

/**
 * Decides how `threads` bring `factor`; a rejection where they do not divide the tile. Where fragments are loaded only along
 * a tile's rows, these run along k, whatever the order of memory.
 */
export function stageFactor(
  factor: Expr,
  computed: ReadonlySet<Buffer>,
  { own, k, tileOwn, tileK }: FactorTile,
  threads: number,
  { dtype, bytes, across }: ElementForm,
): StagedFactor | Rejection {
  const fromAlongOwn = isContiguousAlong(factor, own)
  const order = { fromAlongOwn, alongOwn: fromAlongOwn && across !== undefined }
  const [slow, fast] = fromAlongOwn ? [tileK, tileOwn] : [tileOwn, tileK]
  const along = fromAlongOwn ? own : k
  const isMemory = factor.kind === 'load' && factor.buffer.dtype === dtype && !computed.has(factor.buffer)
  if (isMemory && isContiguousAlong(factor, along) && order.alongOwn === fromAlongOwn) {
    const row = Math.min(divisor(along.at(-1)?.extent ?? 1), divisor(factor.buffer.shape.at(-1) ?? 1))
    for (let vector = copyBytes / bytes; vector * bytes >= leastBytes; vector /= 2) {
      if (row % vector !== 0 || fast % vector !== 0) continue
      const copy = cooperativeCopy(slow, fast / vector, threads, 1)
      if (!isRejection(copy)) return { ...order, vector, copy }
    }
  }
  const copy = cooperativeCopy(slow, fast, threads)
  return isRejection(copy) ? copy : { ...order, vector: undefined, copy }
}

/** A power of two that divides an extent. */
const divisor = (extent: SizeExpr): number => [16, 8, 4, 2].find((by) => sizeMultipleOf(extent) % by === 0) ?? 1

export interface FactorStages {
  /**
   * Starts bringing the tile of a step of k into a stage: its copies, or its loads; zeros where it is not `wanted`. The tile
   * begins at `from` along its own axes, or where the source says.
   */
  readonly fetch: (step: Value, stage: Value, options?: { readonly wanted?: Value; readonly from?: Value }) => void
  /** Puts what went through registers into the stage. */
  readonly settle: (stage: Value) => void
}

export interface FactorSource extends FactorTile {
  readonly factorAt: (bindings: Bindings) => Expr
  /** Where the tile begins along its own axes. */
  readonly origin: Value
  readonly known: Bound
  /** [stage, slow, fast] as `alongOwn` has it, or what `place` says after the stage. */
  readonly tile: BufferHandle
  readonly place?: (slow: Value, fast: Value) => readonly Value[]
}

/** What brings the tiles of `factor`. Positions beyond its own extent repeat the last one; beyond k they are zero. */
export function factorStages(g: KernelBuilder, staged: StagedFactor, source: FactorSource): FactorStages {
  const { own, k, tileOwn, tileK, origin, known, tile } = source
  const { alongOwn, fromAlongOwn, vector, copy } = staged
  const inOrder = (slow: Value, fast: Value) => (alongOwn === fromAlongOwn ? [slow, fast] : [fast, slow])
  const { place = inOrder } = source
  const [extent, depth] = [extentOf(own), extentOf(k)]
  const at = (position: Expr, kk: Value): Expr =>
    source.factorAt(new Map([...known, ...bindPosition(own, value(position)), ...bindPosition(k, kk)]))
  const inside = (kk: Value, wanted: Value | undefined): Expr => {
    const isInside = lt(kk.expr, sizeValue(depth))
    return wanted === undefined ? isInside : and(wanted.expr, isInside)
  }

  if (vector !== undefined) {
    const last = value(sizeValue(extent)).sub(alongOwn ? vector : 1)
    return {
      fetch: (step, stage, { wanted, from = origin } = {}) =>
        g.forTask(copy, g.thread, (slow, unit) => {
          const fast = unit.mul(vector)
          const [mine, depthAt] = alongOwn ? [fast, slow] : [slow, fast]
          const kk = step.mul(tileK).add(depthAt)
          const load = at(from.add(mine).min(last).expr, kk)
          invariant(load.kind === 'load', 'what is copied is memory')
          g.emit(
            asyncCopy({
              destination: tile.buffer,
              destinationIndex: [stage, ...place(slow, fast)].map(({ expr }) => expr),
              source: load.buffer,
              sourceIndex: load.index,
              elements: vector,
              guard: inside(kk, wanted),
            }),
          )
        }),
      settle: () => {},
    }
  }
  const registers = g.privateBuffer('next', tile.buffer.dtype, [tasksPerWorker(copy)])
  return {
    fetch: (step, _, { wanted, from = origin } = {}) =>
      g.forTask(copy, g.thread, (slow, fast, position) => {
        const [mine, depthAt] = fromAlongOwn ? [fast, slow] : [slow, fast]
        const kk = step.mul(tileK).add(depthAt)
        const element = at(clampedIndex(from, tileOwn, mine, extent), kk)
        registers.set([position], select(inside(kk, wanted), element, constant(element.dtype, 0)))
      }),
    settle: (stage) =>
      g.forTask(copy, g.thread, (slow, fast, position) =>
        tile.set([stage, ...place(slow, fast)], registers.at(position)),
      ),
  }
}
