/** Operators of ONNX that only change shapes, and constants. */
import { flattenOp, reshapeOp, type Tensor, type TensorData } from '@tilewright/graph'
import { UnsupportedError } from '@tilewright/ir'
import { constantData } from '../constant-data.js'
import type { NodeContext } from '../node-context.js'
import { apply, type OnnxOperator } from '../operator.js'

export const shapeOperators: Readonly<Record<string, OnnxOperator>> = {
  Reshape: {
    hostInputs: [1],
    import: (context) => {
      const data = context.input(0)
      const allowZero = context.int('allowzero', 0) !== 0
      return apply(reshapeOp(data, { shape: context.hostInts(1), allowZero }), [data])
    },
  },
  Flatten: {
    import: (context) => {
      const data = context.input(0)
      return apply(flattenOp(data, { axis: context.int('axis', 1) }), [data])
    },
  },
  Constant: {
    import: (context) => ({ kind: 'tensors', tensors: [constantOf(context)] }),
  },
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
