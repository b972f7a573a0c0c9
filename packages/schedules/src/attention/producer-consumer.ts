/**
 * Attention by specialised subgroups: one asks hardware for boxes of keys and values, groups of the others multiply what has
 * come (TMA and wgmma on GPUs of compute capability 9.0; FlashAttention-3, arXiv 2407.08608, without turns of its groups and
 * registers that move). Groups bring their queries themselves, once, so that these may be computed.
 *
 * Rings of stages lie between them, of keys and of values; `matmul/producer-consumer.ts` says how they turn. Steps are those
 * of `async-multiply.ts`, but groups wait for tiles rather than for each other: so one makes weights while another multiplies.
 */
import {
  buildKernel,
  ceilDiv,
  invariant,
  isRejection,
  type Mbarrier,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  substitute,
  type Target,
  type Value,
} from '@tilewright/ir'
import { type BoxedFactor, boxedFactor, copyBoxes } from '../matmul/boxed-factor.js'
import { type Bindings, bindPosition, extentOf } from '../matmul/contraction.js'
import { formOf, halfBytes } from '../matmul/matrix-fragments.js'
import { factorStages, type StagedFactor, stageFactor } from '../matmul/staged-factor.js'
import { placeInLines } from '../matmul/swizzled-lines.js'
import type { FactorRing } from '../matmul/tile-products.js'
import { attentionOperands, requireAttention } from './attention-axes.js'
import { halfFactors } from './matrix-plan.js'
import { fewQueriesRefinements } from './shared-keys.js'
import {
  type AttentionTiles,
  checkTiles,
  fittingTiles,
  linesOf,
  readsNothing,
  type TileExtents,
  type TileUse,
  tileExtentsOf,
} from './tile-plan.js'
import { attentionSteps } from './tile-steps.js'
import { visibleTiles } from './visible-keys.js'

export const attentionProducerConsumer: ScheduleTemplate<AttentionTiles> = {
  name: 'attention/producer-consumer',
  space: { groups: [1, 2], tileKeys: [64, 128], stages: [2, 3, 4] },
  matches: (anchor) => anchor.kind === 'attention' && halfFactors(anchor) !== undefined,
  refinements: fewQueriesRefinements,
  check,
  level0: (problem, target) => fittingTiles(problem, target, 3, (candidate) => check(candidate, problem, target)),
  build,
}

/** What an mbarrier takes, with what aligns it. */
const mbarrierBytes = 16

interface BoxPlan extends TileExtents {
  /** How groups bring their queries. */
  readonly q: StagedFactor
  readonly k: BoxedFactor
  readonly v: BoxedFactor
  readonly use: TileUse
  readonly subgroupSize: number
}

function planOf(
  candidate: AttentionTiles,
  { anchor: equation, computed }: Problem,
  target: Target,
): BoxPlan | Rejection {
  const anchor = requireAttention(equation)
  const extents = tileExtentsOf(candidate, anchor, target)
  if (isRejection(extents)) return extents
  const { subgroupSize } = target
  if (subgroupSize === undefined) return { reason: 'the target does not say how many threads a subgroup has' }
  const { factors, m, n, multipliers } = extents
  const ofQueries = { own: m, k: anchor.depth, tileOwn: extents.queries, tileK: extents.depth }
  const q = stageFactor(factors.query, computed, ofQueries, multipliers, formOf(factors.dtype))
  if (isRejection(q)) return q
  const k = boxedFactor(factors.key, computed, [anchor.key], anchor.depth, halfBytes)
  const v = boxedFactor(factors.value, computed, n, [anchor.key], halfBytes)
  if (k === undefined || v === undefined) {
    return { reason: `${k === undefined ? 'keys' : 'values'} are no tensor of which boxes can be copied` }
  }
  const use: TileUse = {
    threads: multipliers + subgroupSize,
    alongOwn: [q.alongOwn, k.alongOwn, v.alongOwn],
    otherBytes: (1 + 4 * candidate.stages) * mbarrierBytes,
    otherRegisters: 0,
  }
  return { ...extents, q, k, v, use, subgroupSize }
}

function check(candidate: AttentionTiles, problem: Problem, target: Target): Rejection | undefined {
  const plan = planOf(candidate, problem, target)
  return isRejection(plan) ? plan : checkTiles(plan, candidate.stages, plan.use, target)
}

