/** Elementwise functions of one operand, and powers. */
import {
  add,
  binary,
  CompileError,
  cast,
  computeType,
  constant,
  defined,
  div,
  type Expr,
  type FloatFunction,
  int,
  lt,
  mul,
  reduce,
  select,
  sub,
  unary,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, isFloat, type TensorType } from '../tensor.js'
import { broadcast, loadBroadcast } from './broadcast.js'
import { elementwise, pointwise } from './elementwise.js'
import { expectFloat } from './shape-error.js'

type Unary = (operand: TensorType) => Operation

/** A function of floating-point operands. Throws `CompileError` `graph/dtype` for others. */
export const floatOp =
  (name: string, of: (x: Expr) => Expr): Unary =>
  (operand) => {
    expectFloat(name, operand)
    return elementwise(name, [operand], (x) => of(defined(x, 'operand')))
  }

const functionOp = (name: string, op: FloatFunction): Unary => floatOp(name, (x) => unary(op, x))

export const expOp: Unary = functionOp('Exp', 'exp')
export const logOp: Unary = functionOp('Log', 'log')
export const sqrtOp: Unary = functionOp('Sqrt', 'sqrt')
export const tanhOp: Unary = functionOp('Tanh', 'tanh')
export const erfOp: Unary = functionOp('Erf', 'erf')
export const floorOp: Unary = functionOp('Floor', 'floor')
export const ceilOp: Unary = functionOp('Ceil', 'ceil')
/** To nearest, halves to even. */
export const roundOp: Unary = functionOp('Round', 'round')
export const sinOp: Unary = functionOp('Sin', 'sin')
export const cosOp: Unary = functionOp('Cos', 'cos')
export const tanOp: Unary = functionOp('Tan', 'tan')
export const asinOp: Unary = functionOp('Asin', 'asin')
export const acosOp: Unary = functionOp('Acos', 'acos')
export const atanOp: Unary = functionOp('Atan', 'atan')
export const sinhOp: Unary = functionOp('Sinh', 'sinh')
export const coshOp: Unary = functionOp('Cosh', 'cosh')
export const asinhOp: Unary = functionOp('Asinh', 'asinh')
export const acoshOp: Unary = functionOp('Acosh', 'acosh')
export const atanhOp: Unary = functionOp('Atanh', 'atanh')
export const reciprocalOp: Unary = floatOp('Reciprocal', (x) => div(constant('f32', 1), x))

/** |x|; the lowest signed integer is its own. */
export const absOp: Unary = (operand) =>
  elementwise('Abs', [operand], (x) => {
    const value = defined(x, 'operand')
    return value.dtype === 'u32' ? value : unary('abs', value)
  })

/** 1, 0 or −1, as x is above, at or below zero. Throws `CompileError` `graph/dtype` unless a number. */
export const signOp: Unary = (operand) => {
  if (operand.dtype === 'bool') throw new CompileError({ code: 'graph/dtype', message: 'Sign is not defined on bool' })
  return elementwise('Sign', [operand], (x) => {
    const value = defined(x, 'operand')
    const [zero, one] = [constant(value.dtype, 0), constant(value.dtype, 1)]
    if (value.dtype === 'u32') return binary('min', value, one)
    return select(lt(value, zero), unary('neg', one), select(lt(zero, value), one, value))
  })
}

/** −x. Throws `CompileError` `graph/dtype` unless signed. */
export const negOp: Unary = (operand) => {
  const type = computeType(deviceDType(operand.dtype))
  if (type !== 'f32' && type !== 'i32') {
    throw new CompileError({ code: 'graph/dtype', message: `Neg is not defined on ${operand.dtype}` })
  }
  return elementwise('Neg', [operand], (x) => unary('neg', defined(x, 'operand')))
}

/**
 * x to the power y, of the dtype of x; y is a tensor of any number type or a number known when compiling, whose small
 * whole values become products. An integer to an integer power wraps; a negative power of it is 0 unless it is 1 or -1.
 * Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function powOp(base: TensorType, exponent: TensorType | number): Operation {
  if (typeof exponent === 'number') {
    return elementwise('Pow', [base], (x) => constantPower(defined(x, 'base'), exponent))
  }
  const types = [base, exponent].map((type) => computeType(deviceDType(type.dtype)))
  if (types.includes('bool')) throw new CompileError({ code: 'graph/dtype', message: 'Pow is not defined on bool' })
  if (!isFloat(base) && !isFloat(exponent)) return integerPower(base, exponent)
  return pointwise('Pow', [base, exponent], base.dtype, (x, y) =>
    floatPower(defined(x, 'base'), cast('f32', defined(y, 'exponent'))),
  )
}

function constantPower(x: Expr, exponent: number): Expr {
  switch (exponent) {
    case 0:
      return constant(x.dtype, 1)
    case 1:
      return x
    case 2:
      return mul(x, x)
    case 3:
      return mul(mul(x, x), x)
  }
  if (exponent === 0.5 && x.dtype === 'f32') return unary('sqrt', x)
  return floatPower(x, constant('f32', exponent))
}

/** The power of an integer is computed as an f32, and rounded where it is whole. */
function floatPower(x: Expr, y: Expr): Expr {
  const power = binary('pow', cast('f32', x), y)
  if (x.dtype === 'f32') return power
  const isWhole = binary('eq', unary('floor', y), y)
  return cast(x.dtype, select(isWhole, unary('floor', add(power, constant('f32', 0.5))), power))
}

/** A product of 32 factors, x or 1. Beyond 31 only the parity of the exponent counts: the others overflow. */
function integerPower(base: TensorType, exponent: TensorType): Operation {
  const { shape, equalSizes } = broadcast('Pow', [base.shape, exponent.shape])
  return {
    name: 'Pow',
    outputs: [{ dtype: base.dtype, shape }],
    equalSizes,
    define: ([bases, exponents], outputs) => [
      reduce({
        outputs,
        domain: [{ hint: 'k', extent: 32 }],
        identity: [constant(computeType(deviceDType(base.dtype)), 1)],
        value: (axes, [k]) => {
          const x = loadBroadcast(defined(bases, 'base'), axes)
          const y = cast('i32', loadBroadcast(defined(exponents, 'exponent'), axes))
          const one = constant(x.dtype, 1)
          const isUnit = binary('eq', mul(x, x), one)
          const factor = select(lt(y, int(0)), select(isUnit, x, constant(x.dtype, 0)), x)
          const size = unary('abs', y)
          const count = select(lt(int(31), size), add(binary('bit-and', size, int(1)), int(30)), size)
          return [select(lt(defined(k, 'k'), count), factor, one)]
        },
        combine: ([a], [b]) => [mul(defined(a, 'left'), defined(b, 'right'))],
        commutative: true,
      }),
    ],
  }
}

/** ln(1 + x) for 0 <= x <= 1, to a relative error of 1e-6: a series where 1 + x would round too much away. */
export function log1p(x: Expr): Expr {
  const f32 = (value: number): Expr => constant('f32', value)
  const series = mul(x, sub(f32(1), mul(x, sub(f32(1 / 2), mul(x, sub(f32(1 / 3), mul(x, f32(1 / 4))))))))
  return select(lt(x, f32(1 / 32)), series, unary('log', add(x, f32(1))))
}
