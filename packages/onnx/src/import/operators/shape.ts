/** Operators of ONNX that only change shapes, that read them, and constants. */
import { flattenOp, reshapeOp, squeezeOp, type Tensor, type TensorData, unsqueezeOp } from '@tilewright/graph'
import { defined, elementCount, type SizeExpr, UnsupportedError } from '@tilewright/ir'
import { constantData } from '../constant-data.js'
import { elementOfSize } from '../host-values/host-element.js'
import { knownTensor } from '../host-values/known-tensor.js'
import type { NodeContext } from '../node-context.js'
import { apply, type Imported, type OnnxOperator } from '../operator.js'

/** Axes: an input from operator set 13 on, an attribute before. */
const axesOf = (context: NodeContext): readonly number[] | undefined =>
  context.optional(1) === undefined ? context.ints('axes') : context.hostInts(1)

export const shapeOperators: Readonly<Record<string, OnnxOperator>> = {
  Reshape: {
    hostInputs: [1],
    import: (context) => {
      const data = context.input(0)
      const allowZero = context.int('allowzero', 0) !== 0
      return apply(reshapeOp(data, { shape: context.hostSizes(1), allowZero }), [data])
    },
  },
  Flatten: {
    import: (context) => {
      const data = context.input(0)
      return apply(flattenOp(data, { axis: context.int('axis', 1) }), [data])
    },
  },
  Squeeze: {
    hostInputs: [1],
    import: (context) => {
      const data = context.input(0)
      return apply(squeezeOp(data, { axes: axesOf(context) }), [data])
    },
  },
  Unsqueeze: {
    hostInputs: [1],
    import: (context) => {
      const data = context.input(0)
      return apply(unsqueezeOp(data, { axes: axesOf(context) ?? [] }), [data])
    },
  },
  Shape: {
    ofShape: true,
    import: (context) => {
      const { shape } = context.input(0)
      // Negative bounds count from the end; those outside stop at the ends, as those of Array.slice do.
      const end = context.attribute('end') === undefined ? shape.length : context.int('end', 0)
      return integers(context, shape.slice(context.int('start', 0), end), 1)
    },
  },
  Size: {
    ofShape: true,
    import: (context) => integers(context, [elementCount(context.input(0).shape)], 0),
  },
  Constant: {
    import: (context) => ({ kind: 'tensors', tensors: [constantOf(context)] }),
  },
}

/** An int64 tensor of sizes: a list, or one as a scalar. */
function integers(context: NodeContext, sizes: readonly SizeExpr[], rank: 0 | 1): Imported {
  const shape = rank === 0 ? [] : [sizes.length]
  const tensor = knownTensor(context.node.outputs[0] ?? '', 'i64', shape, sizes.map(elementOfSize))
  return { kind: 'tensors', tensors: [defined(tensor, 'sizes are known')] }
}

function constantOf(context: NodeContext): Tensor {
  const name = context.node.outputs[0] ?? ''
  const data = constantAttribute(context)
  return { kind: 'tensor', name, dtype: data.dtype, shape: data.shape, constant: data }
}

function constantAttribute(context: NodeContext): TensorData {
  const value = context.attribute('value')
  if (value?.kind === 'tensor') return constantData(value.value, context.where)
  const float = context.attribute('value_float')
  if (float?.kind === 'float') return { dtype: 'f32', shape: [], data: Float32Array.of(float.value) }
  const floats = context.attribute('value_floats')
  if (floats?.kind === 'floats')
    return { dtype: 'f32', shape: [floats.value.length], data: Float32Array.from(floats.value) }
  const int = context.attribute('value_int')
  if (int?.kind === 'int') return { dtype: 'i64', shape: [], data: BigInt64Array.of(int.value) }
  const ints = context.attribute('value_ints')
  if (ints?.kind === 'ints') return { dtype: 'i64', shape: [ints.value.length], data: BigInt64Array.from(ints.value) }
  throw new UnsupportedError({
    code: 'onnx/operator',
    message: 'Constant of this kind is not supported',
    where: context.where,
    gaps: [{ where: context.where, what: 'Constant that is neither a tensor nor numbers' }],
  })
}
