// What the operations of the IR compute, for the toy backend: the constructors of the IR do so with constants.
import {
  type BinaryOp,
  bitcast,
  cast,
  constant,
  type Expr,
  evaluateBinary,
  floatFunctions,
  type ScalarType,
  type UnaryOp,
  unary,
} from '@tilewright/ir'

type Scalar = number | boolean

/** Functions that printed source calls, by the operation and the type of its operands. */
export interface Operations {
  readonly unary: (op: UnaryOp, type: ScalarType, value: Scalar) => Scalar
  readonly binary: (op: BinaryOp, type: ScalarType, left: Scalar, right: Scalar) => Scalar
  readonly cast: (to: ScalarType, from: ScalarType, value: Scalar) => Scalar
  readonly bitcast: (to: ScalarType, from: ScalarType, value: Scalar) => Scalar
}

/** NaN as an integer, which is unspecified, is 0; so is a division by zero. */
function foldedValue(expr: Expr | undefined): Scalar {
  return expr?.kind === 'const' ? expr.value : 0
}

export const operations: Operations = {
  unary: (op, type, value) => {
    if (op === 'not' || op === 'neg' || op === 'abs') return foldedValue(unary(op, constant(type, value)))
    return Math.fround(floatFunctions[op](Number(value)))
  },
  binary: (op, type, left, right) => foldedValue(evaluateBinary(op, constant(type, left), constant(type, right))),
  cast: (to, from, value) => foldedValue(cast(to, constant(from, value))),
  bitcast: (to, from, value) => foldedValue(bitcast(to, constant(from, value))),
}
