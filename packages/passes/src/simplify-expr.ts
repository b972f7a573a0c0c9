/**
 * Simplifies expressions bottom-up at one place of a kernel: children first, the right operand of `and` and `or` and the
 * arms of `select` with what their condition tells. Each node is visited once a place.
 */
import {
  binary,
  cast,
  constant,
  div,
  type Expr,
  evaluateBinary,
  isInteger,
  mapExpr,
  mod,
  mul,
  select,
  type Var,
} from '@tilewright/ir'
import { addForms, buildProduct, buildSum, groupTerms, sameTree, type TermGroups, writeSum } from './build-sum.js'
import { isPoint, type Range } from './interval.js'
import { type LinearForm, type LinearTerm, linearForm, linearKey, termsKey } from './linear-form.js'
import { applyRules, indexRules, type RuleFacts } from './match-rule.js'
import { assume, combine, exactRange, maximumOf, type RangeEnv, rangeOf } from './ranges.js'
import { simplifyComparison } from './simplify-comparisons.js'
import { simplifyDivision } from './simplify-quotients.js'
import { simplifyRules } from './simplify-rules.js'
import type { TermOrder } from './term-order.js'

/** A place in a kernel: what is known there, and what has been simplified. */
export interface Place {
  readonly env: RangeEnv
  readonly order: TermOrder
  /** Variables that stand for a constant or for another variable, shared by all places. */
  readonly aliases: Map<Var, Expr>
  readonly memo: Map<Expr, Expr>
  /** The sums written so far, by the key of their terms: those that differ by a constant are made of one. */
  readonly sums: Map<number, WrittenSum>
  readonly facts: RuleFacts
  /** The places where one more condition is known, by its key, negative where it is known to be false. */
  readonly inner: Map<number, Place>
}

/** What the terms of a sum have become. */
interface WrittenSum {
  readonly constant: number
  readonly terms: TermGroups
  /** Whether quotients and remainders were put together: the result is then to be simplified. */
  readonly isRecombined: boolean
}

export function placeIn(env: RangeEnv, order: TermOrder, aliases: Map<Var, Expr>): Place {
  return { env, order, aliases, memo: new Map(), sums: new Map(), facts: ruleFacts(env), inner: new Map() }
}

/** The same place with `condition` known to be `truth`. */
export function placeWhere(place: Place, condition: Expr, truth: boolean): Place {
  const key = linearKey(condition, place.env.context)
  const signed = truth ? key : -1 - key
  const known = place.inner.get(signed)
  if (known !== undefined) return known
  const env = assume(place.env, condition, truth)
  const inner = env === place.env ? place : placeIn(env, place.order, place.aliases)
  place.inner.set(signed, inner)
  return inner
}

/** An expression with the same value, simplified; the same object when nothing was gained. */
export function simplifyExpr(expr: Expr, place: Place): Expr {
  const known = place.memo.get(expr)
  if (known !== undefined) return known
  const result = isSum(expr) ? simplifySum(expr, place) : settle(withSimpleOperands(expr, place), place)
  place.memo.set(expr, result)
  place.memo.set(result, result)
  return result
}

function withSimpleOperands(expr: Expr, place: Place): Expr {
  if (expr.kind === 'var') return place.aliases.get(expr) ?? expr
  if (expr.kind === 'binary' && (expr.op === 'and' || expr.op === 'or')) {
    const left = simplifyExpr(expr.left, place)
    const right = simplifyExpr(expr.right, placeWhere(place, left, expr.op === 'and'))
    return left === expr.left && right === expr.right ? expr : binary(expr.op, left, right)
  }
  if (expr.kind === 'select') {
    const cond = simplifyExpr(expr.cond, place)
    if (cond.kind === 'const') return simplifyExpr(cond.value ? expr.then : expr.else, place)
    const then = simplifyExpr(expr.then, placeWhere(place, cond, true))
    const otherwise = simplifyExpr(expr.else, placeWhere(place, cond, false))
    const same = cond === expr.cond && then === expr.then && otherwise === expr.else
    return same ? expr : select(cond, then, otherwise)
  }
  return mapExpr(expr, (child) => simplifyExpr(child, place))
}

