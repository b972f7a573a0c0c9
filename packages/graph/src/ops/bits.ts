/** Operators on the bits of elements: logic and shifts of integers, and what tells NaN and infinities from numbers. */
import {
  binary,
  bitcast,
  CompileError,
  cast,
  computeType,
  constant,
  defined,
  type Expr,
  int,
  isInteger,
  lt,
  select,
  UnsupportedError,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorDType, type TensorType } from '../tensor.js'
import { elementwise, pointwise } from './elementwise.js'
import { expectFloat } from './shape-error.js'

type Binary = (left: TensorType, right: TensorType) => Operation
type Unary = (operand: TensorType) => Operation

function expectInteger(operator: string, { dtype }: TensorType): void {
  if (isInteger(computeType(deviceDType(dtype)))) return
  throw new CompileError({ code: 'graph/dtype', message: `${operator} is not defined on ${dtype}` })
}

/** Throws `CompileError` `graph/shape`, `graph/dtype` unless integers. */
const bitwise =
  (name: string, op: (left: Expr, right: Expr) => Expr): Binary =>
  (left, right) => {
    expectInteger(name, left)
    return elementwise(name, [left, right], (a, b) => op(defined(a, 'left'), defined(b, 'right')))
  }

const xor = (a: Expr, b: Expr): Expr => binary('bit-xor', a, b)
const and = (a: Expr, b: Expr): Expr => binary('bit-and', a, b)

export const bitwiseAndOp: Binary = bitwise('BitwiseAnd', and)
export const bitwiseXorOp: Binary = bitwise('BitwiseXor', xor)
export const bitwiseOrOp: Binary = bitwise('BitwiseOr', (a, b) => xor(xor(a, b), and(a, b)))

/** All bits turned. Throws `CompileError` `graph/dtype` unless an integer. */
export const bitwiseNotOp: Unary = (operand) => {
  expectInteger('BitwiseNot', operand)
  return elementwise('BitwiseNot', [operand], (x) => {
    const value = defined(x, 'operand')
    return xor(value, constant(value.dtype, -1))
  })
}

/**
 * x shifted by as many bits as y says; from the width on nothing is left. Throws `CompileError` `graph/shape`,
 * `graph/dtype` unless unsigned.
 */
export function bitShiftOp(x: TensorType, y: TensorType, { left }: { readonly left: boolean }): Operation {
  if (computeType(deviceDType(x.dtype)) !== 'u32') {
    throw new CompileError({ code: 'graph/dtype', message: `BitShift is not defined on ${x.dtype}` })
  }
  return elementwise('BitShift', [x, y], (value, by) => {
    const [bits, amount] = [defined(value, 'x'), defined(by, 'y')]
    const isWithin = lt(amount, constant('u32', 32))
    return select(isWithin, binary(left ? 'shl' : 'shr', bits, amount), constant('u32', 0))
  })
}

/** The bits of an f32 without its sign, as an i32: those of infinity are `infinity`, those of NaN are above. */
const magnitudeBits = (x: Expr): Expr => and(bitcast('i32', x), int(0x7fffffff))
const infinity = int(0x7f800000)

/** Whether an element is not a number. Throws `CompileError` `graph/dtype` unless floating point. */
export const isNanOp: Unary = (operand) => {
  expectFloat('IsNaN', operand)
  return pointwise('IsNaN', [operand], 'bool', (x) => lt(infinity, magnitudeBits(defined(x, 'operand'))))
}

/** Whether an element is infinite, on the sides asked for. Throws `CompileError` `graph/dtype` unless floating point. */
export function isInfOp(
  operand: TensorType,
  { positive, negative }: { readonly positive: boolean; readonly negative: boolean },
): Operation {
  expectFloat('IsInf', operand)
  return pointwise('IsInf', [operand], 'bool', (x) => {
    const value = defined(x, 'operand')
    if (positive && negative) return binary('eq', magnitudeBits(value), infinity)
    if (!positive && !negative) return constant('bool', false)
    const sign = positive ? 0 : 0x80000000
    return binary('eq', bitcast('i32', value), int(0x7f800000 + sign))
  })
}

const widths: Readonly<Record<TensorDType, number>> = {
  f32: 32,
  f16: 16,
  bf16: 16,
  i64: 64,
  i32: 32,
  u32: 32,
  i8: 8,
  u8: 8,
  bool: 8,
}

/**
 * The elements of type `dtype` with the same bits. Throws `CompileError` `graph/dtype` for another width, and for bool, and
 * `UnsupportedError` `graph/dtype` between f16 and bf16.
 */
export function bitCastOp(operand: TensorType, dtype: TensorDType): Operation {
  const isBool = operand.dtype === 'bool' || dtype === 'bool'
  if (operand.dtype !== dtype && (isBool || widths[operand.dtype] !== widths[dtype])) {
    throw new CompileError({
      code: 'graph/dtype',
      message: `BitCast of ${operand.dtype} to ${dtype}`,
      help: 'both must be numbers of one width',
    })
  }
  if (operand.dtype !== dtype && widths[dtype] === 16) {
    throw new UnsupportedError({
      code: 'graph/dtype',
      message: `BitCast of ${operand.dtype} to ${dtype}`,
      help: 'their bits are at hand only where they are f32: convert with Cast',
    })
  }
  const type = computeType(deviceDType(dtype))
  return pointwise('BitCast', [operand], dtype, (x) => {
    const value = defined(x, 'operand')
    // Narrow integers are widened by a load, and lose what is above their width when they are stored.
    return widths[dtype] === 32 ? bitcast(type, value) : cast(type, value)
  })
}
