/** What a candidate for attention on tile instructions comes to: extents of its tiles, and how threads bring each operand. */
import {
  type Attention,
  type Axis,
  type Candidate,
  type Expr,
  isRejection,
  lineElements,
  loadsOf,
  type Problem,
  type Rejection,
  sizeRange,
  type Target,
  type TileInstruction,
} from '@tilewright/ir'
import { workers } from '@tilewright/task-mapping'
import { extentOf } from '../matmul/contraction.js'
import { formOf, halfBytes, mostRegisters, otherRegisters } from '../matmul/matrix-fragments.js'
import { type StagedFactor, stageFactor } from '../matmul/staged-factor.js'
import { columnsOf, registerFile, rowsOf } from '../matmul/tile-products.js'
import { type AttentionAxes, attentionAxes, requireAttention } from './attention-axes.js'
import { type HalfFactors, halfFactors, noHalves, roundUp } from './matrix-plan.js'
import { attentionMatrixUnits } from './matrix-units.js'

/** A choice for attention on tile instructions. */
export interface AttentionTiles extends Candidate {
  /** Groups of threads that multiply, each with the queries of one instruction. */
  readonly groups: number
  /** Keys of a tile: the columns of one instruction. */
  readonly tileKeys: number
  /** Tiles of keys and of values that are in workgroup memory or on their way to it. */
  readonly stages: number
}

/** What instructions make of a candidate. */
export interface TileExtents extends AttentionAxes {
  readonly factors: HalfFactors
  /** What multiplies queries by keys, and weights by values. */
  readonly scores: TileInstruction
  readonly sums: TileInstruction
  /** Of a group: threads, and queries. */
  readonly groupThreads: number
  readonly rows: number
  /** Threads that multiply. */
  readonly multipliers: number
  /** Extents of a tile: queries, keys, and the depth and the columns in whole instructions. */
  readonly queries: number
  readonly tileKeys: number
  readonly depth: number
  readonly columns: number
}

/** The extents of a candidate; a rejection where the target has no instructions for them, or a run decides some. */
export function tileExtentsOf(
  { groups, tileKeys }: AttentionTiles,
  anchor: Attention,
  target: Target,
): TileExtents | Rejection {
  const factors = halfFactors(anchor)
  if (factors === undefined) return { reason: noHalves }
  const axes = attentionAxes(anchor)
  const [size, width] = [extentOf(anchor.depth), extentOf(axes.n)]
  if (typeof size !== 'number' || typeof width !== 'number') {
    return { reason: 'how long queries or values are is decided by a run' }
  }
  const instructionOf = (wanted: number) =>
    target.tileInstructions.find((each) => columnsOf(each) === wanted && each.operands.includes(factors.dtype))
  const columns = roundUp(Math.max(width, 1), lineElements)
  const [scores, sums] = [instructionOf(tileKeys), instructionOf(columns)]
  if (scores === undefined || sums === undefined) {
    const missing = scores === undefined ? tileKeys : columns
    return { reason: `the target multiplies no tiles of ${missing} columns of ${factors.dtype} on its own` }
  }
  const depth = roundUp(Math.max(size, 1), scores.depth)
  const [rows, groupThreads] = [rowsOf(scores), workers(scores.d)]
  const [multipliers, queries] = [groups * groupThreads, groups * rows]
  return { ...axes, factors, scores, sums, groupThreads, rows, multipliers, queries, tileKeys, depth, columns }
}

/** Threads of a workgroup, and what they and it have besides tiles and fragments. */
export interface TileUse {
  readonly threads: number
  /** Whether lines of queries, keys and values are along the first of their extents: along what they do not share. */
  readonly alongOwn: readonly [queries: boolean, keys: boolean, values: boolean]
  readonly otherBytes: number
  readonly otherRegisters: number
}

/** Blocks, lines and elements of a tile whose lines lie along its first extent, or along its second. */
export const linesOf = (alongOwn: boolean, own: number, k: number): readonly [number, number, number] => {
  const [lines, length] = alongOwn ? [k, own] : [own, k]
  return [Math.ceil(length / lineElements), lines, lineElements]
}

/** Why a workgroup cannot have such tiles, if it cannot. */
export function checkTiles(
  { groupThreads, queries, tileKeys, depth, columns }: TileExtents,
  stages: number,
  use: TileUse,
  { limits }: Target,
): Rejection | undefined {
  const { threads, alongOwn } = use
  if (threads > limits.threads) return { reason: `${threads} threads; the target allows ${limits.threads}` }
  const elements = (extents: readonly number[]): number => extents.reduce((product, extent) => product * extent, 1)
  const [q, k, v] = alongOwn
  const ring = elements(linesOf(k, tileKeys, depth)) + elements(linesOf(v, columns, tileKeys))
  const bytes = (elements(linesOf(q, queries, depth)) + stages * ring) * halfBytes + use.otherBytes
  if (bytes > limits.workgroupBytes) {
    return { reason: `${bytes} B of workgroup memory; the target allows ${limits.workgroupBytes}` }
  }
  // Scores and the weights before them, two to a register; the sums; what is kept of a row.
  const registers = tileKeys / 2 + tileKeys / 4 + columns / 2 + 8 + use.otherRegisters + otherRegisters
  // Threads that are no whole group take the registers of one.
  const safe = Math.min(mostRegisters, Math.floor(registerFile / roundUp(threads, groupThreads)))
  return registers > safe ? { reason: `${registers} registers a thread; ${safe} are safe` } : undefined
}

