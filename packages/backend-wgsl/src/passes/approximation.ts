/** What approximations of functions are made of: polynomials, the exponential and the logarithm. */
import { add, binary, cast, constant, type Expr, int, lt, mul, select, sub, unary } from '@tilewright/ir'
import type { Bind } from './expand-expressions.js'

/** A function of an f32, in terms that WGSL computes within the bounds of the IR. */
export type Approximation = (x: Expr, bind: Bind) => Expr

export const f32 = (value: number): Expr => constant('f32', value)

/** The polynomial with these coefficients, the constant one first. */
export function horner(x: Expr, coefficients: readonly number[]): Expr {
  return coefficients.map(f32).reduceRight((sum, coefficient) => add(mul(sum, x), coefficient))
}

/** The leading bits of ln 2, of which any multiple up to 128 is exact, and the rest. */
const ln2High = 0.693359375
const ln2Low = Math.LN2 - ln2High

/** e^x = 2^n · e^(x − n·ln 2), with ln 2 in two parts (Cody and Waite): x may be any number, the argument left is small. */
export function exp(x: Expr, bind: Bind): Expr {
  const whole = cast('i32', binary('max', mul(x, f32(Math.LOG2E)), f32(0)))
  // 2^128 is no f32; above, e^(x − 127·ln 2) makes the product overflow as it should.
  const n = bind('n', binary('min', whole, int(127)))
  const multiple = bind('multiple', cast('f32', n))
  const rest = sub(sub(x, mul(multiple, f32(ln2High))), mul(multiple, f32(ln2Low)))
  const bit = (of: number): Expr => select(binary('ne', binary('bit-and', n, int(of)), int(0)), f32(2 ** of), f32(1))
  const low = cast('f32', binary('shl', constant('u32', 1), cast('u32', binary('bit-and', n, int(31)))))
  return mul(mul(mul(unary('exp', rest), low), bit(32)), bit(64))
}

/** ln x, with what WGSL leaves open: -∞ at zero and NaN below. */
export function log(x: Expr): Expr {
  const other = select(binary('eq', x, f32(0)), f32(Number.NEGATIVE_INFINITY), f32(Number.NaN))
  return select(lt(f32(0), x), unary('log', x), other)
}
