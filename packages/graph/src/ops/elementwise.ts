/** Elementwise operators: one equation, any number of operands, broadcast to one shape. */
import {
  add,
  binary,
  compute,
  computeType,
  constant,
  defined,
  div,
  type Expr,
  mul,
  select,
  sub,
  unary,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorType } from '../tensor.js'
import { broadcastShapes, loadBroadcast } from './broadcast.js'
import { expectFloat, expectOneDType } from './shape-error.js'

/** result[axes] = body(operands at axes), all of one dtype. Throws `CompileError` `graph/shape`, `graph/dtype`. */
export function elementwise(
  name: string,
  types: readonly TensorType[],
  body: (...operands: readonly Expr[]) => Expr,
): Operation {
  expectOneDType(name, types)
  const first = defined(types[0], 'an elementwise operator has an operand')
  const shape = broadcastShapes(
    name,
    types.map((type) => type.shape),
  )
  return {
    name,
    outputs: [{ dtype: first.dtype, shape }],
    define: (inputs, [output]) => [
      compute(defined(output, 'one output'), (...axes) => body(...inputs.map((input) => loadBroadcast(input, axes)))),
    ],
  }
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
/** Integer division truncates towards zero. */
export const divOp: Binary = arithmetic('Div', div)

/** The largest of any number of operands. */
export const maxOp = (...operands: readonly TensorType[]): Operation =>
  elementwise('Max', operands, (...values) => values.reduce((a, b) => binary('max', a, b)))

/** The operand itself. */
export const identityOp: Unary = (operand) => elementwise('Identity', [operand], (x) => defined(x, 'operand'))

/** max(x, 0). */
export const reluOp: Unary = (operand) => {
  const zero = constant(computeType(deviceDType(operand.dtype)), 0)
  return elementwise('Relu', [operand], (x) => binary('max', defined(x, 'operand'), zero))
}

/** x where x > 0, alpha·(eˣ − 1) elsewhere. Throws `CompileError` `graph/dtype` unless floating point. */
export const eluOp = (operand: TensorType, { alpha }: { readonly alpha: number }): Operation => {
  expectFloat('Elu', operand)
  return elementwise('Elu', [operand], (x) => {
    const value = defined(x, 'operand')
    const below = mul(constant('f32', alpha), sub(unary('exp', value), constant('f32', 1)))
    return select(binary('lt', constant('f32', 0), value), value, below)
  })
}
