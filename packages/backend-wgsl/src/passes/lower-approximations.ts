/**
 * Replaces what drivers compute too loosely, or WGSL lacks, by our own approximations, which keep the bounds of the IR:
 * 1e-6 relative error plus 1e-7 absolute, or as said below.
 *
 * - `exp`: WGSL allows an error that grows with the argument, and implementations use it (2^(x·log2 e) with a rounded
 *   product). Positive arguments are reduced first (approximation.ts). Below zero the absolute bound is wide enough. So it
 *   is for c / (d + e^x), a logistic function with |c| <= 1 <= d: where e^x is loose, the quotient is small.
 * - Circular functions, whose built-in forms have absolute bounds, and of small arguments only (circular.ts); hyperbolic
 *   ones, which inherit all that is loose (hyperbolic.ts).
 * - `erf`, which WGSL lacks: the Taylor polynomial up to 1; above, 1 − e^(-x²)·p(1 / (1 + cx)), formula 7.1.26 of Abramowitz
 *   and Stegun.
 * - `log`: WGSL leaves open what it is of zero and below, and software adapters give numbers.
 * - `pow`, which WGSL has for positive bases only: |x|^y = e^(y·ln|x|), with the sign by the parity of y.
 * - f32 to integer: WGSL clamps to the largest f32 below 2^31 or 2^32, the IR to the largest integer.
 * - u32 to f32: WGSL may round either way, and software adapters round numbers from 2^31 on twice. Both halves of the number
 *   are exact, and so is all but the sum of them.
 */
import {
  add,
  type Binary,
  binary,
  cast,
  constant,
  definePass,
  div,
  type Expr,
  evaluateBinary,
  exprChildren,
  type FloatFunction,
  floatFunctions,
  type Kernel,
  lt,
  mul,
  type Pass,
  select,
  sub,
  unary,
  walkExprs,
} from '@tilewright/ir'
import { type Approximation, exp, f32, horner, log } from './approximation.js'
import { circular } from './circular.js'
import { type Bind, expandExpressions } from './expand-expressions.js'
import { hyperbolic } from './hyperbolic.js'

export const lowerApproximations: Pass = definePass('lower-approximations', {}, (kernel) => {
  const body = expandExpressions(kernel.body, {
    keeps: looseExps(kernel),
    matches: (node) => isFloatFunction(node) || isPower(node) || isLooseCast(node),
    expand: (node, bind) => {
      if (isLooseCast(node)) {
        const x = bind('x', node.value)
        return x.dtype === 'f32' ? clampedCast(node.dtype, x) : sumOfHalves(x)
      }
      if (isPower(node)) return power(node, bind)
      if (!isFloatFunction(node)) return node
      const { op, value } = node
      // WGSL refuses constant expressions that overflow.
      if (value.kind === 'const') return f32(floatFunctions[op](Number(value.value)))
      if (op === 'exp' && isBelowOne(value)) return node
      const approximation = approximations[op]
      return approximation === undefined ? node : approximation(bind('x', value), bind)
    },
  })
  return body === kernel.body ? kernel : { ...kernel, body }
})

type Unary = Extract<Expr, { readonly kind: 'unary' }>

function isFloatFunction(node: Expr): node is Unary & { readonly op: FloatFunction } {
  return node.kind === 'unary' && node.op !== 'neg' && node.op !== 'not' && node.op !== 'abs'
}

function isPower(node: Expr): node is Binary {
  return node.kind === 'binary' && node.op === 'pow'
}

/** Of the functions whose built-in form does not keep the bound. */
const approximations: Readonly<Partial<Record<FloatFunction, Approximation>>> = {
  exp,
  erf,
  log,
  ...circular,
  ...hyperbolic,
}

/** Casts of f32 to integers, and of u32 to f32 but of numbers that are evidently below 2^31. */
function isLooseCast(node: Expr): node is Extract<Expr, { readonly kind: 'cast' }> {
  if (node.kind !== 'cast') return false
  if (node.value.dtype === 'f32') return node.dtype === 'i32' || node.dtype === 'u32'
  return node.value.dtype === 'u32' && node.dtype === 'f32' && !isSmall(node.value)
}

/** Whether a u32 is evidently below 2^31. */
function isSmall(value: Expr): boolean {
  if (value.kind === 'load') return value.buffer.dtype === 'u8'
  if (value.kind !== 'binary' || value.right.kind !== 'const') return false
  const right = Number(value.right.value)
  return (value.op === 'shr' && (right & 31) > 0) || (value.op === 'bit-and' && right < 2 ** 31)
}

