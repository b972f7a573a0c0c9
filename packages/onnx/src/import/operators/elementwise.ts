/** Elementwise operators of ONNX. */
import {
  addOp,
  divOp,
  eluOp,
  identityOp,
  maxOp,
  mulOp,
  type Operation,
  reluOp,
  subOp,
  type TensorType,
} from '@tilewright/graph'
import { UnsupportedError } from '@tilewright/ir'
import { apply, type OnnxOperator } from '../operator.js'

const binary = (operation: (a: TensorType, b: TensorType) => Operation): OnnxOperator => ({
  import: (context) => {
    const operands = [context.input(0), context.input(1)] as const
    return apply(operation(...operands), operands)
  },
})

const unary = (operation: (x: TensorType) => Operation): OnnxOperator => ({
  import: (context) => apply(operation(context.input(0)), [context.input(0)]),
})

export const elementwiseOperators: Readonly<Record<string, OnnxOperator>> = {
  Add: binary(addOp),
  Sub: binary(subOp),
  Mul: binary(mulOp),
  Div: binary(divOp),
  Relu: unary(reluOp),
  Identity: unary(identityOp),
  Elu: {
    import: (context) => apply(eluOp(context.input(0), { alpha: context.float('alpha', 1) }), [context.input(0)]),
  },
  Max: {
    import: (context) => {
      const operands = [context.input(0), ...context.inputs().slice(1)]
      return apply(maxOp(...operands), operands)
    },
  },
  CastLike: {
    import: (context) => {
      const [value, like] = [context.input(0), context.input(1)]
      if (value.dtype === like.dtype) return { kind: 'tensors', tensors: [value] }
      const what = `CastLike from ${value.dtype} to ${like.dtype}`
      throw new UnsupportedError({
        code: 'onnx/operator',
        message: `${what} is not supported`,
        where: context.where,
        gaps: [{ where: context.where, what }],
      })
    },
  },
}
