/**
 * Sizes as polynomials: sums of products of parameters and of what is no sum or product (quotients, remainders, minima,
 * maxima). Two sizes of one polynomial have one value, whatever their form; this is how equal sizes are found, and what
 * cancels in a difference or a quotient. Nothing here relies on a difference being non-negative.
 */
import type { SizeExpr, SizeOp } from './size.js'

/** Neither a number nor a sum, a difference or (unless it has too many terms) a product. */
interface Factor {
  readonly size: SizeExpr
  /** Made once: whoever asks a quotient for its key asks all that it is made of. */
  readonly key: string
}

/** coefficient · factors. */
interface Term {
  readonly coefficient: number
  readonly factors: readonly Factor[]
}

/** Terms by the key of their factors; no coefficient is 0. */
export type Polynomial = ReadonlyMap<string, Term>

/** A product of sums of more terms than this is kept as it stands. */
const mostTerms = 16

/** The polynomial of a size. */
export function polynomialOf(expr: SizeExpr): Polynomial {
  if (typeof expr === 'number') return ofTerms([{ coefficient: expr, factors: [] }])
  if (expr.kind === 'size') return atom(expr)
  switch (expr.op) {
    case 'add':
      return sum(polynomialOf(expr.left), polynomialOf(expr.right), 1)
    case 'sub':
      return sum(polynomialOf(expr.left), polynomialOf(expr.right), -1)
    case 'mul':
      return product(polynomialOf(expr.left), polynomialOf(expr.right)) ?? atom(expr)
    default:
      return atom(expr)
  }
}

/** left − right. */
export function difference(left: SizeExpr, right: SizeExpr): Polynomial {
  return sum(polynomialOf(left), polynomialOf(right), -1)
}

/** dividend / divisor where that is a polynomial: the divisor is one term that divides each of the dividend's. */
export function exactQuotient(dividend: Polynomial, divisor: Polynomial): Polynomial | undefined {
  const [by, second] = divisor.values()
  if (by === undefined || second !== undefined || by.coefficient < 1) return undefined
  const terms: Term[] = []
  for (const { coefficient, factors } of dividend.values()) {
    if (coefficient % by.coefficient !== 0) return undefined
    const rest = [...factors]
    for (const factor of by.factors) {
      const at = rest.findIndex((one) => one.key === factor.key)
      if (at < 0) return undefined
      rest.splice(at, 1)
    }
    terms.push({ coefficient: coefficient / by.coefficient, factors: rest })
  }
  return ofTerms(terms)
}

/** A size with the value of a polynomial: what is added first, then the constant, then what is subtracted. */
export function sizeOf(polynomial: Polynomial): SizeExpr {
  const terms = [...polynomial.values()]
  const constant = terms.find(({ factors }) => factors.length === 0)?.coefficient ?? 0
  const symbolic = terms.filter(({ factors }) => factors.length > 0)
  const added = symbolic.filter(({ coefficient }) => coefficient > 0).map(monomial)
  if (constant > 0) added.push(constant)
  const subtracted = symbolic.filter(({ coefficient }) => coefficient < 0).map(monomial)
  if (constant < 0) subtracted.push(-constant)
  const [first, ...others] = added
  if (first === undefined && symbolic.length === 0) return constant
  const start = others.reduce<SizeExpr>((left, right) => node('add', left, right), first ?? 0)
  return subtracted.reduce<SizeExpr>((left, right) => node('sub', left, right), start)
}

/** The interval that a polynomial lies in by the facts of its parameters: inclusive, and below zero where it may be. */
export function polynomialRange(polynomial: Polynomial): Range {
  let range: Range = { min: 0, max: 0 }
  for (const { coefficient, factors } of polynomial.values()) {
    const term = factors.reduce((product, factor) => times(product, valueRange(factor.size)), point(coefficient))
    range = { min: range.min + term.min, max: range.max + term.max }
  }
  return range
}

/** Equal for equal polynomials, and only for them. */
export function keyOf(expr: SizeExpr): string {
  if (typeof expr === 'number') return String(expr)
  if (expr.kind === 'size') return `${JSON.stringify(expr.name)}:${expr.min}:${expr.max}:${expr.multipleOf}`
  if (expr.op === 'add' || expr.op === 'sub' || expr.op === 'mul') return polynomialKey(polynomialOf(expr))
  const operands = [keyOf(expr.left), keyOf(expr.right)]
  if (expr.op === 'min' || expr.op === 'max') operands.sort(order)
  return `${expr.op}(${operands.join()})`
}