function clampedCast(dtype: Expr['dtype'], x: Expr): Expr {
  const end = dtype === 'i32' ? 2 ** 31 : 2 ** 32
  return select(lt(x, f32(end)), cast(dtype, x), constant(dtype, end - 1))
}

function sumOfHalves(x: Expr): Expr {
  const upper = cast('f32', binary('shr', x, constant('u32', 16)))
  return add(mul(upper, f32(65536)), cast('f32', binary('bit-and', x, constant('u32', 65535))))
}

/** Whether an argument is evidently so small that the function built in keeps the bound. */
function isBelowOne(value: Expr): boolean {
  if (value.kind === 'unary') return value.op === 'neg' && value.value.kind === 'unary' && value.value.op === 'abs'
  return value.kind === 'binary' && value.op === 'min' && value.right.kind === 'const' && Number(value.right.value) <= 1
}

/** The exponentials that stand in a logistic function and nowhere else. */
function looseExps({ body }: Kernel): ReadonlySet<Expr> {
  const uses = new Map<Expr, number>()
  const logistics: Logistic[] = []
  walkExprs(body, (node) => {
    for (const child of exprChildren(node)) uses.set(child, (uses.get(child) ?? 0) + 1)
    const logistic = matchLogistic(node)
    if (logistic !== undefined) logistics.push(logistic)
  })
  const isUsedOnce = (node: Expr): boolean => uses.get(node) === 1
  const loose = logistics.filter(({ sum, exponential }) => isUsedOnce(sum) && isUsedOnce(exponential))
  return new Set(loose.map(({ exponential }) => exponential))
}

interface Logistic {
  readonly sum: Expr
  readonly exponential: Expr
}

/** The parts of c / (d + e^x) with |c| <= 1 <= d. */
function matchLogistic(node: Expr): Logistic | undefined {
  if (node.kind !== 'binary' || node.op !== 'div' || node.left.kind !== 'const') return undefined
  const { left, right: sum } = node
  if (Math.abs(Number(left.value)) > 1 || sum.kind !== 'binary' || sum.op !== 'add') return undefined
  const [constantPart, exponential] = sum.left.kind === 'const' ? [sum.left, sum.right] : [sum.right, sum.left]
  const isExp = exponential.kind === 'unary' && exponential.op === 'exp'
  return isExp && constantPart.kind === 'const' && Number(constantPart.value) >= 1 ? { sum, exponential } : undefined
}

/** Of 1, x², x⁴, … in erf(x) / x: (2/√π)·(−1)ⁿ / (n!·(2n + 1)). */
const erfCoefficients = Array.from({ length: 10 }, (_, n) => {
  const factorial = Array.from({ length: n }, (__, i) => i + 1).reduce((product, i) => product * i, 1)
  return ((2 / Math.sqrt(Math.PI)) * (-1) ** n) / (factorial * (2 * n + 1))
})

/** Of t, t², …, t⁵. */
const erfTailCoefficients = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429]

function erf(x: Expr, bind: Bind): Expr {
  const square = bind('square', mul(x, x))
  const small = mul(x, horner(square, erfCoefficients))

  // From 4 on, erf is 1 as an f32.
  const magnitude = bind('magnitude', binary('min', unary('abs', x), f32(4)))
  const t = bind('t', div(f32(1), add(mul(magnitude, f32(0.3275911)), f32(1))))
  const tail = mul(mul(horner(t, erfTailCoefficients), t), unary('exp', unary('neg', mul(magnitude, magnitude))))
  const large = bind('large', sub(f32(1), tail))
  return select(lt(magnitude, f32(1)), small, select(lt(x, f32(0)), unary('neg', large), large))
}

function power({ left, right }: Binary, bind: Bind): Expr {
  if (left.kind === 'const' && right.kind === 'const') return evaluateBinary('pow', left, right) ?? f32(Number.NaN)
  const [x, y] = [bind('x', left), bind('y', right)]
  const exponent = mul(y, unary('log', unary('abs', x)))
  const positive = bind('positive', exp(bind('exponent', exponent), bind))
  const half = mul(y, f32(0.5))
  const isOdd = binary('ne', unary('floor', half), half)
  const signed = select(isOdd, unary('neg', positive), positive)
  const ofNegative = select(binary('eq', unary('floor', y), y), signed, f32(Number.NaN))
  const ofZero = select(lt(y, f32(0)), f32(Number.POSITIVE_INFINITY), f32(0))
  const value = select(binary('eq', x, f32(0)), ofZero, select(lt(x, f32(0)), ofNegative, positive))
  return select(binary('eq', y, f32(0)), f32(1), value)
}
