/**
 * The elements of an ONNX tensor as one typed array, whichever field of the file holds them.
 *
 * ONNX stores elements little-endian, as every host of WebGPU or CUDA does, so bytes are viewed where they are aligned and
 * copied where they are not: the result may share memory with the file and must not be written to.
 */
import { checkElements, checkName } from './check-elements.js'
import { checkTensor } from './check-model.js'
import { countElements } from './dims.js'
import { formatGap, malformed, quote } from './format-errors.js'
import type { OnnxTensor, OnnxTensorData } from './model.js'

/** Elements, row-major, with `dims`. f16 and bf16 are bits; bool is 0 or 1; i4 and u4 are two a byte, low nibble first. */
export type TensorData = { readonly dims: readonly number[] } & (
  | { readonly dtype: 'f32'; readonly data: Float32Array }
  | { readonly dtype: 'f64'; readonly data: Float64Array }
  | { readonly dtype: 'f16' | 'bf16' | 'u16'; readonly data: Uint16Array }
  | { readonly dtype: 'i8'; readonly data: Int8Array }
  | { readonly dtype: 'i16'; readonly data: Int16Array }
  | { readonly dtype: 'i32'; readonly data: Int32Array }
  | { readonly dtype: 'i64'; readonly data: BigInt64Array }
  | { readonly dtype: 'u32'; readonly data: Uint32Array }
  | { readonly dtype: 'u64'; readonly data: BigUint64Array }
  | { readonly dtype: 'u8' | 'bool' | 'i4' | 'u4'; readonly data: Uint8Array }
)

/** Element types whose values can be read. */
export type ReadableDataType = TensorData['dtype']

interface Storage {
  readonly bits: 4 | 8 | 16 | 32 | 64
  /** The typed field that may hold the elements instead of raw bytes. */
  readonly field: OnnxTensorData['kind']
  /** Bounds of one entry of that field, where the field is wider than the element. */
  readonly range?: readonly [min: number, max: number]
}

const storages: Readonly<Record<ReadableDataType, Storage>> = {
  f32: { bits: 32, field: 'float-data' },
  f64: { bits: 64, field: 'double-data' },
  i64: { bits: 64, field: 'int64-data' },
  u64: { bits: 64, field: 'uint64-data' },
  u32: { bits: 32, field: 'uint64-data', range: [0, 2 ** 32 - 1] },
  i32: { bits: 32, field: 'int32-data' },
  i16: { bits: 16, field: 'int32-data', range: [-(2 ** 15), 2 ** 15 - 1] },
  u16: { bits: 16, field: 'int32-data', range: [0, 2 ** 16 - 1] },
  f16: { bits: 16, field: 'int32-data', range: [0, 2 ** 16 - 1] },
  bf16: { bits: 16, field: 'int32-data', range: [0, 2 ** 16 - 1] },
  i8: { bits: 8, field: 'int32-data', range: [-128, 127] },
  u8: { bits: 8, field: 'int32-data', range: [0, 255] },
  bool: { bits: 8, field: 'int32-data', range: [0, 1] },
  i4: { bits: 4, field: 'int32-data', range: [0, 255] },
  u4: { bits: 4, field: 'int32-data', range: [0, 255] },
}

/**
 * The elements of `tensor`; `place` is what errors name.
 * Throws `UnsupportedError` `onnx/external-data` for elements in another file and `onnx/element-type` for types no operator
 * here takes (strings, complex, 8-bit and narrower floats); `CompileError` when the data is not what dims and type ask for.
 */
export function tensorData(tensor: OnnxTensor, place?: string): TensorData {
  checkTensor(tensor)
  const where = place ?? `tensor ${quote(tensor.name)}`
  const { dtype, dims } = tensor
  if (!isReadable(dtype)) throw formatGap('onnx/element-type', `elements of type ${dtype} cannot be read`, where)
  checkTensorData(tensor, where)
  const bytes = elementBytes(dtype, tensor.data, where)
  switch (dtype) {
    case 'f32':
      return { dtype, dims, data: view(Float32Array, bytes) }
    case 'f64':
      return { dtype, dims, data: view(Float64Array, bytes) }
    case 'f16':
    case 'bf16':
    case 'u16':
      return { dtype, dims, data: view(Uint16Array, bytes) }
    case 'i8':
      return { dtype, dims, data: view(Int8Array, bytes) }
    case 'i16':
      return { dtype, dims, data: view(Int16Array, bytes) }
    case 'i32':
      return { dtype, dims, data: view(Int32Array, bytes) }
    case 'i64':
      return { dtype, dims, data: view(BigInt64Array, bytes) }
    case 'u32':
      return { dtype, dims, data: view(Uint32Array, bytes) }
    case 'u64':
      return { dtype, dims, data: view(BigUint64Array, bytes) }
    case 'bool':
      return { dtype, dims, data: bytes.some((byte) => byte > 1) ? bytes.map((byte) => (byte > 0 ? 1 : 0)) : bytes }
    case 'u8':
    case 'i4':
    case 'u4':
      return { dtype, dims, data: bytes }
    default:
      return dtype satisfies never
  }
}