/** Applies what applies at the root until nothing does. */
function settle(expr: Expr, place: Place): Expr {
  if (expr.kind === 'const' || place.memo.get(expr) === expr) return expr
  const next = isSum(expr) ? simplifySum(expr, place) : step(expr, place)
  return next === undefined || sameTree(next, expr) ? expr : simplifyExpr(next, place)
}

const rules = indexRules(simplifyRules)

function step(expr: Expr, place: Place): Expr | undefined {
  const { env, order } = place
  if (expr.dtype === 'bool') {
    const known = env.conditions.size === 0 ? undefined : env.conditions.get(linearKey(expr, env.context))
    if (known !== undefined) return constant('bool', known)
  } else if (isInteger(expr.dtype)) {
    const range = rangeOf(expr, env)
    if (isPoint(range)) return constant(expr.dtype, range.min)
  }
  if (expr.kind === 'cast') return simplifyCast(expr.value, expr.dtype, env)
  if (expr.kind === 'binary') {
    const { op, left, right } = expr
    const folded = foldFloats(expr)
    if (folded !== undefined) return folded
    let better: Expr | undefined
    if (op === 'div' || op === 'mod') better = simplifyDivision({ op, left, right }, env, order)
    else if (op === 'lt' || op === 'le' || op === 'eq' || op === 'ne') {
      better = simplifyComparison(op, left, right, env, order)
    }
    if (better !== undefined && !sameTree(better, expr)) return better
  }
  const applied = applyRules(expr, rules, place.facts)
  if (applied !== undefined) return applied
  return expr.dtype === 'i32' && expr.kind === 'binary' && expr.op === 'mul' ? canonicalProduct(expr, place) : undefined
}

/** Whether an expression is a sum of other terms than itself. */
function isSum(expr: Expr): boolean {
  if (expr.dtype !== 'i32') return false
  if (expr.kind === 'unary') return expr.op === 'neg'
  if (expr.kind !== 'binary') return false
  const { op, left, right } = expr
  if (op === 'mul') return left.kind === 'const' || right.kind === 'const'
  return op === 'add' || op === 'sub' || (op === 'shl' && right.kind === 'const')
}

function ruleFacts(env: RangeEnv): RuleFacts {
  return {
    same: (a, b) => a === b || (a.dtype === b.dtype && linearKey(a, env.context) === linearKey(b, env.context)),
    range: (expr) => rangeOf(expr, env),
    atMost: (x, y, slack) => {
      if (x.dtype !== 'i32') return rangeOf(x, env).max + slack <= rangeOf(y, env).min
      const [a, b] = [linearForm(x, env.context), linearForm(y, env.context)]
      if (exactRange(a, env) === undefined || exactRange(b, env) === undefined) return false
      return maximumOf(combine(a, b, -1), env) + slack <= 0
    },
  }
}

/** Operations on f32 constants whose result is finite, and comparisons of numbers. */
function foldFloats(expr: Extract<Expr, { kind: 'binary' }>): Expr | undefined {
  const { op, left, right } = expr
  if (left.kind !== 'const' || right.kind !== 'const' || left.dtype !== 'f32') return undefined
  // Which zero min and max give is left to the device.
  if (op === 'min' || op === 'max') return undefined
  if (Number.isNaN(left.value) || Number.isNaN(right.value)) return undefined
  const folded = evaluateBinary(op, left, right)
  return folded !== undefined && (folded.dtype === 'bool' || Number.isFinite(folded.value)) ? folded : undefined
}

/** All integers up to 2^24 are f32 values. */
const exactFloat: Range = { min: -(2 ** 24), max: 2 ** 24 }

function simplifyCast(value: Expr, to: Expr['dtype'], env: RangeEnv): Expr | undefined {
  if (to === 'bool' && isInteger(value.dtype)) {
    const { min, max } = rangeOf(value, env)
    if (min > 0 || max < 0) return constant('bool', true)
  }
  if (value.kind !== 'cast') return undefined
  const { value: source } = value
  // Between integers a conversion keeps all bits.
  if (isInteger(source.dtype) && isInteger(value.dtype) && isInteger(to)) return cast(to, source)
  if (to === 'bool' && source.dtype === 'bool') return source
  if (source.dtype !== to || value.dtype !== 'f32') return undefined
  const { min, max } = isInteger(to) ? rangeOf(source, env) : { min: -Infinity, max: Infinity }
  return min >= exactFloat.min && max <= exactFloat.max ? source : undefined
}

