import type { HostTensor } from '@tilewright/runtime'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareTensors } from './compare-tensors.js'
import { onnxTolerance, type Tolerance } from './tolerance.js'

const f32 = (...values: number[]): HostTensor => ({
  dtype: 'f32',
  shape: [values.length],
  data: Float32Array.from(values),
})
const ofMax: Tolerance = { kind: 'of-max', ratio: 1e-4 }
const isRight = (got: HostTensor, want: HostTensor, tolerance: Tolerance = onnxTolerance): boolean =>
  compareTensors(got, want, tolerance).mismatch === undefined

describe('floats, element by element', () => {
  test('may differ by atol + rtol · |want|', () => {
    expect(isRight(f32(1000.9), f32(1000))).toBe(true)
    expect(isRight(f32(1001.1), f32(1000))).toBe(false)
    expect(isRight(f32(0.9e-7), f32(0))).toBe(true)
    expect(isRight(f32(1.1e-7), f32(0))).toBe(false)
    // Beside a value of 1 nothing is known of less than its rounding.
    expect(isRight(f32(1, 0.9e-6), f32(1, 0))).toBe(true)
    expect(isRight(f32(1, 1.1e-6), f32(1, 0))).toBe(false)
    expect(isRight(f32(1.5), f32(1), { kind: 'element', rtol: 0, atol: 0.5, ofMax: 0 })).toBe(true)
    expect(isRight(f32(1.5), f32(1), { kind: 'element', rtol: 0, atol: 0.4, ofMax: 0 })).toBe(false)
  })

  test('are measured against the expected value, not the computed one', () => {
    const tenth: Tolerance = { kind: 'element', rtol: 0.1, atol: 0, ofMax: 0 }
    expect(isRight(f32(110), f32(100), tenth)).toBe(true)
    expect(isRight(f32(100), f32(111), tenth)).toBe(true)
    expect(isRight(f32(111), f32(100), tenth)).toBe(false)
  })
})

test('floats with of-max may differ by a part of the largest expected value of their tensor', () => {
  expect(isRight(f32(1000, 0.09), f32(1000, 0), ofMax)).toBe(true)
  expect(isRight(f32(1000, 0.11), f32(1000, 0), ofMax)).toBe(false)
  expect(isRight(f32(-1000, 0.09), f32(-1000, 0), ofMax)).toBe(true)
  // Nothing is allowed where everything should be 0.
  expect(isRight(f32(1e-30), f32(0), ofMax)).toBe(false)
})

