/**
 * Attention in tiles of workgroup memory, with ordinary arithmetic (FlashAttention-2, arXiv 2307.08691).
 *
 * A workgroup owns a tile of queries. It takes the keys a tile at a time: a thread holds a few queries by a few keys of the
 * scores, makes weights of them, and adds its queries by a few columns of the weighted values, all in registers. Both are
 * products as in `matmul/workgroup-tiled`: in steps over the depth, of queries and keys, then over the keys, of weights and
 * values. A step's factors are in workgroup memory while those of the next are on their way: one barrier a step. Threads
 * that share rows combine what is largest in them by shuffles where the target fixes the size of subgroups, elsewhere
 * through workgroup memory.
 */
import {
  type BufferHandle,
  buildKernel,
  ceilDiv,
  constant,
  defined,
  type Expr,
  invariant,
  isRejection,
  lt,
  type Problem,
  type ScheduledKernels,
  type ScheduleTemplate,
  select,
  sizeValue,
  substitute,
  type Target,
  type Value,
  value,
} from '@tilewright/ir'
import { spatial } from '@tilewright/task-mapping'
import { bindPosition, extentOf } from '../matmul/contraction.js'
import { type FactorSource, type FactorStages, factorStages, type StagedFactor } from '../matmul/staged-factor.js'
import { taskOf, tasksAt } from '../matmul/task-of.js'
import { attentionFactors, attentionOperands, requireAttention } from './attention-axes.js'
import { onlineSoftmax, weigh } from './online-softmax.js'
import { fewQueriesRefinements } from './shared-keys.js'
import {
  type AttentionTiled,
  check,
  level0,
  planOf,
  shufflesRows,
  stageOfLeft,
  strideOf,
  weightsStride,
} from './tiled-plan.js'
import { multiply, overRows, zeros } from './tiled-rows.js'
import { visibleTiles } from './visible-keys.js'

export type { AttentionTiled } from './tiled-plan.js'

export const attentionTiled: ScheduleTemplate<AttentionTiled> = {
  name: 'attention/tiled',
  space: {
    threadsM: [4, 8, 16],
    threadsN: [8, 16],
    ownM: [2, 4, 8],
    ownKeys: [1, 2, 4, 8],
    step: [8, 16, 32],
    keep: [false, true],
  },
  matches: (anchor) => anchor.kind === 'attention' && attentionFactors(anchor) !== undefined,
  refinements: fewQueriesRefinements,
  check,
  level0,
  build,
}

/** Which part of an operand is brought at a time. */
type Places = Pick<FactorSource, 'own' | 'k' | 'tileOwn' | 'origin'>

