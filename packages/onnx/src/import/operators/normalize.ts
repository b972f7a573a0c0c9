/** Softmax, normalisation and dropout of ONNX. */
import {
  batchNormalizationOp,
  dropoutOp,
  groupNormalizationOp,
  hardmaxOp,
  instanceNormalizationOp,
  layerNormalizationOp,
  logSoftmaxOp,
  lpNormalizationOp,
  lrnOp,
  meanVarianceNormalizationOp,
  type Operation,
  rmsNormalizationOp,
  type SoftmaxAttributes,
  softmaxOp,
  type TensorType,
} from '@tilewright/graph'
import { CompileError, UnsupportedError } from '@tilewright/ir'
import type { NodeContext } from '../node-context.js'
import { apply, type OnnxOperator, unary } from '../operator.js'

const softmax = (operation: (x: TensorType, attributes: SoftmaxAttributes) => Operation): OnnxOperator => ({
  import: (context) => {
    const x = context.input(0)
    if (context.opset >= 13) return apply(operation(x, { axes: [context.int('axis', -1)] }), [x])
    // Before, the input was seen as a matrix: what `axis` and the dimensions after it hold is one row.
    const rank = x.shape.length
    const axis = context.int('axis', 1)
    const first = axis < 0 ? axis + rank : axis
    const rest = x.shape.flatMap((_, d) => (d >= first ? [d] : []))
    // An axis that the tensor lacks is for the operation to refuse.
    return apply(operation(x, { axes: first < 0 || first >= rank ? [axis] : rest }), [x])
  },
})

/** Throws `UnsupportedError` `onnx/operator`: only inference is there. */
function refuseTraining(context: NodeContext): never {
  const what = `${context.node.opType} that trains`
  throw new UnsupportedError({
    code: 'onnx/operator',
    message: `${what} is not supported`,
    where: context.where,
    help: 'export the model for inference',
    gaps: [{ where: context.where, what }],
  })
}

const epsilonOf = (context: NodeContext): number => context.float('epsilon', 1e-5)
const hasOutput = (context: NodeContext, position: number): boolean => (context.node.outputs[position] ?? '') !== ''

export const normalizeOperators: Readonly<Record<string, OnnxOperator>> = {
  Softmax: softmax(softmaxOp),
  LogSoftmax: softmax(logSoftmaxOp),
  Hardmax: softmax(hardmaxOp),
  BatchNormalization: {
    import: (context) => {
      if (context.int('training_mode', 0) !== 0 || hasOutput(context, 1)) return refuseTraining(context)
      if (context.int('spatial', 1) === 0) {
        const what = 'BatchNormalization with spatial 0'
        throw new UnsupportedError({
          code: 'onnx/operator',
          message: `${what} is not supported`,
          where: context.where,
          gaps: [{ where: context.where, what }],
        })
      }
      const x = context.input(0)
      const [scale, bias, mean, variance] = [context.input(1), context.input(2), context.input(3), context.input(4)]
      const operation = batchNormalizationOp(x, { scale, bias, mean, variance }, { epsilon: epsilonOf(context) })
      return apply(operation, [x, scale, bias, mean, variance])
    },
  },
  LayerNormalization: {
    import: (context) => {
      const [x, scale, bias] = [context.input(0), context.input(1), context.optional(2)]
      const attributes = {
        epsilon: epsilonOf(context),
        axis: context.int('axis', -1),
        statistics: hasOutput(context, 1) || hasOutput(context, 2),
      }
      return apply(layerNormalizationOp(x, scale, bias, attributes), [x, scale, bias])
    },
  },
  RMSNormalization: {
    import: (context) => {
      const [x, scale] = [context.input(0), context.input(1)]
      const attributes = { epsilon: epsilonOf(context), axis: context.int('axis', -1) }
      return apply(rmsNormalizationOp(x, scale, attributes), [x, scale])
    },
  },
  MeanVarianceNormalization: unary((x, context) =>
    meanVarianceNormalizationOp(x, { axes: context.ints('axes') ?? [0, 2, 3] }),
  ),
  InstanceNormalization: {
    import: (context) => {
      const [x, scale, bias] = [context.input(0), context.input(1), context.input(2)]
      return apply(instanceNormalizationOp(x, scale, bias, { epsilon: epsilonOf(context) }), [x, scale, bias])
    },
  },
  GroupNormalization: {
    import: (context) => {
      const [x, scale, bias] = [context.input(0), context.input(1), context.input(2)]
      const attributes = { epsilon: epsilonOf(context), groups: requiredInt(context, 'num_groups') }
      return apply(groupNormalizationOp(x, scale, bias, attributes), [x, scale, bias])
    },
  },
  LRN: {
    import: (context) => {
      const x = context.input(0)
      const attributes = {
        size: requiredInt(context, 'size'),
        alpha: context.float('alpha', 1e-4),
        beta: context.float('beta', 0.75),
        bias: context.float('bias', 1),
      }
      return apply(lrnOp(x, attributes), [x])
    },
  },
  LpNormalization: {
    import: (context) => {
      const x = context.input(0)
      return apply(lpNormalizationOp(x, { axis: context.int('axis', -1), p: context.int('p', 2) }), [x])
    },
  },
  Dropout: {
    // Whether it trains, and the ratio that then counts.
    hostInputs: [1, 2],
    import: (context) => {
      const x = context.input(0)
      const isTraining = context.optional(2) !== undefined && context.hostInts(2)[0] !== 0
      if (isTraining && context.optional(1)?.constant?.data[0] !== 0) return refuseTraining(context)
      if (!hasOutput(context, 1)) return { kind: 'tensors', tensors: [x] }
      // Until operator set 10 a mask had the type of the input.
      return apply(dropoutOp(x, { mask: context.opset < 10 ? x.dtype : 'bool' }), [x])
    },
  },
}

function requiredInt(context: NodeContext, name: string): number {
  if (context.attribute(name) !== undefined) return context.int(name, 0)
  throw new CompileError({
    code: 'onnx/attribute',
    message: `${context.node.opType} lacks ${name}`,
    where: context.where,
    help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
  })
}
