/** `OnnxTensor` to TensorProto, the inverse of `decodeTensor`. */
import { checkTensor } from './check-model.js'
import { dataTypeNumber } from './data-type.js'
import { checkRank, toSize } from './dims.js'
import { quote } from './format-errors.js'
import { type Message, writeMessage } from './message.js'
import type { OnnxTensor, OnnxTensorData } from './model.js'
import { entryProto, tensorProto } from './protos.js'
import { checkTensorData } from './tensor-data.js'

/**
 * The bytes of a serialized TensorProto, as in ONNX test data sets.
 * Throws `CompileError` for dimensions out of bounds or data that is not what dims and type ask for.
 */
export function encodeTensor(tensor: OnnxTensor): Uint8Array {
  checkTensor(tensor)
  const { name, dtype, dims, data } = tensor
  const where = `tensor ${quote(name)}`
  checkRank(dims.length, where)
  checkTensorData(tensor, where)
  return writeMessage(tensorProto, {
    dims: BigInt64Array.from(dims, (dim) => BigInt(toSize(BigInt(dim), where))),
    dataType: dataTypeNumber(dtype),
    name: name === '' ? undefined : name,
    ...dataFields(data),
  })
}

function dataFields(data: OnnxTensorData): Partial<Message<typeof tensorProto>> {
  switch (data.kind) {
    case 'raw-data':
      return { rawData: data.bytes }
    case 'float-data':
      return { floatData: data.values }
    case 'double-data':
      return { doubleData: data.values }
    case 'int32-data':
      return { int32Data: data.values }
    case 'int64-data':
      return { int64Data: data.values }
    case 'uint64-data':
      return { uint64Data: data.values }
    case 'string-data':
      return { stringData: data.values }
    case 'external-data': {
      const { location, offset, length } = data
      const entries = { location, offset: String(offset), ...(length === undefined ? {} : { length: String(length) }) }
      const externalData = Object.entries(entries).map(([key, value]) => writeMessage(entryProto, { key, value }))
      return { externalData, dataLocation: 1 }
    }
    default:
      return data satisfies never
  }
}
