/**
 * Attention on matrix units: factors of f16 or of bf16, scores and sums in f32 (FlashAttention-2, arXiv 2307.08691).
 *
 * A workgroup owns a few times 16 queries, a subgroup 16 of them: their dot products with a tile of keys, the weights made
 * of those, and their sums of values all stay in its registers. Fragments of the dot products are, in pairs, those that the
 * second product takes as its left factor, so weights never move. Tiles of keys and values are in a ring of stages in
 * workgroup memory, ahead of their use: one barrier a tile.
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
  type KernelBuilder,
  lt,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  select,
  sizeValue,
  substitute,
  type Target,
  type Value,
  value,
} from '@tilewright/ir'
import { type Bindings, bindPosition, extentOf } from '../matmul/contraction.js'
import {
  fragmentsOfA,
  fragmentsOfB,
  halfBytes,
  instructionK,
  instructionM,
  instructionN,
  mostRegisters,
  multiplyFragments,
  otherRegisters,
} from '../matmul/matrix-fragments.js'
import { factorStages, type StagedFactor } from '../matmul/staged-factor.js'
import { attentionOperands, requireAttention } from './attention-axes.js'
import { type AttentionMatrixUnits, halfFactors, planOf, tileShape } from './matrix-plan.js'
import { onlineSoftmax, weigh } from './online-softmax.js'
import { fewQueriesRefinements } from './shared-keys.js'
import { visibleTiles } from './visible-keys.js'

export type { AttentionMatrixUnits } from './matrix-plan.js'

export const attentionMatrixUnits: ScheduleTemplate<AttentionMatrixUnits> = {
  name: 'attention/matrix-units',
  space: { subgroups: [1, 2, 4, 8], tileKeys: [16, 32, 64, 128], stages: [2, 3] },
  matches: (anchor) => anchor.kind === 'attention' && halfFactors(anchor) !== undefined,
  refinements: fewQueriesRefinements,
  check,
  level0,
  build,
}

function check(candidate: AttentionMatrixUnits, problem: Problem, target: Target): Rejection | undefined {
  const plan = planOf(candidate, problem, target)
  if (isRejection(plan)) return plan
  const { tileKeys, stages } = candidate
  const { threads, queries, depth, columns, q, k, v } = plan
  const { limits } = target
  if (threads > limits.threads) return { reason: `${threads} threads; the target allows ${limits.threads}` }
  const elements = ([slow, fast]: readonly [number, number]): number => slow * fast
  const ring = elements(tileShape(k, depth, tileKeys)) + elements(tileShape(v, columns, tileKeys))
  const bytes = (elements(tileShape(q, queries, depth)) + stages * ring) * halfBytes
  if (bytes > limits.workgroupBytes) {
    return { reason: `${bytes} B of workgroup memory; the target allows ${limits.workgroupBytes}` }
  }
  // An element on its way, and what it takes to compute it beside the others.
  const held = (factor: StagedFactor, tile: number): number =>
    factor.vector === undefined ? (1.5 * tile) / threads : 0
  const staged = held(k, depth * tileKeys) + held(v, columns * tileKeys)
  const registers = depth / 4 + (tileKeys * 3) / 4 + columns / 2 + 8 + staged + otherRegisters
  return registers > mostRegisters
    ? { reason: `${registers} registers a thread; ${mostRegisters} are safe` }
    : undefined
}

/**
 * The largest tile of keys that fits, of the smaller ones where keys or values go through registers. Refused unless one
 * would fit, were all operands computed.
 */
function level0(problem: Problem, target: Target): AttentionMatrixUnits | Rejection {
  const all = [64, 32, 16].map((tileKeys) => ({ subgroups: 4, tileKeys, stages: 2 }))
  const plan = planOf(defined(all[0], 'a tile'), problem, target)
  const isCopied = !isRejection(plan) && plan.k.vector !== undefined && plan.v.vector !== undefined
  const candidates = isCopied ? all : all.slice(1)
  const worst = { ...problem, computed: new Set(attentionOperands(requireAttention(problem.anchor))) }
  const rejections = candidates.map((candidate) => check(candidate, worst, target))
  if (!rejections.includes(undefined)) return defined(rejections.at(-1), 'a rejection')
  const legal = candidates.find((candidate) => check(candidate, problem, target) === undefined)
  return defined(legal, 'what is memory takes no more than what is computed')
}

