/**
 * TensorProto to `OnnxTensor`: exactly one place for the elements, a known type, bounded dimensions, and as many elements as
 * the dimensions say. The elements of raw_data stay where they are in the file.
 */
import { checkBytes } from './check-model.js'
import { dataTypeOf } from './data-type.js'
import { checkRank, toSize } from './dims.js'
import { orForeignTensor } from './foreign-file.js'
import { formatGap, malformed, quote } from './format-errors.js'
import { type Message, readMessage } from './message.js'
import type { OnnxTensor, OnnxTensorData } from './model.js'
import { entryProto, tensorProto } from './protos.js'
import { checkTensorData } from './tensor-data.js'

/** TensorProto.DataLocation.EXTERNAL */
const external = 1

/**
 * Decodes a serialized TensorProto, such as the files of ONNX test data sets. `where` is the place that errors name.
 * Throws `CompileError` for anything malformed, `onnx/not-a-tensor` for files that are known to be something else, and
 * `UnsupportedError` `onnx/segment` for a part of a tensor.
 */
export function decodeTensor(bytes: Uint8Array, where: string = 'tensor'): OnnxTensor {
  checkBytes('a tensor', bytes)
  return orForeignTensor(bytes, where, () => readTensor(bytes, where))
}

/** A tensor inside of something else; throws as `decodeTensor` does of a tensor that is none. */
export function readTensor(bytes: Uint8Array, where: string): OnnxTensor {
  const proto = readMessage(tensorProto, bytes, where)
  const name = proto.name ?? ''
  const place = name === '' ? where : `${where} ${quote(name)}`
  if (proto.segment !== undefined) throw formatGap('onnx/segment', 'the tensor is a segment of a larger one', place)
  const number = proto.dataType ?? 0
  const dtype = dataTypeOf(number)
  if (dtype === undefined) throw malformed('onnx/data-type', `${number} is no element type of ONNX`, place)
  checkRank(proto.dims.length, place)
  const dims = Array.from(proto.dims, (dim) => toSize(dim, place))
  const tensor: OnnxTensor = { name, dtype, dims, data: dataOf(proto, place) }
  checkTensorData(tensor, place)
  return tensor
}

function dataOf(proto: Message<typeof tensorProto>, where: string): OnnxTensorData {
  const typed: readonly OnnxTensorData[] = [
    { kind: 'float-data', values: proto.floatData },
    { kind: 'double-data', values: proto.doubleData },
    { kind: 'int32-data', values: proto.int32Data },
    { kind: 'int64-data', values: proto.int64Data },
    { kind: 'uint64-data', values: proto.uint64Data },
    { kind: 'string-data', values: proto.stringData },
  ]
  const found = typed.filter((data) => 'values' in data && data.values.length > 0)
  if (proto.rawData !== undefined) found.push({ kind: 'raw-data', bytes: proto.rawData })
  const location = proto.dataLocation ?? 0
  if (location === external) found.push(externalData(proto.externalData, where))
  else if (location !== 0) throw malformed('onnx/data-field', `${location} is no data location of ONNX`, where)
  if (found.length > 1) {
    const kinds = found.map((data) => data.kind).join(' and ')
    throw malformed('onnx/data-field', `the data stands in more than one place: ${kinds}`, where)
  }
  // A tensor without elements may leave out every field.
  return found[0] ?? { kind: 'raw-data', bytes: new Uint8Array() }
}

function externalData(entries: readonly Uint8Array[], where: string): OnnxTensorData {
  const values = new Map<string, string>()
  for (const bytes of entries) {
    const { key = '', value = '' } = readMessage(entryProto, bytes, where)
    if (values.has(key)) throw malformed('onnx/duplicate-field', `external data has two of ${quote(key)}`, where)
    values.set(key, value)
  }
  const location = values.get('location')
  if (location === undefined) throw malformed('onnx/missing-field', 'external data has no location', where)
  checkLocation(location, where)
  const offset = byteCount(values.get('offset') ?? '0', where)
  const length = values.get('length')
  return {
    kind: 'external-data',
    location,
    offset,
    length: length === undefined ? undefined : byteCount(length, where),
  }
}

/** Throws `onnx/external-path` for a path that could name anything outside the model's folder, on any system. */
function checkLocation(location: string, where: string): void {
  const parts = location.split(/[/\\]/)
  // An empty part is an absolute path or a doubled slash; a colon starts a drive, a URL or a stream; NUL ends C strings.
  if (parts.some((part) => part === '' || part === '..') || /[:\0]/.test(location)) {
    throw malformed('onnx/external-path', `the external data path ${quote(location)} leaves the model's folder`, where)
  }
}

function byteCount(text: string, where: string): number {
  const value = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value)) {
    throw malformed('onnx/bad-number', `external data has ${quote(text)} as a number of bytes`, where)
  }
  return value
}
