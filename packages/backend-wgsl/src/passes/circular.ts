/**
 * The circular functions and their inverses, by polynomials (coefficients of Cephes, single precision).
 *
 * `sin`, `cos` and `tan` are of x − n·π/2, which is at most π/4, and of the quadrant n. π/2 is in four parts: the products
 * of the first three, of 9 bits, are exact for |n| < 2^15 (Cody and Waite).
 */
import {
  add,
  binary,
  type CircularFunction,
  cast,
  div,
  type Expr,
  int,
  lt,
  mul,
  select,
  sub,
  unary,
} from '@tilewright/ir'
import { type Approximation, f32, horner } from './approximation.js'
import type { Bind } from './expand-expressions.js'

export const circular: Readonly<Record<CircularFunction, Approximation>> = {
  sin: (x, bind) => {
    const { quadrant, sine, cosine } = reduced(x, bind)
    const value = bind('value', select(hasBit(quadrant, 1), cosine, sine))
    return select(hasBit(quadrant, 2), unary('neg', value), value)
  },
  cos: (x, bind) => {
    const { quadrant, sine, cosine } = reduced(x, bind)
    const value = bind('value', select(hasBit(quadrant, 1), sine, cosine))
    return select(hasBit(add(quadrant, int(1)), 2), unary('neg', value), value)
  },
  tan: (x, bind) => {
    const { quadrant, sine, cosine } = reduced(x, bind)
    const isOdd = hasBit(quadrant, 1)
    const [above, below] = [bind('sine', sine), bind('cosine', cosine)]
    return div(select(isOdd, unary('neg', below), above), select(isOdd, above, below))
  },
  asin: (x, bind) => {
    const magnitude = bind('magnitude', unary('abs', x))
    const isSmall = lt(magnitude, f32(0.5))
    const half = bind('half', inverseSine(select(isSmall, magnitude, chord(magnitude)), bind))
    const value = bind('value', select(isSmall, half, sub(f32(Math.PI / 2), mul(f32(2), half))))
    return select(lt(x, f32(0)), unary('neg', value), value)
  },
  acos: (x, bind) => {
    const isSmall = lt(unary('abs', x), f32(0.5))
    const half = bind('half', inverseSine(select(isSmall, x, chord(unary('abs', x))), bind))
    const double = bind('double', mul(f32(2), half))
    const large = select(lt(x, f32(0)), sub(f32(Math.PI), double), double)
    return select(isSmall, sub(f32(Math.PI / 2), half), large)
  },
  atan: (x, bind) => {
    // From 2^60 on, the arctangent is π/2 as an f32.
    const magnitude = bind('magnitude', binary('min', unary('abs', x), f32(2 ** 60)))
    const isLarge = lt(f32(Math.tan((3 * Math.PI) / 8)), magnitude)
    const isMedium = lt(f32(Math.tan(Math.PI / 8)), magnitude)
    const turned = select(isMedium, div(sub(magnitude, f32(1)), add(magnitude, f32(1))), magnitude)
    const rest = bind('rest', select(isLarge, div(f32(-1), magnitude), turned))
    const start = select(isLarge, f32(Math.PI / 2), select(isMedium, f32(Math.PI / 4), f32(0)))
    const square = bind('square', mul(rest, rest))
    const value = bind('value', add(start, mul(rest, horner(square, atanCoefficients))))
    return select(lt(x, f32(0)), unary('neg', value), value)
  },
}

/** Of 1, x², … in sin(x) / x, in cos(x), in asin(x) / x up to 1/2 and in atan(x) / x up to tan(π/8). */
const sinCoefficients = [1, -1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4]
const cosCoefficients = [1, -0.5, 4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5]
const asinCoefficients = [1, 1.6666752422e-1, 7.4953002686e-2, 4.5470025998e-2, 2.4181311049e-2, 4.2163199048e-2]
const atanCoefficients = [1, -3.33329491539e-1, 1.99777106478e-1, -1.38776856032e-1, 8.05374449538e-2]

/** π/2: three parts of 9 bits, and the rest. */
const quarterTurns = partsOf(Math.PI / 2, [8, 17, 26])

function partsOf(value: number, bits: readonly number[]): readonly number[] {
  const parts: number[] = []
  let rest = value
  for (const bit of bits) {
    const part = Math.floor(rest * 2 ** bit) / 2 ** bit
    parts.push(part)
    rest -= part
  }
  return [...parts, rest]
}

/** n modulo 4 and the sine and cosine of x − n·π/2. */
function reduced(x: Expr, bind: Bind): { readonly [part in 'quadrant' | 'sine' | 'cosine']: Expr } {
  const turns = bind('turns', unary('floor', add(mul(x, f32(2 / Math.PI)), f32(0.5))))
  const unclamped = quarterTurns.reduce((rest, part) => sub(rest, mul(turns, f32(part))), x)
  // Of a large number the rest is worth nothing: it must not make the polynomials leave -1..1.
  const rest = bind('rest', binary('max', binary('min', unclamped, f32(1)), f32(-1)))
  const square = bind('square', mul(rest, rest))
  return {
    quadrant: bind('quadrant', cast('i32', turns)),
    sine: mul(rest, horner(square, sinCoefficients)),
    cosine: horner(square, cosCoefficients),
  }
}

const hasBit = (x: Expr, bit: number): Expr => binary('ne', binary('bit-and', x, int(bit)), int(0))

/** Half the chord of the angle whose cosine is x: the sine of half of it. */
const chord = (x: Expr): Expr => unary('sqrt', mul(f32(0.5), sub(f32(1), x)))

function inverseSine(value: Expr, bind: Bind): Expr {
  const x = bind('x', value)
  return mul(x, horner(bind('square', mul(x, x)), asinCoefficients))
}