function build(candidate: AttentionMatrixUnits, problem: Problem, target: Target): ScheduledKernels {
  const anchor = requireAttention(problem.anchor)
  const plan = planOf(candidate, problem, target)
  invariant(!isRejection(plan), 'a candidate is checked before it is built')
  const { tileKeys, stages } = candidate
  const { instruction, factors, threads, queries, depth, columns, batch, m, n } = plan
  const { key } = anchor
  const [rows, width] = [extentOf(m), extentOf(n)]

  const options = {
    name: 'attention_matrix_units',
    threads,
    subgroupSize: instruction.lanes,
    workgroups: [ceilDiv(rows, queries), 1, extentOf(batch)],
  } as const
  const kernel = buildKernel(options, (g) => {
    for (const operand of attentionOperands(anchor)) g.use(operand)
    const out = g.use(anchor.output)
    const known = bindPosition(batch, g.workgroup.z)
    const origin = g.workgroup.x.mul(queries)
    const firstRow = g.subgroup.mul(instructionM)
    const zero = g.constant('i32', 0)
    const tileOf = (hint: string, factor: StagedFactor, count: number, own: number, k: number): BufferHandle =>
      g.workgroupBuffer(hint, factors.dtype, [count, ...tileShape(factor, own, k)])
    const tileQ = tileOf('tileQ', plan.q, 1, queries, depth)
    const tileK = tileOf('tileK', plan.k, stages, depth, tileKeys)
    const tileV = tileOf('tileV', plan.v, stages, columns, tileKeys)
    const at = (factor: Expr) => (bindings: Bindings) => substitute(factor, bindings)
    const ofQueries = factorStages(g, plan.q, {
      ...{ own: m, k: anchor.depth, tileOwn: queries, tileK: depth, origin, known, tile: tileQ },
      factorAt: at(factors.query),
    })
    const ofKeys = { k: [key], tileK: tileKeys, origin: zero, known }
    const ahead = [
      factorStages(g, plan.k, {
        ...{ ...ofKeys, own: anchor.depth, tileOwn: depth, tile: tileK },
        factorAt: at(factors.key),
      }),
      factorStages(g, plan.v, { ...ofKeys, own: n, tileOwn: columns, tile: tileV, factorAt: at(factors.value) }),
    ]
    const steps = visibleTiles(g, anchor, { known, first: origin, queries }, tileKeys)

    ofQueries.fetch(zero, zero)
    ofQueries.settle(zero)
    for (let step = 0; step < stages - 1; step++) {
      for (const { fetch, settle } of ahead) {
        fetch(g.constant('i32', step), g.constant('i32', step))
        settle(g.constant('i32', step))
      }
      g.asyncCommit()
    }
    g.asyncWait(stages - 2)
    g.barrier()
    const loadQ = fragmentsOfA(g, { tile: tileQ, stage: zero, alongOwn: plan.q.alongOwn }, instruction)
    const q = range(depth / instructionK).map((d) => loadQ(firstRow, d * instructionK))
    const halves = range(2).map(() => onlineSoftmax(g))
    const sums = range(columns / instructionN).map(() => zeros(g, 'sums'))

    g.loop('step', steps, (step) => {
      g.asyncWait(stages - 2)
      g.barrier()
      const next = step.add(stages - 1)
      const more = next.lt(steps)
      g.if(more, () => {
        for (const { fetch } of ahead) fetch(next, next.mod(stages))
      })
      g.asyncCommit()
      const stage = step.mod(stages)
      // Keys are the columns of the first product, and the depth of the second.
      const loadK = fragmentsOfB(g, { tile: tileK, stage, alongOwn: !plan.k.alongOwn }, instruction)
      const loadV = fragmentsOfB(g, { tile: tileV, stage, alongOwn: plan.v.alongOwn }, instruction)

      const scores = range(tileKeys / instructionN).map(() => zeros(g, 'scores'))
      for (const [d, left] of q.entries()) {
        for (let j = 0; j < tileKeys; j += 2 * instructionN) {
          const pair = loadK(g.constant('i32', j), d * instructionK)
          for (const [i, right] of pair.entries()) {
            multiplyFragments(
              g,
              instruction,
              left,
              right,
              defined(scores[j / instructionN + i], 'a fragment for 8 keys'),
            )
          }
        }
      }
      for (const [j, fragment] of scores.entries()) {
        g.forTask(instruction.d, g.lane, (r, c, register) => {
          const row = origin.add(firstRow).add(r)
          const position = step
            .mul(tileKeys)
            .add(j * instructionN)
            .add(c)
          // What stands beyond the edges must be read nowhere.
          const inside = new Map([
            ...known,
            ...bindPosition(m, row.min(value(sizeValue(rows)).sub(1))),
            ...bindPosition([key], position.min(value(sizeValue(key.extent)).sub(1))),
          ])
          const score = substitute(anchor.score, new Map([...inside, [anchor.dot, fragment.at(register).expr]]))
          const isKey = lt(position.expr, sizeValue(key.extent))
          fragment.set([register], value(select(isKey, score, constant('f32', Number.NEGATIVE_INFINITY))))
        })
      }
      // Of a fragment's registers, the first two are of one row, the others of the row 8 below.
      const ofHalves = halves.map((_, h) => scores.flatMap((fragment) => [fragment.at(2 * h), fragment.at(2 * h + 1)]))
      const weights = weigh(g, halves, ofHalves, (own) => own.map((most) => overRow(g, most, (a, b) => a.max(b))))
      for (const sum of sums) {
        for (const [h, { factor }] of halves.entries()) {
          for (const register of [2 * h, 2 * h + 1]) sum.update([register], (old) => old.mul(factor.at()))
        }
      }
      for (let j = 0; j < tileKeys; j += instructionK) {
        const left = g.privateBuffer('weights', factors.dtype, [8])
        for (const [h, ofRow] of weights.entries()) {
          for (const [i, weight] of ofRow.slice((j / instructionN) * 2, (j / instructionN) * 2 + 4).entries()) {
            left.set([(i >> 1) * 4 + 2 * h + (i % 2)], weight)
          }
        }
        for (let column = 0; column < columns; column += 2 * instructionN) {
          const pair = loadV(g.constant('i32', column), j)
          for (const [i, right] of pair.entries()) {
            multiplyFragments(
              g,
              instruction,
              left,
              right,
              defined(sums[column / instructionN + i], 'a fragment for 8 columns'),
            )
          }
        }
      }
      g.if(more, () => {
        for (const { settle } of ahead) settle(next.mod(stages))
      })
    })

    const totals = halves.map(({ total }) => overRow(g, g.let('own', total.at()), (a, b) => a.add(b)))
    for (const [j, sum] of sums.entries()) {
      g.forTask(instruction.d, g.lane, (r, c, register) => {
        const row = origin.add(firstRow).add(r)
        const column = c.add(j * instructionN)
        const upper = register.lt(2)
        const ofRow = (of: readonly Value[]): Expr => select(upper.expr, half(of, 0).expr, half(of, 1).expr)
        const bindings = new Map([
          ...known,
          ...bindPosition(m, row),
          ...bindPosition(n, column),
          [anchor.largest, ofRow(halves.map(({ largest }) => largest.at()))],
          [anchor.total, ofRow(totals)],
          [anchor.sum, sum.at(register).expr],
        ])
        g.if(row.lt(rows).and(column.lt(width)), () => {
          const index = anchor.axes.map((axis) => defined(bindings.get(axis), 'each axis has a role'))
          out.set(index, value(substitute(anchor.result, bindings)))
        })
      })
    }
  })
  return { kernels: [kernel], workspaces: [] }
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

const half = (of: readonly Value[], h: number): Value => defined(of[h], 'a fragment has two rows a lane')

/** A fragment of results, all zero. */
function zeros(g: KernelBuilder, hint: string): BufferHandle {
  const fragment = g.privateBuffer(hint, 'f32', [4])
  for (const register of range(4)) fragment.set([register], 0)
  return fragment
}

/** Combines what the four lanes hold that have a row of a fragment of results together. */
export function overRow(g: KernelBuilder, own: Value, combine: (a: Value, b: Value) => Value): Value {
  const pair = g.let('pair', combine(own, g.shuffle(own, 1)))
  return g.let('row', combine(pair, g.shuffle(pair, 2)))
}