/**
 * A tensor of a model built in code. It shares memory with `value.data`. Throws as `checkTensorData`, and `CompileError`
 * `onnx/argument` for what are no elements.
 */
export function tensorOf(name: string, value: TensorData): OnnxTensor {
  checkName('a tensor', name)
  checkElements(name === '' ? 'a tensor' : `tensor ${quote(name)}`, value)
  const { buffer, byteOffset, byteLength } = value.data
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  const tensor: OnnxTensor = { name, dtype: value.dtype, dims: value.dims, data: { kind: 'raw-data', bytes } }
  checkTensorData(tensor, `tensor ${quote(name)}`)
  return tensor
}

/**
 * Throws `CompileError` unless the elements stand in a field that may hold them and are as many as the dimensions say:
 * `onnx/tensor-size`, `onnx/data-field`, `onnx/data-length`. Types that cannot be read are not looked into.
 */
export function checkTensorData(tensor: OnnxTensor, where: string): void {
  const { dtype, dims, data } = tensor
  const count = countElements(dims, where)
  if (!isReadable(dtype)) return
  const { bits, field } = storages[dtype]
  const described = `${dtype} of [${dims.join(', ')}]`
  if (data.kind === 'raw-data' || data.kind === 'external-data') {
    const expected = Math.ceil((count * bits) / 8)
    const actual = data.kind === 'raw-data' ? data.bytes.length : data.length
    if (actual !== undefined && actual !== expected) {
      throw malformed('onnx/data-length', `${described} takes ${expected} bytes, and has ${actual}`, where)
    }
  } else {
    if (data.kind !== field) {
      throw malformed('onnx/data-field', `${described} stands in ${data.kind}, not in ${field}`, where)
    }
    const expected = bits === 4 ? Math.ceil(count / 2) : count
    if (data.values.length !== expected) {
      throw malformed('onnx/data-length', `${described} takes ${expected} values, not ${data.values.length}`, where)
    }
  }
}

function isReadable(dtype: OnnxTensor['dtype']): dtype is ReadableDataType {
  return Object.hasOwn(storages, dtype)
}

/** The elements as raw-data would hold them. Throws `onnx/data-value` for an entry that the element type cannot hold. */
function elementBytes(dtype: ReadableDataType, data: OnnxTensorData, where: string): Uint8Array {
  switch (data.kind) {
    case 'raw-data':
      return new Uint8Array(data.bytes.buffer, data.bytes.byteOffset, data.bytes.byteLength)
    case 'float-data':
    case 'double-data':
    case 'int64-data':
      return bytesOf(data.values)
    case 'uint64-data':
      return dtype === 'u64' ? bytesOf(data.values) : bytesOf(Uint32Array.from(numbersIn(dtype, data.values, where)))
    case 'int32-data': {
      if (dtype === 'i32') return bytesOf(data.values)
      const values = numbersIn(dtype, data.values, where)
      return storages[dtype].bits === 16 ? bytesOf(Uint16Array.from(values)) : Uint8Array.from(values)
    }
    case 'external-data': {
      throw formatGap('onnx/external-data', `the data lies in another file, ${quote(data.location)}`, where)
    }
    case 'string-data':
      throw malformed('onnx/data-field', `${dtype} stands in string-data`, where)
    default:
      return data satisfies never
  }
}

function* numbersIn(
  dtype: ReadableDataType,
  values: Int32Array | BigUint64Array,
  where: string,
): Generator<number, void, undefined> {
  const [min, max] = storages[dtype].range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (const value of values) {
    if (value < min || value > max) {
      throw malformed('onnx/data-value', `${value} is no value of ${dtype}: not in [${min}, ${max}]`, where)
    }
    yield Number(value)
  }
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

interface ViewConstructor<A> {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A
}

function view<A>(elements: ViewConstructor<A>, bytes: Uint8Array): A {
  const size = elements.BYTES_PER_ELEMENT
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  return new elements(aligned.buffer, aligned.byteOffset, aligned.byteLength / size)
}
