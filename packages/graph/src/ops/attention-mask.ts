/** Which keys a query of Attention attends to, and what is added to its scores. */
import {
  add,
  all,
  type Buffer,
  binary,
  CompileError,
  constant,
  type Expr,
  int,
  load,
  lt,
  type SizeExpr,
  select,
  sizeEquals,
  sizeValue,
  sub,
} from '@tilewright/ir'
import type { EqualSizes } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { broadcastTo } from './broadcast.js'
import { neverWins } from './extremum.js'
import { formatShape, shapeError } from './shape-error.js'

export interface AttentionWindow {
  /** No key after the query. */
  readonly causal: boolean
  /** Keys before and after the query that it attends to; -1 for all. */
  readonly left: number
  readonly right: number
}

/** The position of a score. */
export interface ScoreAt {
  readonly batch: Expr
  readonly head: Expr
  readonly query: Expr
  readonly key: Expr
}

export interface MaskDetails extends AttentionWindow {
  /** [batch, heads, queries, keys] of the scores. */
  readonly scores: readonly SizeExpr[]
  /** Keys before the first one that came with the queries. */
  readonly past: SizeExpr
}

const lowest = neverWins('max', 'f32')

/** Whether a value is −∞. */
export const isLowest = (value: Expr): Expr => lt(value, constant('f32', -3.4028234663852886e38))

/** Whether a score may be masked at all. */
export function isMasked(
  { causal, left, right }: AttentionWindow,
  mask: TensorType | undefined,
  lengths: TensorType | undefined,
): boolean {
  return causal || left >= 0 || right >= 0 || mask !== undefined || lengths !== undefined
}

/**
 * What a run must check for a mask, which broadcasts to the scores but for its last dimension: keys that it lacks are not
 * attended to. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function checkMask(mask: TensorType, dtype: string, scores: readonly SizeExpr[]): readonly EqualSizes[] {
  if (mask.dtype !== 'bool' && mask.dtype !== dtype) {
    throw new CompileError({
      code: 'graph/dtype',
      message: `Attention: the mask is ${mask.dtype}, the query ${dtype}`,
      help: 'a mask is bool, or of the type of the query',
    })
  }
  const [keys, own] = [scores.at(-1), mask.shape.at(-1)]
  if (typeof keys === 'number' && typeof own === 'number' && own > keys) {
    throw shapeError('Attention', `a mask of ${formatShape(mask.shape)} for ${keys} keys`)
  }
  return broadcastTo('Attention', scores, own === undefined ? [] : [...mask.shape.slice(0, -1), 1])
}

/** The score with its mask: −∞ where the query does not attend to the key. */
export function maskedScore(
  score: Expr,
  { batch, head, query, key }: ScoreAt,
  { scores, past, causal, left, right }: MaskDetails,
  mask: Buffer | undefined,
  lengths: Buffer | undefined,
): Expr {
  const valid = lengths === undefined ? undefined : load(lengths, [batch])
  const [, , queries, keys] = scores
  const before = valid === undefined ? sizeValue(past) : sub(valid, sizeValue(queries ?? 1))
  const position = add(query, before)
  const conditions: Expr[] = []
  if (causal) conditions.push(binary('le', key, position))
  if (left >= 0) conditions.push(binary('le', sub(position, int(left)), key))
  if (right >= 0) conditions.push(binary('le', key, add(position, int(right))))
  if (valid !== undefined) conditions.push(lt(key, valid))

  let biased = score
  if (mask !== undefined) {
    const own = mask.shape.at(-1)
    const given = maskAt(mask, [batch, head, query, key])
    const isShort = own !== undefined && !sizeEquals(own, keys ?? 1)
    if (isShort) conditions.push(lt(key, sizeValue(own)))
    const element = isShort ? guarded(given, lt(key, sizeValue(own))) : given
    if (element.dtype === 'bool') conditions.push(element)
    else biased = select(isLowest(element), lowest, add(score, element))
  }
  const allowed = all(conditions)
  return conditions.length === 0 ? biased : select(allowed, biased, lowest)
}

/** The element, read only where the mask has it. */
const guarded = (element: Expr, isThere: Expr): Expr =>
  select(isThere, element, element.dtype === 'bool' ? constant('bool', false) : constant('f32', 0))

function maskAt(mask: Buffer, at: readonly Expr[]): Expr {
  const offset = at.length - mask.shape.length
  const last = mask.shape.length - 1
  return load(
    mask,
    mask.shape.map((extent, d) => (extent === 1 && d !== last ? int(0) : (at[offset + d] ?? int(0)))),
  )
}
