/** What a candidate for attention in tiles comes to: extents of its tiles, who owns what, and how threads bring operands. */
import {
  type Candidate,
  defined,
  type Expr,
  isRejection,
  type Problem,
  type Rejection,
  sizeRange,
  type Target,
} from '@tilewright/ir'
import { compose, repeat, spatial, type TaskMapping, tasksPerWorker } from '@tilewright/task-mapping'
import { extentOf } from '../matmul/contraction.js'
import { type ElementForm, formOf } from '../matmul/matrix-fragments.js'
import { type FactorTile, type StagedFactor, stageFactor } from '../matmul/staged-factor.js'
import {
  type AttentionAxes,
  type AttentionFactors,
  attentionAxes,
  attentionFactors,
  attentionOperands,
  requireAttention,
} from './attention-axes.js'
import { depthOfFragment } from './tiled-rows.js'

export interface AttentionTiled extends Candidate {
  /** Threads of a workgroup along queries, and along keys or columns of values. */
  readonly threadsM: number
  readonly threadsN: number
  /** Queries and keys of a thread. */
  readonly ownM: number
  readonly ownKeys: number
  /** Elements of the depth, then keys, that are multiplied between two barriers. */
  readonly step: number
  /** Whether queries stay in workgroup memory; else they come again with each tile of keys. */
  readonly keep: boolean
}

export interface TiledPlan extends AttentionAxes {
  readonly factors: AttentionFactors
  readonly threads: number
  /** Extents of a tile of scores, and columns of values in whole threads. */
  readonly queries: number
  readonly keys: number
  readonly columns: number
  /** Steps over the depth, and over the keys of a tile. */
  readonly depthSteps: number
  readonly keySteps: number
  /** Which rows, keys, keys of a step and columns a thread of its dimension owns. */
  readonly ownRows: TaskMapping
  readonly ownKeys: TaskMapping
  readonly ownKeysOfStep: TaskMapping
  readonly ownColumns: TaskMapping
  readonly q: StagedFactor
  readonly k: StagedFactor
  readonly v: StagedFactor
  /** Elements of a stage for queries, for weights, and for a right factor: keys or values. */
  readonly stageOfQueries: number
  readonly stageOfWeights: number
  readonly stageOfRight: number
}

/** Elements between the rows of a tile along k: vectors of neighbouring rows lie in different banks. */
const padding = 4
const bytesOfFloat = 4
/** Registers for what is known of the rows and for addresses come on top; every device has so many. */
const mostRegisters = 160
const mostBytesToKeep = 48 * 1024

/** Tiles of queries and of keys always lie along the depth: that is how they are multiplied, in vectors. */
const alongDepth: ElementForm = { ...formOf('f32'), across: undefined }

const roundUp = (extent: number, to: number): number => Math.ceil(extent / to) * to

/** Columns of values, in vectors where the last of them are no great waste. */
export function columnsOf(width: number, threadsN: number): TaskMapping {
  const most = Math.max(roundUp(width, threadsN), 1.2 * width)
  const vector = [4, 2].find((candidate) => roundUp(width, candidate * threadsN) <= most) ?? 1
  const vectors = Math.max(1, Math.ceil(width / (vector * threadsN)))
  return compose(repeat([vectors], { unroll: true }), spatial(threadsN), repeat([vector], { unroll: true }))
}

