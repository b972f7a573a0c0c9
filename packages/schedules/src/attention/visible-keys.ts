/**
 * Which keys the queries of a workgroup may see, where a score says so by places alone: a causal mask, with or without keys of
 * earlier steps, or a window that ends to the right. Scores beyond are −∞ and weigh nothing, so nobody needs what is there
 * (FlashAttention-2, arXiv 2307.08691, section 3.1).
 *
 *     select(key <= query + past, …, −∞), queries 64 to 127  =>  keys 0 to 127 + past
 */
import {
  type Attention,
  type Axis,
  add,
  ceilDiv,
  type Expr,
  type KernelBuilder,
  sizeEquals,
  sizeValue,
  someExpr,
  sub,
  type Value,
  type Var,
  value,
} from '@tilewright/ir'
import { type Bound, extentOf } from '../matmul/contraction.js'
import { attentionAxes } from './attention-axes.js'

/** Neighbouring queries of one batch position. */
export interface QueryBlock {
  readonly known: Bound
  readonly first: Value
  readonly queries: number
}

/** How many tiles of keys, from the first on, hold all that the queries of a block may see: none, where they see no key. */
export function visibleTiles(g: KernelBuilder, anchor: Attention, block: QueryBlock, tileKeys: number): Value {
  const keys = visibleKeys(anchor, block)
  if (keys === undefined) return g.size(ceilDiv(anchor.key.extent, tileKeys))
  return g.let('steps', keys.add(tileKeys - 1).div(tileKeys))
}

/** How many keys, from the first on, hold all that they may see; undefined where the score does not say. */
export function visibleKeys(anchor: Attention, { known, first, queries }: QueryBlock): Value | undefined {
  const { m } = attentionAxes(anchor)
  const last = first.add(queries).min(extentOf(m)).sub(1)
  const places = new Map([...known, ...largestPlaces(m, first, last)])
  const rows = new Set(m.map((axis) => axis.var))
  const extent = value(sizeValue(anchor.key.extent))
  const counts = limitsOf(anchor.score, anchor.key.var).flatMap(({ limit, included }) => {
    const most = atMost(limit, places, rows)
    if (most === undefined) return []
    return [included ? value(most).min(extent.sub(1)).add(1) : value(most).min(extent)]
  })
  return counts.length === 0 ? undefined : counts.reduce((least, count) => least.min(count)).max(0)
}

/** Keys whose score is not −∞ are below `limit`, or at it where it is `included`. */
interface Limit {
  readonly limit: Expr
  readonly included: boolean
}

function limitsOf(score: Expr, key: Var): readonly Limit[] {
  if (score.kind !== 'select') return []
  const { cond, then, else: otherwise } = score
  if (isLowest(then)) return [...limitsWhere(cond, false, key), ...limitsOf(otherwise, key)]
  if (isLowest(otherwise)) return [...limitsWhere(cond, true, key), ...limitsOf(then, key)]
  return []
}

const isLowest = (score: Expr): boolean => score.kind === 'const' && score.value === Number.NEGATIVE_INFINITY

/** What a condition says of the key, where it is known whether it holds. */
function limitsWhere(cond: Expr, holds: boolean, key: Var): readonly Limit[] {
  if (cond.kind === 'unary' && cond.op === 'not') return limitsWhere(cond.value, !holds, key)
  if (cond.kind !== 'binary') return []
  const { op, left, right } = cond
  if (op === (holds ? 'and' : 'or')) return [left, right].flatMap((part) => limitsWhere(part, holds, key))
  if (op !== 'lt' && op !== 'le') return []
  const [low, high] = holds ? [left, right] : [right, left]
  return low === key ? [{ limit: high, included: (op === 'le') === holds }] : []
}

/** The most that a sum of places and sizes is, given the most that places of rows are; undefined for what may be anything else. */
function atMost(expr: Expr, places: ReadonlyMap<Var, Expr>, rows: ReadonlySet<Expr>): Expr | undefined {
  if (expr.kind === 'const' || expr.kind === 'size') return expr
  if (expr.kind === 'var') return places.get(expr)
  if (expr.kind !== 'binary' || (expr.op !== 'add' && expr.op !== 'sub')) return undefined
  if (expr.op === 'sub' && someExpr(expr.right, (node) => rows.has(node))) return undefined
  const [left, right] = [atMost(expr.left, places, rows), atMost(expr.right, places, rows)]
  if (left === undefined || right === undefined) return undefined
  return expr.op === 'add' ? add(left, right) : sub(left, right)
}

/** The largest place along each axis of the rows from `first` to `last`. */
function largestPlaces(axes: readonly Axis[], first: Value, last: Value): Bound {
  return axes.map((axis, d) => {
    const place = last.div(extentOf(axes.slice(d + 1)))
    if (sizeEquals(extentOf(axes.slice(0, d)), 1)) return [axis.var, place.expr] as const
    // Where rows go on along an axis before, places begin anew.
    const round = extentOf(axes.slice(d))
    const isOneRound = first.div(round).eq(last.div(round))
    return [axis.var, isOneRound.select(place.mod(axis.extent), value(sizeValue(axis.extent)).sub(1)).expr] as const
  })
}
