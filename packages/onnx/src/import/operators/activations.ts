/** Activations of ONNX. */
import {
  type ClipBound,
  celuOp,
  clipOp,
  eluOp,
  geluOp,
  hardSigmoidOp,
  hardSwishOp,
  leakyReluOp,
  mishOp,
  preluOp,
  reluOp,
  seluOp,
  shrinkOp,
  sigmoidOp,
  softplusOp,
  softsignOp,
  swishOp,
  tanhOp,
  thresholdedReluOp,
} from '@tilewright/graph'
import type { NodeContext } from '../node-context.js'
import { apply, type Imported, type OnnxOperator, unary } from '../operator.js'
import { scalarOf } from '../scalar-of.js'
import { oneOf } from './one-of.js'

/** Bounds are attributes before opset 11, inputs from then on; both may be left out. */
function importClip(context: NodeContext): Imported {
  const x = context.input(0)
  if (context.opset < 11) {
    const bound = (name: string): number | undefined =>
      context.attribute(name) === undefined ? undefined : context.float(name, 0)
    return apply(clipOp(x, { low: bound('min'), high: bound('max') }), [x])
  }
  const bounds = [context.optional(1), context.optional(2)]
  const [low, high] = bounds.map((tensor): ClipBound => tensor && (scalarOf(tensor) ?? tensor))
  return apply(clipOp(x, { low, high }), [x, ...bounds.filter((tensor) => tensor && scalarOf(tensor) === undefined)])
}

export const activationOperators: Readonly<Record<string, OnnxOperator>> = {
  Relu: unary(reluOp),
  Sigmoid: unary(sigmoidOp),
  Tanh: unary(tanhOp),
  Softplus: unary(softplusOp),
  HardSwish: unary(hardSwishOp),
  Clip: { import: importClip },
  Elu: unary((x, context) => eluOp(x, { alpha: context.float('alpha', 1) })),
  LeakyRelu: unary((x, context) => leakyReluOp(x, { alpha: context.float('alpha', 0.01) })),
  Selu: unary((x, context) =>
    seluOp(x, { alpha: context.float('alpha', 1.6732632), gamma: context.float('gamma', 1.050701) }),
  ),
  Celu: unary((x, context) => celuOp(x, { alpha: context.float('alpha', 1) })),
  ThresholdedRelu: unary((x, context) => thresholdedReluOp(x, { alpha: context.float('alpha', 1) })),
  Swish: unary((x, context) => swishOp(x, { alpha: context.float('alpha', 1) })),
  Mish: unary(mishOp),
  Softsign: unary(softsignOp),
  Shrink: unary((x, context) => shrinkOp(x, { lambd: context.float('lambd', 0.5), bias: context.float('bias', 0) })),
  HardSigmoid: unary((x, context) =>
    hardSigmoidOp(x, { alpha: context.float('alpha', 0.2), beta: context.float('beta', 0.5) }),
  ),
  Gelu: unary((x, context) =>
    geluOp(x, { approximate: oneOf(context, 'approximate', ['none', 'tanh'], 'none') === 'tanh' }),
  ),
  PRelu: {
    import: (context) => {
      const operands = [context.input(0), context.input(1)] as const
      return apply(preluOp(...operands), operands)
    },
  },
}
