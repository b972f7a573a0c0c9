import { describe, expect, test } from 'vitest'
import type { OnnxTensor, OnnxTensorData } from './model.js'
import { checkTensorData, tensorData, tensorOf } from './tensor-data.js'

function tensor(dtype: OnnxTensor['dtype'], dims: readonly number[], data: OnnxTensorData): OnnxTensor {
  return { name: 'w', dtype, dims, data }
}

const raw = (...bytes: number[]): OnnxTensorData => ({ kind: 'raw-data', bytes: Uint8Array.from(bytes) })
const int32 = (...values: number[]): OnnxTensorData => ({ kind: 'int32-data', values: Int32Array.from(values) })
const uint64 = (...values: bigint[]): OnnxTensorData => ({ kind: 'uint64-data', values: BigUint64Array.from(values) })

describe('tensorData', () => {
  test.each([
    ['f32', [1], raw(0, 0, 0x80, 0x3f), Float32Array.of(1)],
    ['f64', [1], raw(0, 0, 0, 0, 0, 0, 0xf0, 0xbf), Float64Array.of(-1)],
    ['f16', [2], raw(0, 0x3c, 0, 0xbc), Uint16Array.of(0x3c00, 0xbc00)],
    ['bf16', [1], raw(0x80, 0x3f), Uint16Array.of(0x3f80)],
    ['i8', [2], raw(0xff, 0x7f), Int8Array.of(-1, 127)],
    ['u8', [2], raw(0xff, 0x7f), Uint8Array.of(255, 127)],
    ['i16', [1], raw(0xfe, 0xff), Int16Array.of(-2)],
    ['u16', [1], raw(0xfe, 0xff), Uint16Array.of(0xfffe)],
    ['i32', [], raw(0xfe, 0xff, 0xff, 0xff), Int32Array.of(-2)],
    ['u32', [1], raw(0xfe, 0xff, 0xff, 0xff), Uint32Array.of(0xfffffffe)],
    ['i64', [1], raw(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), BigInt64Array.of(2n ** 63n - 1n)],
    ['u64', [1], raw(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), BigUint64Array.of(2n ** 64n - 1n)],
    ['bool', [3], raw(0, 1, 2), Uint8Array.of(0, 1, 1)],
    ['i4', [3], raw(0x21, 0x0f), Uint8Array.of(0x21, 0x0f)],
    ['u4', [1, 3], raw(0x21, 0x03), Uint8Array.of(0x21, 0x03)],
    ['f32', [0, 2 ** 31 - 1], raw(), new Float32Array()],
    ['f32', [2], { kind: 'float-data', values: Float32Array.of(1, 2) }, Float32Array.of(1, 2)],
    ['f64', [1], { kind: 'double-data', values: Float64Array.of(0.1) }, Float64Array.of(0.1)],
    ['i64', [1], { kind: 'int64-data', values: BigInt64Array.of(-5n) }, BigInt64Array.of(-5n)],
    ['u64', [1], uint64(2n ** 64n - 1n), BigUint64Array.of(2n ** 64n - 1n)],
    ['u32', [1], uint64(2n ** 32n - 1n), Uint32Array.of(2 ** 32 - 1)],
    ['i32', [2], int32(-1, 5), Int32Array.of(-1, 5)],
    ['i16', [2], int32(-32768, 32767), Int16Array.of(-32768, 32767)],
    ['u16', [1], int32(65535), Uint16Array.of(65535)],
    ['f16', [1], int32(0xbc00), Uint16Array.of(0xbc00)],
    ['bf16', [1], int32(0xbf80), Uint16Array.of(0xbf80)],
    ['i8', [2], int32(-128, 127), Int8Array.of(-128, 127)],
    ['u8', [1], int32(255), Uint8Array.of(255)],
    ['bool', [2], int32(0, 1), Uint8Array.of(0, 1)],
    ['i4', [3], int32(0x21, 0x03), Uint8Array.of(0x21, 0x03)],
  ] as const)('%s, case %#', (dtype, dims, data, values) => {
    const result = tensorData(tensor(dtype, dims, data))
    expect(result).toEqual({ dtype, dims, data: values })
    expect(result.data.constructor).toBe(values.constructor)
  })

  test('views aligned bytes, copies unaligned ones', () => {
    const file = new Uint8Array(16)
    file.set([0, 0, 0x80, 0x3f], 4)
    file.set([0, 0, 0, 0x40], 9)
    const aligned = tensorData(tensor('f32', [1], { kind: 'raw-data', bytes: file.subarray(4, 8) }))
    const unaligned = tensorData(tensor('f32', [1], { kind: 'raw-data', bytes: file.subarray(9, 13) }))
    expect(aligned.data).toEqual(Float32Array.of(1))
    expect(aligned.data.buffer).toBe(file.buffer)
    expect(unaligned.data).toEqual(Float32Array.of(2))
  })

  test('reads unaligned bytes of a Buffer, whose slices do not copy', () => {
    const bytes = Buffer.from([9, 0, 0, 0, 0x40]).subarray(1)
    const { data } = tensorData(tensor('f32', [1], { kind: 'raw-data', bytes }))
    expect(data).toEqual(Float32Array.of(2))
  })

  test.each([
    ['too few bytes', tensor('f32', [2], raw(0, 0, 0, 0)), 'onnx/data-length'],
    ['too many bytes', tensor('u8', [2], raw(1, 2, 3)), 'onnx/data-length'],
    ['no bytes', tensor('u8', [], raw()), 'onnx/data-length'],
    ['too many bytes of 4-bit pairs', tensor('i4', [2], raw(1, 2)), 'onnx/data-length'],
    ['too few values', tensor('i32', [2], int32(1)), 'onnx/data-length'],
    ['a field of another type', tensor('f32', [1], int32(1)), 'onnx/data-field'],
    ['text for numbers', tensor('f32', [1], { kind: 'string-data', values: ['1'] }), 'onnx/data-field'],
    ['i8 of 128', tensor('i8', [1], int32(128)), 'onnx/data-value'],
    ['u8 of -1', tensor('u8', [1], int32(-1)), 'onnx/data-value'],
    ['bool of 2', tensor('bool', [1], int32(2)), 'onnx/data-value'],
    ['f16 bits beyond 16', tensor('f16', [1], int32(65536)), 'onnx/data-value'],
    ['u32 of 2^32', tensor('u32', [1], uint64(2n ** 32n)), 'onnx/data-value'],
    ['2^31 elements', tensor('u8', [2 ** 16, 2 ** 15], raw()), 'onnx/tensor-size'],
    ['2^930 elements', tensor('u8', Array<number>(30).fill(2 ** 31 - 1), raw()), 'onnx/tensor-size'],
    ['strings', tensor('string', [1], { kind: 'string-data', values: ['a'] }), 'onnx/element-type'],
    ['8-bit floats', tensor('f8e4m3fn', [1], raw(1)), 'onnx/element-type'],
    [
      'external data',
      tensor('f32', [1], { kind: 'external-data', location: 'weights.bin', offset: 0, length: 4 }),
      'onnx/external-data',
    ],
  ] as const)('refuses %s', (_, value, code) => {
    expect(() => tensorData(value)).toThrow(expect.objectContaining({ code, where: 'tensor "w"' }))
  })

  test('says what was expected and where', () => {
    expect(() => tensorData(tensor('f32', [2, 3], raw(1, 2)), 'graph "g" › initializer 4 "w"')).toThrow(
      expect.objectContaining({
        message: 'f32 of [2, 3] takes 24 bytes, and has 2',
        where: 'graph "g" › initializer 4 "w"',
        help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
      }),
    )
  })
})