/** The plan of a candidate; a rejection where its numbers do not divide each other, or a run decides extents. */
export function planOf(
  { threadsM, threadsN, ownM, ownKeys, step }: AttentionTiled,
  { anchor: equation, computed }: Problem,
  target: Target,
): TiledPlan | Rejection {
  const anchor = requireAttention(equation)
  const factors = attentionFactors(anchor)
  if (factors === undefined) return rejected('each query has keys of its own')
  const axes = attentionAxes(anchor)
  const [size, width] = [extentOf(anchor.depth), extentOf(axes.n)]
  if (typeof size !== 'number' || typeof width !== 'number') {
    return rejected('how long queries or values are is decided by a run')
  }
  const [threads, queries, keys] = [threadsM * threadsN, threadsM * ownM, threadsN * ownKeys]
  if (step % threadsN !== 0) return rejected(`${threadsN} threads do not divide ${step} keys`)
  if (keys % step !== 0) return rejected(`steps of ${step} do not divide ${keys} keys`)
  const ownColumns = columnsOf(width, threadsN)
  const columns = threadsN * tasksPerWorker(ownColumns)
  // Without asynchronous copies all goes through registers, so that loads are on their way while threads multiply.
  const loaded = target.asyncCopies ? computed : new Set(attentionOperands(anchor))
  const staged = (factor: Expr, tile: FactorTile, form: ElementForm): StagedFactor | Rejection =>
    stageFactor(factor, loaded, tile, threads, form)
  const { key, depth } = anchor
  const q = staged(factors.query, { own: axes.m, k: depth, tileOwn: queries, tileK: step }, alongDepth)
  if (isRejection(q)) return q
  const k = staged(factors.key, { own: [key], k: depth, tileOwn: keys, tileK: step }, alongDepth)
  if (isRejection(k)) return k
  // Keys beyond the last are zeros among the values, as they are what the sum is over.
  const v = staged(factors.value, { own: axes.n, k: [key], tileOwn: columns, tileK: step }, formOf('f32'))
  if (isRejection(v)) return v
  const among = (own: number): TaskMapping => compose(repeat([own], { unroll: true }), spatial(threadsN))
  return {
    ...{ ...axes, factors, threads, queries, keys, columns, q, k, v, ownColumns },
    depthSteps: Math.max(1, Math.ceil(size / step)),
    keySteps: keys / step,
    // A thread's rows are neighbours, so that their weights for a key are vectors; threads' keys are, so that rows of 20 words
    // that are read together lie in different banks.
    ownRows: compose(spatial(threadsM), repeat([ownM], { unroll: true })),
    ownKeys: among(ownKeys),
    ownKeysOfStep: among(step / threadsN),
    stageOfQueries: queries * strideOf(q, queries, step),
    stageOfWeights: step * weightsStride(queries),
    stageOfRight: Math.max(keys * strideOf(k, keys, step), linesOf(v, columns, step) * strideOf(v, columns, step)),
  }
}

const rejected = (reason: string): Rejection => ({ reason })

const linesOf = ({ alongOwn }: StagedFactor, own: number, k: number): number => (alongOwn ? k : own)
/** Elements from a line of a tile to the next. */
export const strideOf = ({ alongOwn }: StagedFactor, own: number, k: number): number => (alongOwn ? own : k + padding)

/** Elements from the weights of a key to those of the next, in a tile of so many queries. */
export const weightsStride = (queries: number): number => queries + padding

/** Elements of a stage for a left factor: weights, and queries where they are not kept apart. */
export function stageOfLeft({ stageOfQueries, stageOfWeights }: TiledPlan, keep: boolean): number {
  return keep ? stageOfWeights : Math.max(stageOfQueries, stageOfWeights)
}

/** Threads that hold a row together: by shuffles, where they are of one subgroup. */
export function shufflesRows({ threadsM, threadsN }: AttentionTiled, { subgroupSize }: Target): boolean {
  return subgroupSize !== undefined && subgroupSize % threadsN === 0 && (threadsM * threadsN) % subgroupSize === 0
}

export function check(candidate: AttentionTiled, problem: Problem, target: Target): Rejection | undefined {
  const plan = planOf(candidate, problem, target)
  if (isRejection(plan)) return plan
  const { limits } = target
  const { threads } = plan
  if (threads > limits.threads) return rejected(`${threads} threads; the target allows ${limits.threads}`)
  const bytes = bytesOf(candidate, plan, target)
  if (bytes > limits.workgroupBytes) {
    return rejected(`${bytes} B of workgroup memory; the target allows ${limits.workgroupBytes}`)
  }
  const registers = registersOf(candidate, plan)
  return registers > mostRegisters ? rejected(`${registers} registers a thread; ${mostRegisters} are safe`) : undefined
}

