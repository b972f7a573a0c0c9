/** Comparisons, logic, selection and conversion. */
import { and, binary, CompileError, cast, computeType, defined, type Expr, lt, select, unary } from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorDType, type TensorType } from '../tensor.js'
import { pointwise } from './elementwise.js'
import { expectOneDType } from './shape-error.js'

type Binary = (left: TensorType, right: TensorType) => Operation

const expectBool = (name: string, ...types: readonly TensorType[]): void => {
  const other = types.find((type) => type.dtype !== 'bool')
  if (other === undefined) return
  throw new CompileError({ code: 'graph/dtype', message: `${name} is not defined on ${other.dtype}` })
}

/** Throws `CompileError` `graph/shape`, `graph/dtype`. */
const comparison =
  (name: string, op: (left: Expr, right: Expr) => Expr): Binary =>
  (left, right) => {
    expectOneDType(name, [left, right])
    return pointwise(name, [left, right], 'bool', (a, b) => op(defined(a, 'left'), defined(b, 'right')))
  }

export const equalOp: Binary = comparison('Equal', (a, b) => binary('eq', a, b))
export const lessOp: Binary = comparison('Less', lt)
export const greaterOp: Binary = comparison('Greater', (a, b) => lt(b, a))
export const lessOrEqualOp: Binary = comparison('LessOrEqual', (a, b) => binary('le', a, b))
export const greaterOrEqualOp: Binary = comparison('GreaterOrEqual', (a, b) => binary('le', b, a))

/** Throws `CompileError` `graph/shape`, `graph/dtype`. */
const logic =
  (name: string, op: (left: Expr, right: Expr) => Expr): Binary =>
  (left, right) => {
    expectBool(name, left, right)
    return comparison(name, op)(left, right)
  }

export const andOp: Binary = logic('And', and)
export const orOp: Binary = logic('Or', (a, b) => binary('or', a, b))
export const xorOp: Binary = logic('Xor', (a, b) => binary('ne', a, b))

/** Throws `CompileError` `graph/dtype`. */
export const notOp = (operand: TensorType): Operation => {
  expectBool('Not', operand)
  return pointwise('Not', [operand], 'bool', (x) => unary('not', defined(x, 'operand')))
}

/** `condition ? x : y`, all three broadcast. Throws `CompileError` `graph/shape`, `graph/dtype`. */
export function whereOp(condition: TensorType, x: TensorType, y: TensorType): Operation {
  expectBool('Where', condition)
  expectOneDType('Where', [x, y])
  return pointwise('Where', [condition, x, y], x.dtype, (c, a, b) =>
    select(defined(c, 'condition'), defined(a, 'x'), defined(b, 'y')),
  )
}

/**
 * The operand in another dtype: floating point truncates to integers (what is out of range is unspecified), integers
 * wrap, to bool is `!= 0`.
 */
export const castOp = (operand: TensorType, dtype: TensorDType): Operation =>
  pointwise('Cast', [operand], dtype, (x) => cast(computeType(deviceDType(dtype)), defined(x, 'operand')))