describe('tensorOf', () => {
  test('is undone by tensorData', () => {
    const value = { dtype: 'i64', dims: [2, 1], data: BigInt64Array.of(1n, -1n) } as const
    expect(tensorData(tensorOf('shape', value))).toEqual(value)
  })

  test('takes only the part of a buffer that is viewed', () => {
    const value = { dtype: 'f32', dims: [2], data: Float32Array.of(1, 2, 3, 4).subarray(1, 3) } as const
    expect(tensorOf('w', value).data).toEqual(raw(0, 0, 0, 0x40, 0, 0, 0x40, 0x40))
  })

  test('refuses data that is not what the dimensions say', () => {
    const value = { dtype: 'f32', dims: [3], data: Float32Array.of(1, 2) } as const
    expect(() => tensorOf('w', value)).toThrow(expect.objectContaining({ code: 'onnx/data-length' }))
  })
})

test('checkTensorData looks at the length of external data where it is given', () => {
  const external = (length: number | undefined): OnnxTensor =>
    tensor('f16', [3], { kind: 'external-data', location: 'w.bin', offset: 8, length })
  expect(() => checkTensorData(external(undefined), 'w')).not.toThrow()
  expect(() => checkTensorData(external(6), 'w')).not.toThrow()
  expect(() => checkTensorData(external(7), 'w')).toThrow(expect.objectContaining({ code: 'onnx/data-length' }))
})