function bytesOf(candidate: AttentionTiled, plan: TiledPlan, target: Target): number {
  const { stageOfQueries, stageOfRight, depthSteps, queries } = plan
  const kept = candidate.keep ? depthSteps * stageOfQueries : 0
  const stages = 2 * (stageOfLeft(plan, candidate.keep) + stageOfRight)
  const exchanged = shufflesRows(candidate, target) ? 0 : queries * candidate.threadsN
  return (kept + stages + exchanged) * bytesOfFloat
}

/** Sums, scores, fragments of both factors, what is known of each row, and what is on its way. */
function registersOf({ ownM, ownKeys, step, keep }: AttentionTiled, plan: TiledPlan): number {
  const { threads } = plan
  const ownColumns = tasksPerWorker(plan.ownColumns)
  const held = ({ vector }: StagedFactor, own: number): number =>
    vector === undefined ? Math.ceil((own * step) / threads) : 0
  const staged = Math.max((keep ? 0 : held(plan.q, plan.queries)) + held(plan.k, plan.keys), held(plan.v, plan.columns))
  const fragments = ownM * depthOfFragment + Math.max(ownKeys, ownColumns)
  return ownM * (ownColumns + ownKeys + 3) + fragments + staged
}

/** Tiles of up to 64 queries, best first; those at the end fit the least workgroup memory, or few queries. */
const shapes = [
  { threadsM: 8, threadsN: 16, ownM: 8, ownKeys: 4, step: 16 },
  { threadsM: 16, threadsN: 16, ownM: 4, ownKeys: 4, step: 16 },
  { threadsM: 4, threadsN: 16, ownM: 8, ownKeys: 4, step: 16 },
  { threadsM: 8, threadsN: 8, ownM: 4, ownKeys: 4, step: 8 },
  { threadsM: 4, threadsN: 16, ownM: 4, ownKeys: 4, step: 16 },
  { threadsM: 4, threadsN: 8, ownM: 4, ownKeys: 4, step: 8 },
] as const

/**
 * The first legal tile that is not mostly beyond the last query and leaves none of the device's processors idle, or the one
 * of the fewest queries. Refused unless one would be legal, were all operands computed.
 */
export function level0(problem: Problem, target: Target): AttentionTiled | Rejection {
  if (!target.fastWorkgroupMemory) return rejected('workgroup memory is no faster than other memory here')
  const anchor = requireAttention(problem.anchor)
  const worst = { ...problem, computed: new Set(attentionOperands(anchor)) }
  const all = shapes.map((shape) => ({ ...shape, keep: false }))
  const reasons = all.map((candidate) => check(candidate, worst, target))
  const legal = all.filter((_, i) => reasons[i] === undefined)
  const [first] = legal
  if (first === undefined) return defined(reasons.at(-1), 'the last tile is refused')
  const { batch, m } = attentionAxes(anchor)
  const [rows, batches] = [sizeRange(extentOf(m)).max, sizeRange(extentOf(batch)).max]
  const queries = ({ threadsM, ownM }: AttentionTiled): number => threadsM * ownM
  const fits = (candidate: AttentionTiled): boolean => {
    const tile = queries(candidate)
    return tile < 2 * rows && Math.ceil(rows / tile) * batches >= target.parallelWorkgroups
  }
  const smallest = legal.reduce((least, candidate) => (queries(candidate) < queries(least) ? candidate : least), first)
  return kept(legal.find(fits) ?? smallest, problem, target)
}

/** With its queries in workgroup memory, where that leaves enough of it. */
function kept(candidate: AttentionTiled, problem: Problem, target: Target): AttentionTiled {
  const keep = { ...candidate, keep: true }
  const workgroupBytes = Math.min(target.limits.workgroupBytes, mostBytesToKeep)
  const isLegal = check(keep, problem, { ...target, limits: { ...target.limits, workgroupBytes } }) === undefined
  return isLegal ? keep : candidate
}
