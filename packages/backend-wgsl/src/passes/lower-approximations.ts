/**
 * Replaces what drivers compute too loosely, or WGSL lacks, by our own approximations, which keep the bounds of the IR:
 * 1e-6 relative error plus 1e-7 absolute, or as said below.
 *
 * - `exp`: WGSL allows an error that grows with the argument, and implementations use it (2^(x·log2 e) with a rounded
 *   product). Positive arguments are reduced first: e^x = 2^n · e^(x − n·ln 2), with ln 2 in two parts (Cody and Waite).
 *   Below zero the absolute bound is wide enough.
 * - `tanh`: errors up to 1e-3 near zero on software adapters. An odd polynomial up to 0.625 (coefficients of Cephes'
 *   tanhf, S. Moshier), 1 − 2 / (e^2x + 1) above.
 * - `erf`, which WGSL lacks: the Taylor polynomial up to 1; above, 1 − e^(-x²)·p(1 / (1 + cx)), formula 7.1.26 of Abramowitz
 *   and Stegun.
 * - `pow`, which WGSL has for positive bases only: |x|^y = e^(y·ln|x|), with the sign by the parity of y.
 * - f32 to integer: WGSL clamps to the largest f32 below 2^31 or 2^32, the IR to the largest integer.
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
  type FloatFunction,
  floatFunctions,
  int,
  lt,
  mul,
  type Pass,
  select,
  sub,
  unary,
} from '@tilewright/ir'
import { type Bind, expandExpressions } from './expand-expressions.js'

const f32 = (value: number): Expr => constant('f32', value)

export const lowerApproximations: Pass = definePass('lower-approximations', {}, (kernel) => {
  const body = expandExpressions(kernel.body, {
    matches: (node) => isFloatFunction(node) || isPower(node) || isFloatToInteger(node),
    expand: (node, bind) => {
      if (isFloatToInteger(node)) return clampedCast(node.dtype, bind('x', node.value))
      if (isPower(node)) return power(node, bind)
      if (!isFloatFunction(node)) return node
      const { op, value } = node
      // WGSL refuses constant expressions that overflow.
      if (value.kind === 'const') return f32(floatFunctions[op](Number(value.value)))
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
const approximations: Readonly<Partial<Record<FloatFunction, (x: Expr, bind: Bind) => Expr>>> = { exp, tanh, erf }

function isFloatToInteger(node: Expr): node is Extract<Expr, { readonly kind: 'cast' }> {
  return node.kind === 'cast' && node.value.dtype === 'f32' && (node.dtype === 'i32' || node.dtype === 'u32')
}

function clampedCast(dtype: Expr['dtype'], x: Expr): Expr {
  const end = dtype === 'i32' ? 2 ** 31 : 2 ** 32
  return select(lt(x, f32(end)), cast(dtype, x), constant(dtype, end - 1))
}

/** The leading bits of ln 2, of which any multiple up to 128 is exact, and the rest. */
const ln2High = 0.693359375
const ln2Low = Math.LN2 - ln2High

function exp(x: Expr, bind: Bind): Expr {
  const whole = cast('i32', binary('max', mul(x, f32(Math.LOG2E)), f32(0)))
  // 2^128 is no f32; above, e^(x − 127·ln 2) makes the product overflow as it should.
  const n = bind('n', binary('min', whole, int(127)))
  const multiple = bind('multiple', cast('f32', n))
  const rest = sub(sub(x, mul(multiple, f32(ln2High))), mul(multiple, f32(ln2Low)))
  const bit = (of: number): Expr => select(binary('ne', binary('bit-and', n, int(of)), int(0)), f32(2 ** of), f32(1))
  const low = cast('f32', binary('shl', constant('u32', 1), cast('u32', binary('bit-and', n, int(31)))))
  return mul(mul(mul(unary('exp', rest), low), bit(32)), bit(64))
}

/** Of x³, x⁵, …, x¹¹. */
const tanhCoefficients = [-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3]

function tanh(x: Expr, bind: Bind): Expr {
  const square = bind('square', mul(x, x))
  const polynomial = horner(square, tanhCoefficients)
  const small = add(x, mul(mul(x, square), polynomial))

  const magnitude = bind('magnitude', unary('abs', x))
  const exponential = unary('exp', mul(magnitude, f32(2)))
  // From 10 on, tanh is 1 as an f32, long before the exponential overflows.
  const positive = sub(f32(1), div(f32(2), add(exponential, f32(1))))
  const large = bind('large', select(lt(f32(10), magnitude), f32(1), positive))
  return select(lt(magnitude, f32(0.625)), small, select(lt(x, f32(0)), unary('neg', large), large))
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

/** The polynomial with these coefficients, the constant one first. */
function horner(x: Expr, coefficients: readonly number[]): Expr {
  return coefficients.map(f32).reduceRight((sum, coefficient) => add(mul(sum, x), coefficient))
}