describe.each([onnxTolerance, ofMax])('with $kind tolerance', (tolerance) => {
  test('NaN equals NaN and nothing else', () => {
    expect(isRight(f32(Number.NaN), f32(Number.NaN), tolerance)).toBe(true)
    expect(isRight(f32(0), f32(Number.NaN), tolerance)).toBe(false)
    expect(isRight(f32(Number.NaN), f32(0), tolerance)).toBe(false)
    expect(isRight(f32(Number.NaN), f32(Number.POSITIVE_INFINITY), tolerance)).toBe(false)
  })

  test('an infinity equals the infinity of its sign and nothing else', () => {
    const [up, down] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    expect(isRight(f32(up, down), f32(up, down), tolerance)).toBe(true)
    expect(isRight(f32(up), f32(down), tolerance)).toBe(false)
    expect(isRight(f32(1), f32(up), tolerance)).toBe(false)
    expect(isRight(f32(up), f32(1), tolerance)).toBe(false)
  })

  test('an infinity beside it does not make a value right', () => {
    expect(isRight(f32(Number.POSITIVE_INFINITY, 2), f32(Number.POSITIVE_INFINITY, 1), tolerance)).toBe(false)
  })

  test('integers and bool are exact', () => {
    for (const dtype of ['i32', 'u32', 'i8', 'u8', 'bool', 'i64'] as const) {
      const tensor = (value: number): HostTensor => {
        const arrays = { i32: Int32Array, u32: Uint32Array, i8: Int8Array, u8: Uint8Array, bool: Uint8Array }
        const data = dtype === 'i64' ? BigInt64Array.of(BigInt(value)) : arrays[dtype].of(value)
        return { dtype, shape: [1], data }
      }
      expect(isRight(tensor(1), tensor(1), tolerance)).toBe(true)
      expect(isRight(tensor(0), tensor(1), tolerance)).toBe(false)
    }
  })

  test('int64 beyond the precision of doubles is exact too', () => {
    const tensor = (value: bigint): HostTensor => ({ dtype: 'i64', shape: [1], data: BigInt64Array.of(value) })
    expect(isRight(tensor(2n ** 60n), tensor(2n ** 60n), tolerance)).toBe(true)
    expect(isRight(tensor(2n ** 60n + 1n), tensor(2n ** 60n), tolerance)).toBe(false)
  })

  test('tensors without elements are equal when their shapes are', () => {
    const empty = (shape: number[]): HostTensor => ({ dtype: 'f32', shape, data: new Float32Array(0) })
    expect(compareTensors(empty([0, 3]), empty([0, 3]), tolerance)).toEqual({
      elements: 0,
      wrong: 0,
      largestError: 0,
      largestErrorOfMax: 0,
      mismatch: undefined,
    })
    expect(isRight(empty([0, 3]), empty([3, 0]), tolerance)).toBe(false)
  })

  test('a tensor is right against itself, whatever it holds', () => {
    fc.assert(
      fc.property(fc.float32Array(), (data) => {
        const tensor: HostTensor = { dtype: 'f32', shape: [data.length], data }
        expect(compareTensors(tensor, tensor, tolerance)).toMatchObject({ wrong: 0, largestError: 0 })
      }),
      { numRuns: propertyRuns() },
    )
  })
})

test('halves compare by value', () => {
  const half = (bits: number): HostTensor => ({ dtype: 'f16', shape: [1], data: Uint16Array.of(bits) })
  const [one, nextAfterOne, two] = [0x3c00, 0x3c01, 0x4000]
  expect(isRight(half(nextAfterOne), half(one))).toBe(true)
  expect(isRight(half(two), half(one))).toBe(false)
  const bfloat = (bits: number): HostTensor => ({ dtype: 'bf16', shape: [1], data: Uint16Array.of(bits) })
  expect(compareTensors(bfloat(0x3f81), bfloat(0x3f80), { kind: 'of-max', ratio: 8e-3 })).toMatchObject({
    wrong: 0,
    largestError: 2 ** -7,
  })
  expect(isRight(bfloat(0x4000), bfloat(0x3f80))).toBe(false)
})

test('reports the largest errors, and the worst element with its place', () => {
  const shape = [2, 2]
  const want: HostTensor = { dtype: 'f32', shape, data: Float32Array.of(1, 2, 4, 8) }
  const got: HostTensor = { dtype: 'f32', shape, data: Float32Array.of(1, 2.5, 4, 6) }
  expect(compareTensors(got, want, onnxTolerance)).toEqual({
    elements: 4,
    wrong: 2,
    largestError: 2,
    largestErrorOfMax: 0.25,
    mismatch: '2 of 4 elements differ, the worst at [1, 1]: got 6, expected 8',
  })
})

test('another dtype, shape or rank is a mismatch', () => {
  const want = f32(1, 2)
  const i32: HostTensor = { dtype: 'i32', shape: [2], data: Int32Array.of(1, 2) }
  const row: HostTensor = { ...want, shape: [1, 2] }
  expect(compareTensors(i32, want, onnxTolerance).mismatch).toBe('dtype is i32, expected f32')
  expect(compareTensors(row, want, onnxTolerance).mismatch).toBe('shape is [1, 2], expected [2]')
  expect(compareTensors(f32(1), want, onnxTolerance).mismatch).toBe('shape is [1], expected [2]')
})