export interface TilePlan extends TileExtents {
  /** How threads bring operands: keys and values with keys for what their steps are over. */
  readonly q: StagedFactor
  readonly k: StagedFactor
  readonly v: StagedFactor
  /** Whether threads make weights of scores while the weights before are multiplied. */
  readonly overlaps: boolean
  readonly use: TileUse
}

/** The plan of a candidate whose threads bring operands; a rejection where they do not divide its tiles. */
export function tilePlanOf(candidate: AttentionTiles, problem: Problem, target: Target): TilePlan | Rejection {
  const anchor = requireAttention(problem.anchor)
  const extents = tileExtentsOf(candidate, anchor, target)
  if (isRejection(extents)) return extents
  const { factors, m, n, groupThreads, multipliers: threads, queries, tileKeys, depth, columns } = extents
  const key = [anchor.key]
  const staged = (factor: Expr, own: readonly Axis[], k: readonly Axis[], tileOwn: number, tileK: number, by: number) =>
    stageFactor(factor, problem.computed, { own, k, tileOwn, tileK }, by, formOf(factors.dtype))
  const q = staged(factors.query, m, anchor.depth, queries, depth, threads)
  if (isRejection(q)) return q
  // Tiles of keys have powers of two of them, which three groups do not divide: two bring them for all.
  const bringers = candidate.groups === 3 ? 2 * groupThreads : threads
  // Keys beyond the last are zeros: they are what steps are over, for both tiles.
  const k = staged(factors.key, anchor.depth, key, depth, tileKeys, bringers)
  if (isRejection(k)) return k
  const v = staged(factors.value, n, key, columns, tileKeys, bringers)
  if (isRejection(v)) return v
  // Compilers move sums about where threads part, as they do to compute or to guard what is read; so no product may be going on.
  const isStraight = k.vector !== undefined && v.vector !== undefined && bringers === threads
  // An element on its way, and what it takes to compute it beside the others.
  const held = ({ vector }: StagedFactor, tile: number): number => (vector === undefined ? (1.5 * tile) / threads : 0)
  const otherRegisters = held(k, depth * tileKeys) + held(v, columns * tileKeys)
  const alongOwn = [q.alongOwn, !k.alongOwn, v.alongOwn] as const
  const use = { threads, alongOwn, otherBytes: 0, otherRegisters }
  return { ...extents, q, k, v, overlaps: isStraight && readsNothing(anchor), use }
}

/** Whether a score is made of its product and of places alone. */
export const readsNothing = ({ score }: Attention): boolean => loadsOf(score).length === 0

/** Queries of a group, and keys of the smallest tile. */
const groupQueries = 64
const fewestKeys = 64

/** Tiles of level 0, largest first. */
const shapes = [
  { groups: 2, tileKeys: 128 },
  { groups: 2, tileKeys: 64 },
  { groups: 1, tileKeys: 128 },
  { groups: 1, tileKeys: 64 },
] as const

/**
 * The largest tile that is legal with so many stages and leaves none of the device's processors idle. Refused where matrix units would not take the
 * problem, so that what is attention at all does not depend on queries, and where queries do not fill a tile.
 */
export function fittingTiles(
  problem: Problem,
  target: Target,
  stages: number,
  check: (candidate: AttentionTiles) => Rejection | undefined,
): AttentionTiles | Rejection {
  const otherwise = attentionMatrixUnits.level0(problem, target)
  if (isRejection(otherwise)) return otherwise
  const anchor = requireAttention(problem.anchor)
  const { batch, m } = attentionAxes(anchor)
  const most = (axes: readonly Axis[]): number => sizeRange(extentOf(axes)).max
  const [queries, keys] = [most(m), most([anchor.key])]
  let refused: Rejection = { reason: `${queries} queries do not fill a tile` }
  if (queries < groupQueries) return refused
  for (const shape of shapes) {
    const tiles = Math.ceil(queries / (shape.groups * groupQueries)) * most(batch)
    if (shape.groups > 1 && tiles < target.parallelWorkgroups) continue
    if (shape.tileKeys > fewestKeys && keys <= fewestKeys) continue
    const candidate = { ...shape, stages }
    const refusal = check(candidate)
    if (refusal === undefined) return candidate
    refused = refusal
  }
  return refused
}