export interface Range {
  readonly min: number
  readonly max: number
}

/** As `sizeRange`, but a difference may be negative. */
function valueRange(expr: SizeExpr): Range {
  if (typeof expr === 'number') return { min: expr, max: expr }
  if (expr.kind === 'size') {
    const { multipleOf: m } = expr
    return { min: Math.ceil(expr.min / m) * m, max: Math.floor(expr.max / m) * m }
  }
  if (expr.op === 'add' || expr.op === 'sub' || (expr.op === 'mul' && !isKept(expr))) {
    return polynomialRange(polynomialOf(expr))
  }
  const [left, right] = [valueRange(expr.left), valueRange(expr.right)]
  switch (expr.op) {
    case 'mul':
      return times(left, right)
    case 'min':
      return { min: Math.min(left.min, right.min), max: Math.min(left.max, right.max) }
    case 'max':
      return { min: Math.max(left.min, right.min), max: Math.max(left.max, right.max) }
    // What is divided is not negative: that would be an error of the run.
    case 'div':
      return { min: Math.floor(Math.max(0, left.min) / Math.max(1, right.max)), max: left.max / Math.max(1, right.min) }
    case 'ceil-div':
      return {
        min: Math.ceil(Math.max(0, left.min) / Math.max(1, right.max)),
        max: Math.ceil(left.max / Math.max(1, right.min)),
      }
    case 'mod':
      return { min: 0, max: Math.max(0, Math.min(left.max, right.max - 1)) }
  }
}

/** Whether a product has too many terms, so that it is a factor of its own. */
function isKept(expr: SizeExpr): boolean {
  const [term] = polynomialOf(expr).values()
  return term?.factors[0]?.size === expr
}

const point = (value: number): Range => ({ min: value, max: value })

function times(a: Range, b: Range): Range {
  const corners = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max]
  return { min: Math.min(...corners), max: Math.max(...corners) }
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const node = (op: SizeOp, left: SizeExpr, right: SizeExpr): SizeExpr => ({ kind: 'size-op', op, left, right })

function monomial({ coefficient, factors }: Term): SizeExpr {
  const symbolic = factors.map((factor) => factor.size).reduce((left, right) => node('mul', left, right))
  const times = Math.abs(coefficient)
  return times === 1 ? symbolic : node('mul', symbolic, times)
}

const atom = (expr: SizeExpr): Polynomial =>
  ofTerms([{ coefficient: 1, factors: [{ size: expr, key: atomKey(expr) }] }])

function ofTerms(terms: readonly Term[]): Polynomial {
  const byKey = new Map<string, Term>()
  for (const { coefficient, factors } of terms) {
    const key = factors
      .map((factor) => factor.key)
      .sort(order)
      .join('*')
    const total = (byKey.get(key)?.coefficient ?? 0) + coefficient
    if (total === 0) byKey.delete(key)
    else byKey.set(key, { coefficient: total, factors: byKey.get(key)?.factors ?? factors })
  }
  return byKey
}

/** A factor is no number, so that its key is not that of a sum. A product kept as it stands has one of its own. */
function atomKey(expr: SizeExpr): string {
  if (typeof expr === 'number' || expr.kind === 'size' || expr.op !== 'mul') return keyOf(expr)
  return `mul(${keyOf(expr.left)},${keyOf(expr.right)})`
}

function polynomialKey(polynomial: Polynomial): string {
  const terms = [...polynomial].map(([key, { coefficient }]) =>
    key === '' ? `${coefficient}` : `${coefficient}*${key}`,
  )
  const [only, second] = terms
  if (only === undefined) return '0'
  // A single parameter has the key of itself.
  if (second === undefined && only.startsWith('1*')) return only.slice(2)
  return second === undefined ? only : `(${terms.sort(order).join('+')})`
}

function sum(left: Polynomial, right: Polynomial, sign: 1 | -1): Polynomial {
  const signed = [...right.values()].map(({ coefficient, factors }) => ({ coefficient: sign * coefficient, factors }))
  return ofTerms([...left.values(), ...signed])
}

/** Undefined for too many terms, and for coefficients that are not exact. */
function product(left: Polynomial, right: Polynomial): Polynomial | undefined {
  if (left.size * right.size > mostTerms) return undefined
  const terms = [...left.values()].flatMap((a) =>
    [...right.values()].map((b) => ({
      coefficient: a.coefficient * b.coefficient,
      factors: [...a.factors, ...b.factors],
    })),
  )
  return terms.every(({ coefficient }) => Number.isSafeInteger(coefficient)) ? ofTerms(terms) : undefined
}
