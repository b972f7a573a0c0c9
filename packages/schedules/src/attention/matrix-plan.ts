/** What a candidate for attention on matrix units comes to: extents of its tiles, and how threads bring each operand. */
import {
  type Attention,
  type Candidate,
  type Expr,
  type HalfDType,
  isRejection,
  type MatrixInstruction,
  type Problem,
  type Rejection,
  type Target,
} from '@tilewright/ir'
import { extentOf } from '../matmul/contraction.js'
import {
  formOf,
  halfOf,
  instructionK,
  instructionM,
  instructionN,
  instructionOf,
  padding,
} from '../matmul/matrix-fragments.js'
import { type StagedFactor, stageFactor } from '../matmul/staged-factor.js'
import {
  type AttentionAxes,
  type AttentionFactors,
  attentionAxes,
  attentionFactors,
  requireAttention,
} from './attention-axes.js'

export interface AttentionMatrixUnits extends Candidate {
  /** Subgroups of a workgroup, each with 16 queries. */
  readonly subgroups: number
  /** Keys of a tile. */
  readonly tileKeys: number
  /** Tiles of keys and of values that are in workgroup memory or on their way to it. */
  readonly stages: number
}

/** Factors of both products that are halves of one type. */
export interface HalfFactors extends AttentionFactors {
  readonly dtype: HalfDType
}

/** The factors of both products; undefined where they are not all f16 or all bf16, or where each query has keys of its own. */
export function halfFactors(anchor: Attention): HalfFactors | undefined {
  const factors = attentionFactors(anchor)
  const types = new Set(factors && [factors.query, factors.key, factors.value].map(halfOf))
  const [dtype] = types
  return factors === undefined || dtype === undefined || types.size > 1 ? undefined : { ...factors, dtype }
}

/** Why a template that takes halves does not take a problem. */
export const noHalves = 'queries, keys and values are not all f16 or all bf16'

export interface AttentionPlan extends AttentionAxes {
  readonly instruction: MatrixInstruction
  readonly factors: HalfFactors
  readonly threads: number
  /** Extents of a tile: queries, and the depth and the columns in whole instructions. */
  readonly queries: number
  readonly depth: number
  readonly columns: number
  readonly q: StagedFactor
  readonly k: StagedFactor
  readonly v: StagedFactor
}

export const roundUp = (extent: number, to: number): number => Math.ceil(extent / to) * to

/** The plan of a candidate; a rejection where threads do not divide its tiles, or a run decides extents. */
export function planOf(
  { subgroups, tileKeys }: AttentionMatrixUnits,
  problem: Problem,
  target: Target,
): AttentionPlan | Rejection {
  const anchor = requireAttention(problem.anchor)
  const factors = halfFactors(anchor)
  if (factors === undefined) return { reason: noHalves }
  const { dtype } = factors
  const instruction = instructionOf(target, dtype, dtype)
  if (instruction === undefined) return { reason: `the target multiplies no matrices of ${dtype}` }
  const axes = attentionAxes(anchor)
  const [size, width] = [extentOf(anchor.depth), extentOf(axes.n)]
  if (typeof size !== 'number' || typeof width !== 'number') {
    return { reason: 'how long queries or values are is decided by a run' }
  }
  const [depth, columns] = [roundUp(size, instructionK), roundUp(width, 2 * instructionN)]
  const threads = subgroups * instruction.lanes
  const queries = subgroups * instructionM
  const key = [anchor.key]
  const staged = (factor: Expr, own: typeof key, k: typeof key, tileOwn: number, tileK: number) =>
    stageFactor(factor, problem.computed, { own, k, tileOwn, tileK }, threads, formOf(dtype))
  const q = staged(factors.query, [...axes.m], [...anchor.depth], queries, depth)
  if (isRejection(q)) return q
  // Keys beyond the last are zeros: they are what steps are over, for both tiles.
  const k = staged(factors.key, [...anchor.depth], key, depth, tileKeys)
  if (isRejection(k)) return k
  const v = staged(factors.value, [...axes.n], key, columns, tileKeys)
  return isRejection(v) ? v : { ...axes, instruction, factors, threads, queries, depth, columns, q, k, v }
}

/** Rows and columns of the tile of an operand. */
export const tileShape = ({ alongOwn }: StagedFactor, own: number, k: number): readonly [number, number] =>
  alongOwn ? [k, own + padding] : [own, k + padding]
