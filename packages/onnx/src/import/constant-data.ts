/** ONNX element types as the graph's, and constants in them. */
import type { TensorData as GraphData, TensorDType } from '@tilewright/graph'
import { dtypes, UnsupportedError } from '@tilewright/ir'
import type { OnnxDataType } from '../data-type.js'
import { quote } from '../format-errors.js'
import type { OnnxTensor } from '../model.js'
import { type TensorData, tensorData } from '../tensor-data.js'

const supported: ReadonlySet<string> = new Set<TensorDType>([...dtypes, 'i64'])

/** Whether graphs have the element type. */
export function isGraphDType(dtype: OnnxDataType): dtype is TensorDType {
  return supported.has(dtype)
}

/** Data of an ONNX tensor as data of the graph. Throws `UnsupportedError` `onnx/dtype`. */
export function graphData(value: TensorData, where: string): GraphData {
  const { dtype, data } = value
  switch (dtype) {
    case 'f32':
    case 'f16':
    case 'bf16':
    case 'i64':
    case 'i32':
    case 'u32':
    case 'i8':
    case 'u8':
    case 'bool':
      return { dtype, shape: value.dims, data }
    default:
      throw dtypeGap(dtype, where)
  }
}

/** The constant that a TensorProto holds. Throws as `tensorData`, and `UnsupportedError` `onnx/dtype`. */
export function constantData(tensor: OnnxTensor, where: string = `tensor ${quote(tensor.name)}`): GraphData {
  return graphData(tensorData(tensor, where), where)
}

export function dtypeGap(dtype: OnnxDataType, where: string): UnsupportedError {
  const what = `element type ${dtype}`
  return new UnsupportedError({
    code: 'onnx/dtype',
    message: `${what} is not supported`,
    where,
    help: 'convert the tensor to float32, float16, bfloat16, int64, int32, uint32, int8, uint8 or bool before exporting',
    gaps: [{ where, what }],
  })
}
