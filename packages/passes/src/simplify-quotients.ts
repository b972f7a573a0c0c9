/**
 * Division of linear forms.
 *
 *     (e * c + r) / c  =>  e + r / c          (e * c + r) % c  =>  r % c
 *     (e * g + r) / c  =>  e / (c / g)        (e * g + r) % c  =>  e % (c / g) * g + r      g divides c, 0 <= r < g
 *
 * `/` truncates, so all of this holds only where the dividend and r are not negative and nothing wraps: both are proven
 * by ranges. The divisor may be a size: r < N comes from a loop of extent N or from a guard.
 */
import { div, type Expr, int, mod, mul } from '@tilewright/ir'
import { addForms, buildProduct, buildSum } from './build-sum.js'
import { product, typeRange, within } from './interval.js'
import { type LinearForm, type LinearTerm, linearForm, linearKey } from './linear-form.js'
import { atomMultipleOf } from './multiples.js'
import { combine, exactRange, interval, maximumOf, type RangeEnv, rangeOf } from './ranges.js'
import type { TermOrder } from './term-order.js'

/** What a division becomes: a sum of terms and of one more division, itself to be simplified. */
export interface Division {
  readonly op: 'div' | 'mod'
  readonly left: Expr
  readonly right: Expr
}

/** `left op right` written simpler; undefined where nothing is gained. The result is not simplified further. */
export function simplifyDivision(division: Division, env: RangeEnv, order: TermOrder): Expr | undefined {
  const { left, right } = division
  if (left.dtype !== 'i32') return undefined
  const dividend = linearForm(left, env.context)
  const range = exactRange(dividend, env)
  if (range === undefined || dividend.terms.length === 0) return undefined
  if (right.kind !== 'const') return range.min < 0 ? undefined : bySize(division, dividend, env, order)
  const divisor = Number(right.value)
  if (divisor < 2) return undefined
  return range.min < 0
    ? byCommonFactor(division.op, dividend, divisor, order)
    : byConstant(division, dividend, divisor, env, order)
}

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b))

/** g·y / (g·d) = y / d and g·y % (g·d) = (y % d)·g, whatever the sign of y. */
function byCommonFactor(op: 'div' | 'mod', form: LinearForm, divisor: number, order: TermOrder): Expr | undefined {
  const common = form.terms.reduce((g, term) => gcd(g, term.coefficient), gcd(divisor, form.constant))
  if (common < 2) return undefined
  const inner = buildSum(divided(form, common), order)
  return op === 'div' ? div(inner, int(divisor / common)) : timesMod(inner, divisor / common, common)
}

const timesMod = (inner: Expr, divisor: number, factor: number): Expr => mul(mod(inner, int(divisor)), int(factor))

const divided = ({ constant, terms }: LinearForm, by: number): LinearForm => ({
  constant: constant / by,
  terms: terms.map((term) => ({ ...term, coefficient: term.coefficient / by })),
})

/** The part of a form that `by` divides, and the rest, whose constant is in [0, by). */
function split(
  form: LinearForm,
  by: number,
  divides: (term: LinearTerm) => boolean,
): { readonly whole: LinearForm; readonly rest: LinearForm } {
  const constant = form.constant - Math.floor(form.constant / by) * by
  return {
    whole: { constant: form.constant - constant, terms: form.terms.filter(divides) },
    rest: { constant, terms: form.terms.filter((term) => !divides(term)) },
  }
}

function byConstant(
  { op, right }: Division,
  form: LinearForm,
  divisor: number,
  env: RangeEnv,
  order: TermOrder,
): Expr | undefined {
  // The whole divisor: what it divides leaves the division.
  const divides = (term: LinearTerm): boolean => term.coefficient % divisor === 0
  // A remainder ignores what is a multiple by its facts, even where no quotient of it can be written.
  const isMultiple = (term: LinearTerm): boolean => (term.coefficient * atomMultipleOf(term.atom, env)) % divisor === 0
  const { whole, rest } = split(form, divisor, op === 'div' ? divides : isMultiple)
  const remaining = exactRange(rest, env)
  const gains = whole.terms.length > 0 || whole.constant !== 0
  if (gains && remaining !== undefined && remaining.min >= 0) {
    const kept = buildSum(rest, order)
    if (op === 'mod') return mod(kept, right)
    const quotient = buildSum(divided(whole, divisor), order)
    return remaining.max < divisor ? quotient : sum(quotient, div(kept, right), env, order)
  }
  // A factor of the divisor: what stays below it leaves the division.
  const factors = new Set(form.terms.map((term) => gcd(divisor, term.coefficient)))
  for (const factor of [...factors].sort((a, b) => b - a)) {
    if (factor < 2 || factor === divisor) continue
    const { whole, rest } = split(form, factor, (term) => term.coefficient % factor === 0)
    const small = interval(rest, env)
    if (small.min < 0 || small.max >= factor) continue
    const inner = buildSum(divided(whole, factor), order)
    if (op === 'div') return div(inner, int(divisor / factor))
    return sum(timesMod(inner, divisor / factor, factor), buildSum(rest, order), env, order)
  }
  return undefined
}

/** a + b, in canonical order. */
function sum(a: Expr, b: Expr, env: RangeEnv, order: TermOrder): Expr {
  return buildSum(addForms(linearForm(a, env.context), linearForm(b, env.context), 1), order)
}

/** Divisors that are not constant: c·N for an atom N of the dividend's terms or of products in them. */
function bySize({ op, right }: Division, form: LinearForm, env: RangeEnv, order: TermOrder): Expr | undefined {
  const divisor = linearForm(right, env.context)
  const [unit] = divisor.terms
  if (unit === undefined || divisor.terms.length > 1 || divisor.constant !== 0 || rangeOf(right, env).min < 1) {
    return undefined
  }
  const quotients: LinearTerm[] = []
  const rest: LinearTerm[] = []
  let constant = 0
  for (const term of form.terms) {
    const cofactor = term.coefficient % unit.coefficient === 0 ? cofactorOf(term.atom, unit.key, env) : undefined
    const coefficient = term.coefficient / unit.coefficient
    if (cofactor === undefined) rest.push(term)
    else if (cofactor.length === 0) constant += coefficient
    else {
      const atom = buildProduct(cofactor, order)
      quotients.push({ coefficient, atom, key: linearKey(atom, env.context) })
    }
  }
  if (quotients.length === 0 && constant === 0) return undefined
  const remainder: LinearForm = { constant: form.constant, terms: rest }
  const range = exactRange(remainder, env)
  if (range === undefined || range.min < 0) return undefined
  const isSmall = maximumOf(combine(remainder, divisor, -1), env) < 0
  const remaining = buildSum(remainder, order)
  if (op === 'mod') return isSmall ? remaining : mod(remaining, right)
  const quotient = buildSum({ constant, terms: quotients }, order)
  return isSmall ? quotient : sum(quotient, div(remaining, right), env, order)
}

/** The other factors of a product that has the factor `key`; undefined when it has not, or when the product may wrap. */
function cofactorOf(atom: Expr, key: number, env: RangeEnv): readonly Expr[] | undefined {
  if (linearKey(atom, env.context) === key) return []
  if (atom.kind !== 'binary' || atom.op !== 'mul') return undefined
  if (!within(product(rangeOf(atom.left, env), rangeOf(atom.right, env)), typeRange('i32'))) return undefined
  const left = cofactorOf(atom.left, key, env)
  if (left !== undefined) return [...left, atom.right]
  const right = cofactorOf(atom.right, key, env)
  return right === undefined ? undefined : [atom.left, ...right]
}
