/**
 * Comparisons of linear forms: decided by ranges and known bounds where these suffice, else written with what the two
 * sides share cancelled, and without what cannot change the outcome:
 *
 *     a * c + r < b * c  =>  a < b        0 <= r < c, so that the guards of all lanes of a vector become equal
 *
 * `<` is about exact integers: both sides must be proven not to wrap. `==` holds modulo 2^32 and needs no such proof.
 */
import { binary, constant, type Expr, int } from '@tilewright/ir'
import { buildSum } from './build-sum.js'
import { type LinearForm, type LinearTerm, linearForm } from './linear-form.js'
import { atomMultipleOf } from './multiples.js'
import { combine, exactRange, interval, maximumOf, type RangeEnv, rangeOf } from './ranges.js'
import type { TermOrder } from './term-order.js'

export type Comparison = 'lt' | 'le' | 'eq' | 'ne'

/** `left op right` decided or written simpler; undefined where nothing is known. */
export function simplifyComparison(
  op: Comparison,
  left: Expr,
  right: Expr,
  env: RangeEnv,
  order: TermOrder,
): Expr | undefined {
  if (left.dtype === 'u32') return byRange(op, left, right, env)
  if (left.dtype !== 'i32') return undefined
  const [a, b] = [linearForm(left, env.context), linearForm(right, env.context)]
  if (op === 'eq' || op === 'ne') return equality(op, a, b, env, order)
  if (exactRange(a, env) === undefined || exactRange(b, env) === undefined) return undefined
  // left < right exactly when the difference is negative, left <= right when it is below 1.
  const difference = combine(a, b, -1)
  return negative(op === 'lt' ? difference : shifted(difference, -1), env, order)
}

const bool = (value: boolean): Expr => constant('bool', value)

function byRange(op: Comparison, left: Expr, right: Expr, env: RangeEnv): Expr | undefined {
  const [a, b] = [rangeOf(left, env), rangeOf(right, env)]
  if (op === 'lt') return a.max < b.min ? bool(true) : a.min >= b.max ? bool(false) : undefined
  if (op === 'le') return a.max <= b.min ? bool(true) : a.min > b.max ? bool(false) : undefined
  return a.max < b.min || b.max < a.min ? bool(op === 'ne') : undefined
}

const shifted = (form: LinearForm, by: number): LinearForm => ({ ...form, constant: form.constant + by })

/** -form, in exact integers. */
const negated = (form: LinearForm): LinearForm => combine({ constant: 0, terms: [] }, form, -1)

/** `form < 0` for an exact form; undefined when its two sides, written apart, might wrap. */
function negative(form: LinearForm, env: RangeEnv, order: TermOrder): Expr | undefined {
  if (maximumOf(form, env) < 0) return bool(true)
  if (maximumOf(negated(form), env) <= 0) return bool(false)
  const reduced = withoutSmallPart(form, env)
  const divisor = reduced.terms.reduce((g, term) => gcd(g, term.coefficient), reduced.constant)
  return writeNegative(divisor > 1 ? divided(reduced, divisor) : reduced, env, order)
}

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b))

/** g·y + r < 0 exactly when g·y < 0, for 0 <= r < g: drops r for the largest such g. */
function withoutSmallPart(form: LinearForm, env: RangeEnv): LinearForm {
  const multiple = (term: LinearTerm): number => Math.abs(term.coefficient) * atomMultipleOf(term.atom, env)
  const steps = new Set(form.terms.map(multiple))
  for (const [i, step] of [...steps].sort((a, b) => b - a).entries()) {
    // A step need not be one term's own: 12·a + 8·b + r moves in steps of 4.
    const common = [...steps].sort((a, b) => b - a).slice(0, i + 1)
    const g = common.reduce(gcd, step)
    if (g < 2 || !Number.isSafeInteger(g)) continue
    const big = form.terms.filter((term) => multiple(term) % g === 0)
    const constant = form.constant - Math.floor(form.constant / g) * g
    const small: LinearForm = { constant, terms: form.terms.filter((term) => multiple(term) % g !== 0) }
    if (small.terms.length === 0 && constant === 0) continue
    const range = interval(small, env)
    if (range.min >= 0 && range.max < g) return { constant: form.constant - constant, terms: big }
  }
  return form
}

const divided = ({ constant, terms }: LinearForm, by: number): LinearForm => ({
  constant: constant / by,
  terms: terms.map((term) => ({ ...term, coefficient: term.coefficient / by })),
})

/** The terms added on the left of a comparison, and those on its right, all with positive coefficients. */
function sides({ terms }: LinearForm): { readonly left: LinearForm; readonly right: LinearForm } {
  const right = terms.filter((term) => term.coefficient < 0)
  return {
    left: { constant: 0, terms: terms.filter((term) => term.coefficient > 0) },
    right: { constant: 0, terms: right.map((term) => ({ ...term, coefficient: -term.coefficient })) },
  }
}

/** Writes `form < 0` as a comparison of two sums. */
function writeNegative(form: LinearForm, env: RangeEnv, order: TermOrder): Expr | undefined {
  const { left, right } = sides(form)
  const { constant: offset } = form
  const compare = (op: 'lt' | 'le', a: LinearForm, b: LinearForm): Expr | undefined => {
    const exact = exactRange(a, env) !== undefined && exactRange(b, env) !== undefined
    return exact ? binary(op, buildSum(a, order), buildSum(b, order)) : undefined
  }
  if (right.terms.length === 0) return compare('lt', left, shifted(right, -offset))
  if (left.terms.length === 0) return compare('lt', shifted(left, offset), right)
  if (offset === -1) return compare('le', left, right)
  return offset < 0 ? compare('lt', left, shifted(right, -offset)) : compare('lt', shifted(left, offset), right)
}

function equality(op: 'eq' | 'ne', a: LinearForm, b: LinearForm, env: RangeEnv, order: TermOrder): Expr | undefined {
  const difference = combine(a, b, -1)
  if (difference.terms.length === 0) return bool((difference.constant | 0) === 0 ? op === 'eq' : op === 'ne')
  const max = maximumOf(difference, env)
  const min = -maximumOf(negated(difference), env)
  // Nearer to zero than 2^32, and not zero: not zero modulo 2^32 either.
  if ((min > 0 && max < 2 ** 32) || (max < 0 && min > -(2 ** 32))) return bool(op === 'ne')
  // Either sign is the same comparison: the first term stands on the left.
  const oriented = (difference.terms[0]?.coefficient ?? 0) < 0 ? negated(difference) : difference
  const { left, right } = sides(oriented)
  const offset = oriented.constant
  // What changes sides changes sign, which -2^31 cannot.
  const isMovable = (value: number): boolean => Math.abs(value) < 2 ** 31
  if (!isMovable(offset) || !oriented.terms.every((term) => isMovable(term.coefficient))) return undefined
  if (right.terms.length === 0) return binary(op, buildSum(left, order), int(-offset))
  if (offset < 0) return binary(op, buildSum(left, order), buildSum(shifted(right, -offset), order))
  return binary(op, buildSum(shifted(left, offset), order), buildSum(right, order))
}