function build(candidate: AttentionTiled, problem: Problem, target: Target): ScheduledKernels {
  const anchor = requireAttention(problem.anchor)
  const plan = planOf(candidate, problem, target)
  invariant(!isRejection(plan), 'a candidate is checked before it is built')
  const { threadsM, threadsN, ownM, ownKeys, step, keep } = candidate
  const { factors, threads, queries, keys, columns, depthSteps, keySteps, q, k, v, batch, m, n } = plan
  const { key, depth } = anchor
  const [rows, width] = [extentOf(m), extentOf(n)]
  const shuffles = shufflesRows(candidate, target)
  const isCopied = [q, k, v].some(({ vector }) => vector !== undefined)

  const options = {
    name: 'attention_tiled',
    threads,
    workgroups: [ceilDiv(rows, queries), 1, extentOf(batch)],
    ...(shuffles ? { subgroupSize: target.subgroupSize } : {}),
  } as const
  const kernel = buildKernel(options, (g) => {
    for (const operand of attentionOperands(anchor)) g.use(operand)
    const out = g.use(anchor.output)
    const known = bindPosition(batch, g.workgroup.z)
    const origin = g.workgroup.x.mul(queries)
    const [threadM, threadN] = taskOf(spatial(threadsM, threadsN), g.thread)
    invariant(threadM !== undefined && threadN !== undefined, 'threads stand in two dimensions')
    const ownRows = tasksAt(plan.ownRows, threadM).flat()
    const ownKeysOfTile = tasksAt(plan.ownKeys, threadN).flat()
    const ownKeysOfStep = tasksAt(plan.ownKeysOfStep, threadN).flat()
    const ownColumns = tasksAt(plan.ownColumns, threadN).flat()

    // Both left factors are in one ring of two stages, both right ones in another.
    const left = g.workgroupBuffer('left', 'f32', [2, stageOfLeft(plan, keep)])
    const right = g.workgroupBuffer('right', 'f32', [2, plan.stageOfRight])
    const kept = keep ? g.workgroupBuffer('queries', 'f32', [depthSteps, plan.stageOfQueries]) : left
    const source = (factor: Expr, staged: StagedFactor, tile: BufferHandle, places: Places): FactorStages => {
      const stride = strideOf(staged, places.tileOwn, step)
      const isTurned = staged.alongOwn !== staged.fromAlongOwn
      return factorStages(g, staged, {
        ...{ ...places, tileK: step, known, tile },
        factorAt: (bindings) => substitute(factor, bindings),
        place: (slow, fast) => [(isTurned ? fast : slow).mul(stride).add(isTurned ? slow : fast)],
      })
    }
    const zero = g.constant('i32', 0)
    const ofQueries = source(factors.query, q, kept, { own: m, k: depth, tileOwn: queries, origin })
    const ofKeys = source(factors.key, k, right, { own: [key], k: depth, tileOwn: keys, origin: zero })
    const ofValues = source(factors.value, v, right, { own: n, k: [key], tileOwn: columns, origin: zero })
    const atQueries = (stage: Value) => (row: Value, kk: Value) =>
      kept.at(stage, row.mul(strideOf(q, queries, step)).add(kk))
    const weightAt = (row: Value, of: Value): Value => of.mul(weightsStride(queries)).add(row)
    const atWeights = (stage: Value) => (row: Value, of: Value) => left.at(stage, weightAt(row, of))
    const atKeys = (stage: Value) => (kk: Value, of: Value) => right.at(stage, of.mul(strideOf(k, keys, step)).add(kk))
    const atValues = (stage: Value) => (kk: Value, column: Value) => {
      const [line, at] = v.alongOwn ? [kk, column] : [column, kk]
      return right.at(stage, line.mul(strideOf(v, columns, step)).add(at))
    }

    // Steps are counted through: each takes the stage that the one before has not.
    const tiles = visibleTiles(g, anchor, { known, first: origin, queries }, keys)
    const stepsOfTile = depthSteps + keySteps
    const fetchScores = (tile: Value, at: Value, stage: Value): void => {
      ofKeys.fetch(at, stage, { from: tile.mul(keys) })
      if (!keep) ofQueries.fetch(at, stage)
    }
    const settleScores = (stage: Value): void => {
      ofKeys.settle(stage)
      if (!keep) ofQueries.settle(stage)
    }
    /** Until what this step reads has come. */
    const ready = (): void => {
      if (isCopied) g.asyncWait(0)
      g.barrier()
    }
    const commit = (): void => {
      if (isCopied) g.asyncCommit()
    }

    const scoreOf = (row: Value, position: Value, dot: Value): Value => {
      // What stands beyond the edges must be read nowhere.
      const inside = new Map([
        ...known,
        ...bindPosition(m, row.min(value(sizeValue(rows)).sub(1))),
        ...bindPosition([key], position.min(value(sizeValue(key.extent)).sub(1))),
        [anchor.dot, dot.expr] as const,
      ])
      const isKey = lt(position.expr, sizeValue(key.extent))
      return g.let(
        'score',
        value(select(isKey, substitute(anchor.score, inside), constant('f32', Number.NEGATIVE_INFINITY))),
      )
    }

    const combine = overRows(g, { threadsM, threadsN, threadN, ownRows, shuffles })
    const softmaxes = ownRows.map(() => onlineSoftmax(g))
    const sums = zeros(g, 'sums', ownM, ownColumns.length)
    if (keep) {
      g.loop('at', depthSteps, (at) => {
        ofQueries.fetch(at, at)
        ofQueries.settle(at)
      })
    }
    g.if(tiles.gt(0), () => {
      fetchScores(zero, zero, zero)
      settleScores(zero)
    })
    commit()
    g.loop('tile', tiles, (tile) => {
      const first = tile.mul(stepsOfTile)
      const dots = zeros(g, 'dots', ownM, ownKeys)
      g.loop('at', depthSteps, (at) => {
        const [stage, next] = [first.add(at).mod(2), first.add(at).add(1).mod(2)]
        const isLast = at.eq(depthSteps - 1)
        ready()
        g.if(
          isLast,
          () => ofValues.fetch(tile.mul(keySteps), next),
          () => fetchScores(tile, at.add(1), next),
        )
        commit()
        const lefts = atQueries(keep ? at : stage)
        multiply(g, dots, step, { rows: ownRows, at: lefts }, { columns: ownKeysOfTile, at: atKeys(stage) })
        g.if(
          isLast,
          () => ofValues.settle(next),
          () => settleScores(next),
        )
      })

      const scored = ownRows.map((row, i) =>
        ownKeysOfTile.map((of, j) => scoreOf(origin.add(row), tile.mul(keys).add(of), dots.at(i, j))),
      )
      const weights = weigh(g, softmaxes, scored, (own) => combine(own, (a, b) => a.max(b)))
      for (const [i, { factor }] of softmaxes.entries()) {
        for (const j of ownColumns.keys()) sums.update([i, j], (old) => old.mul(factor.at()))
      }
      for (let at = 0; at < keySteps; at++) {
        const [stage, next] = [first.add(depthSteps + at).mod(2), first.add(depthSteps + at + 1).mod(2)]
        for (const [i, row] of ownRows.entries()) {
          for (const [j, of] of ownKeysOfStep.entries()) {
            const weight = defined(weights[i]?.[at * ownKeysOfStep.length + j], 'a weight a score')
            left.set([stage, weightAt(row, of)], weight)
          }
        }
        ready()
        const isLast = at === keySteps - 1
        const more = tile.add(1).lt(tiles)
        if (isLast) g.if(more, () => fetchScores(tile.add(1), zero, next))
        else ofValues.fetch(tile.mul(keySteps).add(at + 1), next)
        commit()
        multiply(g, sums, step, { rows: ownRows, at: atWeights(stage) }, { columns: ownColumns, at: atValues(stage) })
        if (isLast) g.if(more, () => settleScores(next))
        else ofValues.settle(next)
      }
    })

    const totals = combine(
      softmaxes.map(({ total }) => g.let('own', total.at())),
      (a, b) => a.add(b),
    )
    for (const [i, row] of ownRows.entries()) {
      const { largest } = defined(softmaxes[i], 'a softmax a row')
      const total = defined(totals[i], 'a total a row')
      for (const [j, column] of ownColumns.entries()) {
        const at = origin.add(row)
        const bindings = new Map([
          ...known,
          ...bindPosition(m, at),
          ...bindPosition(n, column),
          [anchor.largest, largest.at().expr],
          [anchor.total, total.expr],
          [anchor.sum, sums.at(i, j).expr],
        ])
        g.if(at.lt(rows).and(column.lt(width)), () => {
          const index = anchor.axes.map((axis) => defined(bindings.get(axis), 'each axis has a role'))
          out.set(index, value(substitute(anchor.result, bindings)))
        })
      }
    }
  })
  return { kernels: [kernel], workspaces: [] }
}
