/** Operators of ONNX on bits, and those that tell NaN and infinities from numbers. */
import {
  bitCastOp,
  bitShiftOp,
  bitwiseAndOp,
  bitwiseNotOp,
  bitwiseOrOp,
  bitwiseXorOp,
  isInfOp,
  isNanOp,
} from '@tilewright/graph'
import { dtypeAttribute } from '../dtype-attribute.js'
import { apply, binary, type OnnxOperator, unary } from '../operator.js'
import { oneOf } from './one-of.js'

export const bitOperators: Readonly<Record<string, OnnxOperator>> = {
  BitwiseAnd: binary(bitwiseAndOp),
  BitwiseOr: binary(bitwiseOrOp),
  BitwiseXor: binary(bitwiseXorOp),
  BitwiseNot: unary(bitwiseNotOp),
  BitShift: {
    import: (context) => {
      const operands = [context.input(0), context.input(1)] as const
      const left = oneOf(context, 'direction', ['LEFT', 'RIGHT'], '') === 'LEFT'
      return apply(bitShiftOp(...operands, { left }), operands)
    },
  },
  BitCast: unary((x, context) => bitCastOp(x, dtypeAttribute(context, 'to'))),
  IsNaN: unary(isNanOp),
  IsInf: unary((x, context) =>
    isInfOp(x, {
      positive: context.int('detect_positive', 1) !== 0,
      negative: context.int('detect_negative', 1) !== 0,
    }),
  ),
}
