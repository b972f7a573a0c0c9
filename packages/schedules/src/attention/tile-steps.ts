/**
 * What groups of threads do with tiles of keys and values, however these come: products with keys, weights of those, sums of
 * values. All of it stays in their registers: scores lie there as the left factor of the second product does, so weights
 * never move.
 */
import {
  type Attention,
  type BufferHandle,
  constant,
  defined,
  type Expr,
  type KernelBuilder,
  lineElements,
  lt,
  select,
  sizeValue,
  substitute,
  type Value,
  value,
} from '@tilewright/ir'
import { compose, repeat, tasksPerWorker } from '@tilewright/task-mapping'
import { type Bound, bindPosition, extentOf } from '../matmul/contraction.js'
import type { FactorRing } from '../matmul/tile-products.js'
import { overRow } from './matrix-units.js'
import { onlineSoftmax, weigh } from './online-softmax.js'
import type { TileExtents } from './tile-plan.js'

export interface AttentionOperands {
  readonly queries: FactorRing
  readonly keys: FactorRing
  readonly values: FactorRing
  /** The first query of the workgroup, and what else is known of its place. */
  readonly origin: Value
  readonly known: Bound
}

/** Weights of a tile of keys: for the upper row of a thread and for the lower one, in the order of their registers. */
type Weights = readonly (readonly Value[])[]

export interface AttentionSteps {
  /** What products with values belong to until they are waited for. */
  readonly weights: BufferHandle
  readonly sums: BufferHandle
  /** Starts the products with the keys in a stage. */
  readonly startScores: (stage: Value) => BufferHandle
  /** Starts adding the values in a stage, by the weights that are held. */
  readonly startSums: (stage: Value) => void
  /** Makes weights of the products with the tile of keys `step`. */
  readonly weigh: (step: Value, scores: BufferHandle) => Weights
  /** Makes the sums relative to what the last weights are relative to. */
  readonly rescale: () => void
  readonly hold: (weights: Weights) => void
  /** Stores what is inside of the result. */
  readonly store: (out: BufferHandle) => void
}

/** Nothing weighed yet, for groups of threads of which the first begins with the first thread of the workgroup. */
export function attentionSteps(
  g: KernelBuilder,
  anchor: Attention,
  extents: TileExtents,
  { queries, keys, values, origin, known }: AttentionOperands,
): AttentionSteps {
  const { factors, m, n, scores: ofScores, sums: ofSums, groupThreads, tileKeys, depth, columns } = extents
  const { key } = anchor
  const [rows, width] = [extentOf(m), extentOf(n)]
  const worker = g.let('worker', g.thread.mod(groupThreads))
  const firstRow = g.let('firstRow', g.thread.div(groupThreads).mul(extents.rows))
  const zeros = (hint: string, registers: number): BufferHandle => {
    const fragment = g.privateBuffer(hint, 'f32', [registers])
    for (let register = 0; register < registers; register++) fragment.set([register], 0)
    return fragment
  }
  const weights = g.privateBuffer('weights', factors.dtype, [tileKeys / 2])
  const held = { buffer: weights.buffer, map: compose(repeat([1, tileKeys / ofSums.depth]), ofSums.a) }
  const sums = zeros('sums', tasksPerWorker(ofSums.d))
  const halves = [0, 1].map(() => onlineSoftmax(g))
  const overLanes = (own: readonly Value[]) => own.map((most) => overRow(g, most, (a, b) => a.max(b)))
  const atQueries = queries.alongOwn ? [0, firstRow.div(lineElements), 0, 0] : [0, 0, firstRow, 0]

  return {
    weights,
    sums,
    startScores: (stage) => {
      const scores = zeros('scores', tasksPerWorker(ofScores.d))
      const fragment = { buffer: scores.buffer, map: ofScores.d }
      g.asyncMultiply({ ...queries, at: atQueries }, { ...keys, at: [stage, 0, 0, 0] }, fragment, depth)
      return scores
    },
    startSums: (stage) =>
      g.asyncMultiply(held, { ...values, at: [stage, 0, 0, 0] }, { buffer: sums.buffer, map: ofSums.d }, tileKeys),
    weigh: (step, scores) => {
      g.forTask(ofScores.d, worker, (r, c, register) => {
        const row = origin.add(firstRow).add(r)
        const position = step.mul(tileKeys).add(c)
        // What stands beyond the edges must be read nowhere.
        const inside = new Map([
          ...known,
          ...bindPosition(m, row.min(value(sizeValue(rows)).sub(1))),
          ...bindPosition([key], position.min(value(sizeValue(key.extent)).sub(1))),
        ])
        const score = substitute(anchor.score, new Map([...inside, [anchor.dot, scores.at(register).expr]]))
        const isKey = lt(position.expr, sizeValue(key.extent))
        scores.set([register], value(select(isKey, score, constant('f32', Number.NEGATIVE_INFINITY))))
      })
      const ofRows = [0, 1].map((half) => registersOf(half, tileKeys).map((register) => scores.at(register)))
      return weigh(g, halves, ofRows, overLanes)
    },
    rescale: () => {
      for (const [h, { factor }] of halves.entries()) {
        for (const register of registersOf(h, columns)) sums.update([register], (old) => old.mul(factor.at()))
      }
    },
    hold: (made) => {
      for (const [h, ofRow] of made.entries()) {
        for (const [i, register] of registersOf(h, tileKeys).entries()) {
          weights.set([register], defined(ofRow[i], 'a weight for each key'))
        }
      }
    },
    store: (out) => {
      const totals = halves.map(({ total }) => overRow(g, g.let('own', total.at()), (a, b) => a.add(b)))
      g.forTask(ofSums.d, worker, (r, column, register) => {
        const row = origin.add(firstRow).add(r)
        const isUpper = register.mod(4).lt(2)
        const ofRow = ([upper, lower]: readonly Value[]): Expr =>
          select(isUpper.expr, defined(upper, 'an upper row').expr, defined(lower, 'a lower row').expr)
        const bindings = new Map([
          ...known,
          ...bindPosition(m, row),
          ...bindPosition(n, column),
          [anchor.largest, ofRow(halves.map(({ largest }) => largest.at()))],
          [anchor.total, ofRow(totals)],
          [anchor.sum, sums.at(register).expr],
        ])
        g.if(row.lt(rows).and(column.lt(width)), () => {
          const index = anchor.axes.map((axis) => defined(bindings.get(axis), 'each axis has a role'))
          out.set(index, value(substitute(anchor.result, bindings)))
        })
      })
    },
  }
}

/** The registers of a fragment that are of a thread's upper row (0), or of the one 8 below (1): pairs by turns. */
function registersOf(half: number, columns: number): readonly number[] {
  return Array.from({ length: columns / 4 }, (_, i) => Math.floor(i / 2) * 4 + 2 * half + (i % 2))
}