/**
 * A sum in its canonical order. Its terms are simplified and put together at once, not the sums inside it one by one, and
 * what it becomes without its constant is found once for all sums of those terms.
 */
function simplifySum(expr: Expr, place: Place): Expr {
  const { env } = place
  const form = simpleTerms(linearForm(expr, env.context), place)
  const range = exactRange(form, env)
  if (range !== undefined && isPoint(range)) return constant('i32', range.min)
  const key = termsKey(form, env.context)
  const sum = place.sums.get(key) ?? writtenSum(form, place)
  place.sums.set(key, sum)
  const result = writeSum(sum.terms, (sum.constant + form.constant) | 0)
  if (sameTree(result, expr)) return expr
  return sum.isRecombined ? simplifyExpr(result, place) : result
}

/** The form of the same value whose atoms are simple. */
function simpleTerms(form: LinearForm, place: Place): LinearForm {
  const { context } = place.env
  if (form.terms.every(({ atom }) => simplifyExpr(atom, place) === atom)) return form
  let sum: LinearForm = { constant: form.constant, terms: [] }
  for (const { atom, coefficient } of form.terms) {
    sum = addForms(sum, linearForm(simplifyExpr(atom, place), context), coefficient)
  }
  return { ...sum, terms: sum.terms.toSorted((a, b) => a.key - b.key) }
}

function writtenSum({ terms }: LinearForm, place: Place): WrittenSum {
  const form: LinearForm = { constant: 0, terms }
  const better = recombined(form, place)
  return { constant: better.constant, terms: groupTerms(better.terms, place.order), isRecombined: better !== form }
}

/** A product in its canonical order. */
function canonicalProduct(expr: Expr, { env, order }: Place): Expr {
  const { coefficient, factors } = factorsOf(expr, env)
  const product = buildProduct(factors, order)
  const key = linearKey(product, env.context)
  return buildSum({ constant: 0, terms: [{ coefficient, atom: product, key }] }, order)
}

/** The factors of a product that are not constant, and the product of those that are. */
function factorsOf(expr: Expr, env: RangeEnv): { readonly coefficient: number; readonly factors: readonly Expr[] } {
  if (expr.kind === 'binary' && expr.op === 'mul') {
    const [a, b] = [factorsOf(expr.left, env), factorsOf(expr.right, env)]
    return { coefficient: Math.imul(a.coefficient, b.coefficient), factors: [...a.factors, ...b.factors] }
  }
  if (expr.kind === 'const') return { coefficient: Number(expr.value), factors: [] }
  return { coefficient: 1, factors: [expr] }
}

/**
 * Puts quotients and remainders together again.
 *
 *     x / c * c + x % c  =>  x            x / c % d * c + x % c  =>  x % (c * d)        c and d positive constants
 */
function recombined(form: LinearForm, place: Place): LinearForm {
  const { context } = place.env
  for (const term of form.terms) {
    const { atom, coefficient } = term
    if (atom.kind !== 'binary' || atom.op !== 'mod' || form.terms.length < 2) continue
    const { left: x, right: c } = atom
    const quotient = simplifyExpr(div(x, c), place)
    const key = linearKey(quotient, context)
    const without = (other: LinearTerm, by: LinearForm): LinearForm => {
      const rest = form.terms.filter((each) => each !== term && each !== other)
      return recombined(addForms({ ...form, terms: rest }, by, coefficient), place)
    }
    if (c.kind !== 'const') {
      const whole = linearKey(simplifyExpr(mul(quotient, c), place), context)
      const other = form.terms.find((each) => each.key === whole && each.coefficient === coefficient)
      if (other !== undefined) return without(other, linearForm(x, context))
      continue
    }
    const step = Math.imul(coefficient, Number(c.value))
    const other = form.terms.find((each) => each.key === key && each.coefficient === step)
    if (other !== undefined) return without(other, linearForm(x, context))
    for (const digit of form.terms) {
      const { atom: next } = digit
      if (digit.coefficient !== step || next.kind !== 'binary' || next.op !== 'mod') continue
      const product = next.right.kind === 'const' ? Number(c.value) * Number(next.right.value) : 0
      const isNext = linearKey(next.left, context) === key && Number(c.value) > 0 && product > 0 && product < 2 ** 31
      if (isNext) return without(digit, linearForm(mod(x, constant('i32', product)), context))
    }
  }
  return form
}