function build(candidate: AttentionTiles, problem: Problem, target: Target): ScheduledKernels {
  const anchor = requireAttention(problem.anchor)
  const plan = planOf(candidate, problem, target)
  invariant(!isRejection(plan), 'a candidate is checked before it is built')
  const { stages } = candidate
  const { factors, use, subgroupSize, multipliers, queries, tileKeys, depth, columns, batch, m } = plan
  const overlaps = readsNothing(anchor)

  const options = {
    name: 'attention_producer_consumer',
    threads: use.threads,
    subgroupSize,
    workgroups: [ceilDiv(extentOf(m), queries), 1, extentOf(batch)],
  } as const
  const kernel = buildKernel(options, (g) => {
    for (const operand of attentionOperands(anchor)) g.use(operand)
    const out = g.use(anchor.output)
    const known = bindPosition(batch, g.workgroup.z)
    const origin = g.workgroup.x.mul(queries)
    const zero = g.constant('i32', 0)
    const steps = visibleTiles(g, anchor, { known, first: origin, queries }, tileKeys)
    const consumers = multipliers / subgroupSize
    const parityOf = (step: Value): Value => step.div(stages).mod(2)
    const ringOf = (
      hint: string,
      { alongOwn }: { readonly alongOwn: boolean },
      count: number,
      own: number,
      k: number,
    ): FactorRing => {
      const shape = linesOf(alongOwn, own, k)
      return { tile: g.workgroupBuffer(hint, factors.dtype, [count, ...shape]), alongOwn, lines: shape[1] }
    }
    const rings = {
      queries: ringOf('tileQ', plan.q, 1, queries, depth),
      keys: ringOf('tileK', plan.k, stages, tileKeys, depth),
      values: ringOf('tileV', plan.v, stages, columns, tileKeys),
    }
    const arrived = g.mbarrier('arrived', 1, multipliers)
    const slotsOf = (hint: string) => ({
      full: g.mbarrier(`${hint}Full`, stages, 1),
      empty: g.mbarrier(`${hint}Empty`, stages, consumers),
    })
    const [ofKeys, ofValues] = [slotsOf('keys'), slotsOf('values')]

    const produce = (): void => {
      const places = new Map(known)
      g.loop('step', steps, (step) => {
        const stage = g.let('stage', step.mod(stages))
        const first = g.let('first', step.mul(tileKeys))
        const free = g.let('free', g.constant('i32', 1).sub(parityOf(step)))
        const place = { known: places, stage, slot: stage }
        g.wait(ofKeys.empty, stage, free)
        const atKeys = { ...place, tileOwn: tileKeys, tileK: depth, own: first, k: zero, full: ofKeys.full }
        copyBoxes(g, plan.k, rings.keys.tile, atKeys)
        g.arrive(ofKeys.full, stage)
        g.wait(ofValues.empty, stage, free)
        const atValues = { ...place, tileOwn: columns, tileK: tileKeys, own: zero, k: first, full: ofValues.full }
        copyBoxes(g, plan.v, rings.values.tile, atValues)
        g.arrive(ofValues.full, stage)
      })
    }

    const consume = (): void => {
      const ofQueries = factorStages(g, plan.q, {
        ...{ own: m, k: anchor.depth, tileOwn: queries, tileK: depth, origin, known, tile: rings.queries.tile },
        ...{ place: placeInLines, factorAt: (bindings: Bindings) => substitute(factors.query, bindings) },
      })
      ofQueries.fetch(zero, zero)
      ofQueries.settle(zero)
      g.asyncCommit()
      g.asyncWait(0)
      g.arrive(arrived, 0)
      const { weights, sums, ...tiles } = attentionSteps(g, anchor, plan, { ...rings, origin, known })
      const giveBack = (empty: Mbarrier, step: Value): void => {
        g.barrier('subgroup')
        g.if(g.lane.eq(0), () => g.arrive(empty, step.mod(stages)))
      }
      const take = (full: Mbarrier, step: Value): Value => {
        const stage = g.let('stage', step.mod(stages))
        g.wait(full, stage, parityOf(step))
        return stage
      }
      // Where no key is seen, nothing has been asked for.
      g.if(steps.gt(0), () => {
        g.wait(arrived, 0, 0)
        const first = tiles.startScores(take(ofKeys.full, zero))
        g.asyncMultiplyWait(0, [first])
        giveBack(ofKeys.empty, zero)
        tiles.hold(tiles.weigh(zero, first))
        g.loop('before', steps.sub(1), (before) => {
          const step = before.add(1)
          const scores = tiles.startScores(take(ofKeys.full, step))
          tiles.startSums(take(ofValues.full, before))
          g.asyncMultiplyWait(overlaps ? 1 : 0, overlaps ? [scores] : [scores, weights, sums])
          giveBack(ofKeys.empty, step)
          const made = tiles.weigh(step, scores)
          if (overlaps) g.asyncMultiplyWait(0, [weights, sums])
          giveBack(ofValues.empty, before)
          tiles.rescale()
          tiles.hold(made)
        })
        const last = steps.sub(1)
        tiles.startSums(take(ofValues.full, last))
        g.asyncMultiplyWait(0, [weights, sums])
      })
      tiles.store(out)
    }

    g.if(g.subgroup.lt(consumers), consume, () => g.if(g.lane.eq(0).and(steps.gt(0)), produce))
  })
  return { kernels: [kernel], workspaces: [] }
}
