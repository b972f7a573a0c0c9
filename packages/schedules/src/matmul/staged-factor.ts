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
import { clampedIndex } from './tile-edges.js'

export interface StagedFactor {
  /** Whether neighbours along the tile's own axes, rather than along k, are neighbours in memory. */
  readonly alongOwn: boolean
  /** Elements of one asynchronous copy; undefined where elements go through registers. */
  readonly vector: number | undefined
  /** Who brings which vectors or elements of a [slow, fast] tile. */
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

/** Decides how `threads` bring `factor`, of elements of `bytes`; a rejection where they do not divide the tile. */
export function stageFactor(
  factor: Expr,
  computed: ReadonlySet<Buffer>,
  { own, k, tileOwn, tileK }: FactorTile,
  threads: number,
  bytes: number,
): StagedFactor | Rejection {
  const alongOwn = isContiguousAlong(factor, own)
  const [slow, fast] = alongOwn ? [tileK, tileOwn] : [tileOwn, tileK]
  const along = alongOwn ? own : k
  const isMemory = factor.kind === 'load' && !computed.has(factor.buffer) && isContiguousAlong(factor, along)
  if (isMemory) {
    const row = Math.min(divisor(along.at(-1)?.extent ?? 1), divisor(factor.buffer.shape.at(-1) ?? 1))
    for (let vector = copyBytes / bytes; vector * bytes >= leastBytes; vector /= 2) {
      if (row % vector !== 0 || fast % vector !== 0) continue
      const copy = cooperativeCopy(slow, fast / vector, threads, 1)
      if (!isRejection(copy)) return { alongOwn, vector, copy }
    }
  }
  const copy = cooperativeCopy(slow, fast, threads)
  return isRejection(copy) ? copy : { alongOwn, vector: undefined, copy }
}

/** A power of two that divides an extent. */
const divisor = (extent: SizeExpr): number => [16, 8, 4, 2].find((by) => sizeMultipleOf(extent) % by === 0) ?? 1

export interface FactorStages {
  /** Starts bringing the tile of a step of k into a stage: its copies, or its loads; zeros where it is not `wanted`. */
  readonly fetch: (step: Value, stage: Value, wanted?: Value) => void
  /** Puts what went through registers into the stage. */
  readonly settle: (stage: Value) => void
}

export interface FactorSource extends FactorTile {
  readonly factorAt: (bindings: Bindings) => Expr
  /** Where the tile begins along its own axes. */
  readonly origin: Value
  readonly known: Bound
  /** [stage, slow, fast], or what `place` says after the stage. */
  readonly tile: BufferHandle
  readonly place?: (slow: Value, fast: Value) => readonly Value[]
}

/** What brings the tiles of `factor`. Positions beyond its own extent repeat the last one; beyond k they are zero. */
export function factorStages(g: KernelBuilder, staged: StagedFactor, source: FactorSource): FactorStages {
  const { own, k, tileOwn, tileK, origin, known, tile, place = (slow, fast) => [slow, fast] } = source
  const { alongOwn, vector, copy } = staged
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
      fetch: (step, stage, wanted) =>
        g.forTask(copy, g.thread, (slow, unit) => {
          const fast = unit.mul(vector)
          const [mine, depthAt] = alongOwn ? [fast, slow] : [slow, fast]
          const kk = step.mul(tileK).add(depthAt)
          const load = at(origin.add(mine).min(last).expr, kk)
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
    fetch: (step, _, wanted) =>
      g.forTask(copy, g.thread, (slow, fast, position) => {
        const [mine, depthAt] = alongOwn ? [fast, slow] : [slow, fast]
        const kk = step.mul(tileK).add(depthAt)
        const element = at(clampedIndex(origin, tileOwn, mine, extent), kk)
        registers.set([position], select(inside(kk, wanted), element, constant(element.dtype, 0)))
      }),
    settle: (stage) =>
      g.forTask(copy, g.thread, (slow, fast, position) =>
        tile.set([stage, ...place(slow, fast)], registers.at(position)),
      ),
  }
}
