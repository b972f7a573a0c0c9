/**
 * Attention by groups of threads that multiply tiles out of workgroup memory while threads go on: factors of f16 or of bf16, scores
 * and sums in f32 (wgmma on GPUs of compute capability 9.0; FlashAttention-3, arXiv 2407.08608).
 *
 * A workgroup owns some queries, a group 64 of them. Threads bring tiles of keys and values into a ring of stages. In a step the
 * products with the tile's keys are started, then those of the weights before with their values; weights are made of the
 * first ones while the second go on. So values are wanted one step after their keys, and a stage is free for what comes
 * next once all have passed the barrier of the step after its own.
 */
import {
  type BufferHandle,
  buildKernel,
  ceilDiv,
  type Expr,
  invariant,
  isRejection,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  substitute,
  type Target,
  type Value,
} from '@tilewright/ir'
import { type Bindings, bindPosition, extentOf } from '../matmul/contraction.js'
import { factorStages } from '../matmul/staged-factor.js'
import { placeInLines } from '../matmul/swizzled-lines.js'
import type { FactorRing } from '../matmul/tile-products.js'
import { attentionOperands, requireAttention } from './attention-axes.js'
import { halfFactors } from './matrix-plan.js'
import { fewQueriesRefinements } from './shared-keys.js'
import { type AttentionTiles, checkTiles, fittingTiles, linesOf, tilePlanOf } from './tile-plan.js'
import { attentionSteps } from './tile-steps.js'
import { visibleTiles } from './visible-keys.js'

export type { AttentionTiles } from './tile-plan.js'

export const attentionAsyncMultiply: ScheduleTemplate<AttentionTiles> = {
  name: 'attention/async-multiply',
  space: { groups: [1, 2, 3], tileKeys: [64, 128], stages: [2, 3, 4] },
  matches: (anchor) => anchor.kind === 'attention' && halfFactors(anchor) !== undefined,
  refinements: fewQueriesRefinements,
  check,
  level0: (problem, target) => fittingTiles(problem, target, 2, (candidate) => check(candidate, problem, target)),
  build,
}

function check(candidate: AttentionTiles, problem: Problem, target: Target): Rejection | undefined {
  const plan = tilePlanOf(candidate, problem, target)
  return isRejection(plan) ? plan : checkTiles(plan, candidate.stages, plan.use, target)
}

function build(candidate: AttentionTiles, problem: Problem, target: Target): ScheduledKernels {
  const anchor = requireAttention(problem.anchor)
  const plan = tilePlanOf(candidate, problem, target)
  invariant(!isRejection(plan), 'a candidate is checked before it is built')
  const { stages } = candidate
  const { factors, use, overlaps, queries, tileKeys, depth, columns, batch, m, n } = plan
  const { key } = anchor

  const options = {
    name: 'attention_async_multiply',
    threads: use.threads,
    subgroupSize: target.subgroupSize,
    workgroups: [ceilDiv(extentOf(m), queries), 1, extentOf(batch)],
  } as const
  const kernel = buildKernel(options, (g) => {
    for (const operand of attentionOperands(anchor)) g.use(operand)
    const out = g.use(anchor.output)
    const known = bindPosition(batch, g.workgroup.z)
    const origin = g.workgroup.x.mul(queries)
    const zero = g.constant('i32', 0)
    const ringOf = (hint: string, alongOwn: boolean, count: number, own: number, k: number): FactorRing => {
      const shape = linesOf(alongOwn, own, k)
      return { tile: g.workgroupBuffer(hint, factors.dtype, [count, ...shape]), alongOwn, lines: shape[1] }
    }
    const [alongQueries, alongKeys, alongValues] = use.alongOwn
    const rings = {
      queries: ringOf('tileQ', alongQueries, 1, queries, depth),
      keys: ringOf('tileK', alongKeys, stages, tileKeys, depth),
      values: ringOf('tileV', alongValues, stages, columns, tileKeys),
    }
    const at = (factor: Expr) => (bindings: Bindings) => substitute(factor, bindings)
    const into = ({ tile }: FactorRing): { readonly tile: BufferHandle; readonly place: typeof placeInLines } => ({
      ...{ tile, place: placeInLines },
    })
    const ofQueries = factorStages(g, plan.q, {
      ...{ own: m, k: anchor.depth, tileOwn: queries, tileK: depth, origin, known, ...into(rings.queries) },
      factorAt: at(factors.query),
    })
    const perKey = { k: [key], tileK: tileKeys, origin: zero, known }
    const ofKeys = factorStages(g, plan.k, {
      ...{ ...perKey, own: anchor.depth, tileOwn: depth, ...into(rings.keys) },
      factorAt: at(factors.key),
    })
    const ofValues = factorStages(g, plan.v, {
      ...{ ...perKey, own: n, tileOwn: columns, ...into(rings.values) },
      factorAt: at(factors.value),
    })
    const steps = visibleTiles(g, anchor, { known, first: origin, queries }, tileKeys)

    /** Brings what step `step` multiplies: its keys, and the values of the step before. Beyond the last key, zeros. */
    const fetch = (step: Value, hasValues = true): void => {
      ofKeys.fetch(step, step.mod(stages))
      const before = step.sub(1)
      if (hasValues) ofValues.fetch(before, before.mod(stages))
      g.asyncCommit()
    }
    const settle = (step: Value, hasValues = true): void => {
      ofKeys.settle(step.mod(stages))
      if (hasValues) ofValues.settle(step.sub(1).mod(stages))
    }
    /** Once it returns, what a step multiplies is there, and the stages of the step before are free. */
    const arrive = (): void => {
      g.asyncWait(stages - 2)
      g.barrier()
    }

    ofQueries.fetch(zero, zero)
    ofQueries.settle(zero)
    for (let step = 0; step < stages - 1; step++) {
      const of = g.constant('i32', step)
      fetch(of, step > 0)
      settle(of, step > 0)
    }
    const { weights, sums, ...tiles } = attentionSteps(g, anchor, plan, { ...rings, origin, known })
    arrive()
    const first = tiles.startScores(zero)
    g.asyncMultiplyWait(0, [first])
    const next = g.constant('i32', stages - 1)
    fetch(next)
    tiles.hold(tiles.weigh(zero, first))
    settle(next)

    g.loop('before', steps.sub(1), (before) => {
      const step = before.add(1)
      const ahead = step.add(stages - 1)
      arrive()
      const scores = tiles.startScores(step.mod(stages))
      tiles.startSums(before.mod(stages))
      if (!overlaps) g.asyncMultiplyWait(0, [scores, weights, sums])
      fetch(ahead)
      if (overlaps) g.asyncMultiplyWait(1, [scores])
      const made = tiles.weigh(step, scores)
      if (overlaps) g.asyncMultiplyWait(0, [weights, sums])
      tiles.rescale()
      tiles.hold(made)
      settle(ahead)
    })
    arrive()
    tiles.startSums(steps.sub(1).max(0).mod(stages))
    g.asyncMultiplyWait(0, [weights, sums])
    tiles.store(out)
  })
  return { kernels: [kernel], workspaces: [] }
}
