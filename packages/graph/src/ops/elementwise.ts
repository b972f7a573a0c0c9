/** Elementwise operators: one equation, any number of operands, broadcast to one shape. */
import {
  add,
  and,
  binary,
  CompileError,
  compute,
  constant,
  defined,
  div,
  type Expr,
  int,
  lt,
  mod,
  mul,
  select,
  sub,
  unary,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { isFloat, type TensorDType, type TensorType } from '../tensor.js'
import { broadcast, loadBroadcast } from './broadcast.js'
import { expectFloat, expectOneDType } from './shape-error.js'

/** result[axes] = body(operands at axes), of dtype `dtype`. Throws `CompileError` `graph/shape`. */
export function pointwise(
  name: string,
  types: readonly TensorType[],
  dtype: TensorDType,
  body: (...operands: readonly Expr[]) => Expr,
): Operation {
  const { shape, equalSizes } = broadcast(
    name,
    types.map((type) => type.shape),
  )
  return {
    name,
    outputs: [{ dtype, shape }],
    equalSizes,
    define: (inputs, [output]) => [
      compute(defined(output, 'one output'), (...axes) => body(...inputs.map((input) => loadBroadcast(input, axes)))),
    ],
  }
}

/** `pointwise` on operands and a result of one dtype. Throws `CompileError` `graph/shape`, `graph/dtype`. */
export function elementwise(
  name: string,
  types: readonly TensorType[],
  body: (...operands: readonly Expr[]) => Expr,
): Operation {
  expectOneDType(name, types)
  return pointwise(name, types, defined(types[0], 'an elementwise operator has an operand').dtype, body)
}

type Binary = (left: TensorType, right: TensorType) => Operation
type Unary = (operand: TensorType) => Operation

const arithmetic =
  (name: string, op: (left: Expr, right: Expr) => Expr): Binary =>
  (left, right) =>
    elementwise(name, [left, right], (a, b) => op(defined(a, 'left'), defined(b, 'right')))

export const addOp: Binary = arithmetic('Add', add)
export const subOp: Binary = arithmetic('Sub', sub)
export const mulOp: Binary = arithmetic('Mul', mul)
/** Integers divide towards zero; by zero they stay as they are, on every device. */
export const divOp: Binary = arithmetic('Div', (a, b) => div(a, oneForZero(b)))

/** The divisor, or 1 where it is an integer 0: what becomes of those differs from device to device, and some trap. */
function oneForZero(divisor: Expr): Expr {
  if (divisor.dtype !== 'i32' && divisor.dtype !== 'u32') return divisor
  return select(binary('ne', divisor, constant(divisor.dtype, 0)), divisor, constant(divisor.dtype, 1))
}

type Variadic = (...operands: readonly TensorType[]) => Operation

const folded =
  (name: string, op: (left: Expr, right: Expr) => Expr): Variadic =>
  (...operands) =>
    elementwise(name, operands, (...values) => values.reduce(op))

/** The largest of any number of operands. */
export const maxOp: Variadic = folded('Max', (a, b) => binary('max', a, b))
/** The smallest of any number of operands. */
export const minOp: Variadic = folded('Min', (a, b) => binary('min', a, b))
export const sumOp: Variadic = folded('Sum', add)

/** The mean of any number of operands. Throws `CompileError` `graph/dtype` unless they are floating point. */
export const meanOp: Variadic = (...operands) => {
  for (const operand of operands) expectFloat('Mean', operand)
  const count = constant('f32', operands.length)
  return elementwise('Mean', operands, (...values) => div(values.reduce(add), count))
}

/**
 * The remainder of a division: with the sign of the divisor, as in Python, or (`truncated`) of the dividend, as in C.
 * Floating-point remainders are x − y·trunc(x / y), so they lose as many bits as the quotient has. Throws `CompileError`
 * `graph/dtype` for a floating-point remainder that is not truncated.
 */
export function modOp(left: TensorType, right: TensorType, { truncated }: { readonly truncated: boolean }): Operation {
  if (!isFloat(left)) {
    return elementwise('Mod', [left, right], (x, y) => {
      const [a, b] = [defined(x, 'left'), defined(y, 'right')]
      const rest = mod(a, oneForZero(b))
      if (truncated || a.dtype === 'u32') return rest
      const isSplit = binary('ne', lt(rest, int(0)), lt(b, int(0)))
      return select(and(binary('ne', rest, int(0)), isSplit), add(rest, b), rest)
    })
  }
  if (!truncated) {
    throw new CompileError({
      code: 'graph/dtype',
      message: `Mod of ${left.dtype} must be truncated`,
      help: 'set fmod to 1 in the model',
    })
  }
  return elementwise('Mod', [left, right], (x, y) => {
    const [a, b] = [defined(x, 'left'), defined(y, 'right')]
    const quotient = div(a, b)
    const whole = select(lt(quotient, constant('f32', 0)), unary('ceil', quotient), unary('floor', quotient))
    return sub(a, mul(b, whole))
  })
}

/** The operand itself. */
export const identityOp: Unary = (operand) => elementwise('Identity', [operand], (x) => defined(x, 'operand'))
