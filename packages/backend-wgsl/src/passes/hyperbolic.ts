/**
 * The hyperbolic functions and their inverses. Near zero they are polynomials, where differences of exponentials and
 * logarithms near 1 would cancel.
 *
 * - `tanh`: WGSL's has errors up to 1e-3 near zero on software adapters. A quotient of polynomials (coefficients of Eigen's
 *   `ptanh_float`), of an argument clamped to where tanh is 1 within the bound.
 * - `sinh` and `cosh`: of e^(|x| − 1), which does not overflow before they do.
 * - `asinh`, `acosh` and `atanh`: coefficients of Cephes; logarithms elsewhere. From 1500 on, the root of x² ± 1 is x.
 */
import { add, binary, div, type Expr, type HyperbolicFunction, lt, mul, select, sub, unary } from '@tilewright/ir'
import { type Approximation, exp, f32, horner, log } from './approximation.js'
import type { Bind } from './expand-expressions.js'

export const hyperbolic: Readonly<Record<HyperbolicFunction, Approximation>> = {
  tanh,
  sinh: (x, bind) => {
    const { magnitude, growing, shrinking } = exponentials(x, bind)
    const large = bind('large', sub(growing, shrinking))
    const small = mul(x, horner(bind('square', mul(x, x)), sinhCoefficients))
    return select(lt(magnitude, f32(1)), small, withSignOf(x, large))
  },
  cosh: (x, bind) => {
    const { growing, shrinking } = exponentials(x, bind)
    return add(growing, shrinking)
  },
  asinh: (x, bind) => {
    const magnitude = bind('magnitude', unary('abs', x))
    const near = bind('near', binary('min', magnitude, f32(rootEnd)))
    const root = unary('sqrt', add(mul(near, near), f32(1)))
    const large = bind('large', logOfSum(magnitude, root))
    const small = mul(x, horner(bind('square', mul(x, x)), asinhCoefficients))
    return select(lt(magnitude, f32(0.5)), small, withSignOf(x, large))
  },
  acosh: (x, bind) => {
    const above = bind('above', sub(x, f32(1)))
    const near = bind('near', binary('min', x, f32(rootEnd)))
    const root = unary('sqrt', mul(sub(near, f32(1)), add(near, f32(1))))
    const small = mul(unary('sqrt', above), horner(above, acoshCoefficients))
    return select(lt(above, f32(0.5)), small, logOfSum(x, root))
  },
  atanh: (x, bind) => {
    const difference = sub(log(bind('above', add(f32(1), x))), log(bind('below', sub(f32(1), x))))
    const small = mul(x, horner(bind('square', mul(x, x)), atanhCoefficients))
    return select(lt(unary('abs', x), f32(0.5)), small, mul(f32(0.5), difference))
  },
}

/** Of x, x³, …, x¹³ above the line, and of 1, x², …, x⁶ below it. */
const tanhNumerator = [
  4.89352455891786e-3, 6.37261928875436e-4, 1.48572235717979e-5, 5.12229709037114e-8, -8.60467152213735e-11,
  2.00018790482477e-13, -2.76076847742355e-16,
]
const tanhDenominator = [4.89352518554385e-3, 2.268434632439e-3, 1.18534705686654e-4, 1.19825839466702e-6]
/** Where the quotient is 1, within the bound; it is worth nothing beyond. */
const tanhEnd = 7.90531110763549

function tanh(value: Expr, bind: Bind): Expr {
  const x = bind('x', binary('max', binary('min', value, f32(tanhEnd)), f32(-tanhEnd)))
  const square = bind('square', mul(x, x))
  return div(mul(x, horner(square, tanhNumerator)), horner(square, tanhDenominator))
}

/** Of 1, x², x⁴, … in sinh(x) / x up to 1: 1 / (2n + 1)!. */
const sinhCoefficients = [1, 1 / 6, 1 / 120, 1 / 5040, 1 / 362880]
/** Of 1, x², … in asinh(x) / x below 1/2. */
const asinhCoefficients = [1, -1.6666288134e-1, 7.4847586088e-2, -4.2699340972e-2, 2.0122003309e-2]
/** Of 1, x − 1, … in acosh(x) / √(x − 1) below 3/2. */
const acoshCoefficients = [1.4142135263, -1.1784741703e-1, 2.6454905019e-2, -7.5272886713e-3, 1.7596881071e-3]
/** Of 1, x², … in atanh(x) / x below 1/2. */
const atanhCoefficients = [1, 3.33337300303e-1, 1.997821645e-1, 1.4669143173e-1, 8.24370301058e-2, 1.81740078349e-1]

const rootEnd = 1500

/** ln(x + root), where from `rootEnd` on the root counts as x. */
function logOfSum(x: Expr, root: Expr): Expr {
  const isFar = lt(f32(rootEnd), x)
  return add(unary('log', select(isFar, x, add(x, root))), select(isFar, f32(Math.LN2), f32(0)))
}

/** |x|, e^|x| / 2 and e^-|x| / 2. */
function exponentials(x: Expr, bind: Bind): { readonly [part in 'magnitude' | 'growing' | 'shrinking']: Expr } {
  const magnitude = bind('magnitude', unary('abs', x))
  const power = bind('power', exp(bind('shifted', sub(magnitude, f32(1))), bind))
  return {
    magnitude,
    growing: mul(power, f32(Math.E / 2)),
    shrinking: div(f32(0.5 / Math.E), power),
  }
}

const withSignOf = (x: Expr, magnitude: Expr): Expr => select(lt(x, f32(0)), unary('neg', magnitude), magnitude)
