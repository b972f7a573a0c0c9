import { describe, expect, test } from 'vitest'
import { decodeTensor } from './decode-tensor.js'
import { encodeTensor } from './encode-tensor.js'
import { type Message, writeMessage } from './message.js'
import type { OnnxTensor } from './model.js'
import { entryProto, tensorProto } from './protos.js'

type Fields = Partial<Message<typeof tensorProto>>

function encode(fields: Fields): Uint8Array {
  return writeMessage(tensorProto, { dims: BigInt64Array.of(2n), dataType: 1, name: 'w', ...fields })
}

function external(entries: Readonly<Record<string, string>>): Fields {
  const externalData = Object.entries(entries).map(([key, value]) => writeMessage(entryProto, { key, value }))
  return { dataLocation: 1, externalData }
}

const bytes8 = new Uint8Array(8)

test('reads a tensor byte by byte', () => {
  // dims: 2 (field 1, one by one), data_type: 7 (i64), name: "x", int64_data: [1, -1] (field 7, packed)
  const minusOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
  const bytes = Uint8Array.of(0x08, 2, 0x10, 7, 0x42, 1, 0x78, 0x3a, 11, 1, ...minusOne)
  expect(decodeTensor(bytes)).toEqual({
    name: 'x',
    dtype: 'i64',
    dims: [2],
    data: { kind: 'int64-data', values: BigInt64Array.of(1n, -1n) },
  })
})

test.each<OnnxTensor>([
  { name: '', dtype: 'f32', dims: [], data: { kind: 'raw-data', bytes: new Uint8Array(4) } },
  { name: 'none', dtype: 'f32', dims: [4, 0], data: { kind: 'raw-data', bytes: new Uint8Array() } },
  { name: 'f', dtype: 'f32', dims: [2], data: { kind: 'float-data', values: Float32Array.of(1, -0) } },
  { name: 'd', dtype: 'f64', dims: [1], data: { kind: 'double-data', values: Float64Array.of(0.1) } },
  { name: 'i', dtype: 'i8', dims: [1, 1], data: { kind: 'int32-data', values: Int32Array.of(-3) } },
  { name: 'l', dtype: 'i64', dims: [1], data: { kind: 'int64-data', values: BigInt64Array.of(-(2n ** 63n)) } },
  { name: 'u', dtype: 'u32', dims: [1], data: { kind: 'uint64-data', values: BigUint64Array.of(7n) } },
  { name: 's', dtype: 'string', dims: [2], data: { kind: 'string-data', values: ['a', 'ü'] } },
  { name: 'q', dtype: 'f8e5m2', dims: [3], data: { kind: 'raw-data', bytes: new Uint8Array(3) } },
  {
    name: 'e',
    dtype: 'f32',
    dims: [2],
    data: { kind: 'external-data', location: 'data/w.bin', offset: 4096, length: 8 },
  },
  { name: 'e', dtype: 'f32', dims: [2], data: { kind: 'external-data', location: 'w', offset: 0, length: undefined } },
])('encoded and decoded: $dtype $data.kind', (tensor) => {
  expect(decodeTensor(encodeTensor(tensor))).toEqual(tensor)
})

describe('refuses', () => {
  test.each<[string, Fields, string, string]>([
    ['no type', { dataType: undefined, rawData: bytes8 }, 'onnx/data-type', '0 is no element type of ONNX'],
    ['an unknown type', { dataType: 99, rawData: bytes8 }, 'onnx/data-type', '99 is no element type of ONNX'],
    ['a negative type', { dataType: -1, rawData: bytes8 }, 'onnx/data-type', '-1 is no element type of ONNX'],
    [
      'a negative dimension',
      { dims: BigInt64Array.of(-2n), rawData: bytes8 },
      'onnx/dimension',
      'a dimension of -2 is not in [0, 2147483647]',
    ],
    [
      'a dimension of 2^40',
      { dims: BigInt64Array.of(2n ** 40n, 0n) },
      'onnx/dimension',
      'a dimension of 1099511627776 is not in [0, 2147483647]',
    ],
    ['rank 33', { dims: new BigInt64Array(33) }, 'onnx/dimension', 'rank 33 is more than 32'],
    [
      '2^62 elements',
      { dims: BigInt64Array.of(2n ** 30n, 2n ** 30n, 4n) },
      'onnx/tensor-size',
      'a tensor of [1073741824, 1073741824, 4] has more than 2147483647 elements',
    ],
    [
      'bytes that do not fit the shape',
      { rawData: new Uint8Array(7) },
      'onnx/data-length',
      'f32 of [2] takes 8 bytes, and has 7',
    ],
    ['no data', {}, 'onnx/data-length', 'f32 of [2] takes 8 bytes, and has 0'],
    [
      'data in two places',
      { rawData: bytes8, floatData: Float32Array.of(1, 2) },
      'onnx/data-field',
      'the data stands in more than one place: float-data and raw-data',
    ],
    [
      'data in a field of another type',
      { int32Data: Int32Array.of(1, 2) },
      'onnx/data-field',
      'f32 of [2] stands in int32-data, not in float-data',
    ],
    ['an unknown location', { dataLocation: 2 }, 'onnx/data-field', '2 is no data location of ONNX'],
    ['external data without a file', external({}), 'onnx/missing-field', 'external data has no location'],
    [
      'an offset that is no number',
      external({ location: 'w', offset: '-1' }),
      'onnx/bad-number',
      'external data has "-1" as a number of bytes',
    ],
    [
      'an offset beyond 2^53',
      external({ location: 'w', offset: '9999999999999999' }),
      'onnx/bad-number',
      'external data has "9999999999999999" as a number of bytes',
    ],
    ['a segment', { segment: new Uint8Array() }, 'onnx/segment', 'the tensor is a segment of a larger one'],
  ])('%s', (_, fields, code, message) => {
    expect(() => decodeTensor(encode(fields), 'input_0.pb')).toThrow(
      expect.objectContaining({ code, message, where: 'input_0.pb "w"' }),
    )
  })

  test.each([
    '',
    '..',
    '../w',
    'a/../../w',
    'a\\..\\w',
    '/etc/passwd',
    '\\\\host\\w',
    'C:w',
    'file:///w',
    'a//b',
    'w\0',
  ])('the external path %j', (location) => {
    expect(() => decodeTensor(encode(external({ location })))).toThrow(
      expect.objectContaining({ code: 'onnx/external-path' }),
    )
  })
})
