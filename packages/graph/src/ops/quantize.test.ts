import { size } from '@tilewright/ir'
import { propertyRuns, runOperation, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TensorDType, TensorType } from '../tensor.js'
import { dequantizeLinearOp, dynamicQuantizeLinearOp, quantizeLinearOp } from './quantize.js'

const tensor = (dtype: TensorDType, ...shape: TensorType['shape']): TensorType => ({ dtype, shape })
const perTensor = { axis: 1, blockSize: 0 }
const { POSITIVE_INFINITY: infinity } = Number

describe('QuantizeLinear', () => {
  test('rounds halves to even, then moves by the zero point, then saturates', () => {
    const x = Float32Array.of(-1e9, -5, -3, -1, 0, 1, 3, 5, 253, 1e9, infinity, -infinity)
    const type = tensor('f32', x.length)
    const run = (dtype: 'u8' | 'i8', zeroPoint: number | undefined) =>
      runOperation(quantizeLinearOp(type, 2, zeroPoint, { ...perTensor, dtype }), [{ type, data: x }])[0]
    expect(run('u8', undefined)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 2, 2, 126, 255, 255, 0))
    expect(run('u8', 10)).toEqual(Uint8Array.of(0, 8, 8, 10, 10, 10, 12, 12, 136, 255, 255, 0))
    expect(run('i8', -1)).toEqual(Int8Array.of(-128, -3, -3, -1, -1, -1, 1, 1, 125, 127, 127, -128))
  })

  test('of int32', () => {
    const type = tensor('i32', 3)
    const operation = quantizeLinearOp(type, 3, 5, { ...perTensor, dtype: 'u8' })
    expect(runOperation(operation, [{ type, data: Int32Array.of(-6, 0, 7) }])[0]).toEqual(Uint8Array.of(3, 5, 7))
  })

  test('parameters along an axis, one in blocks, one of one element', () => {
    const x = tensor('f32', 2, 4)
    const data = Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40)
    const scale = { type: tensor('f32', 2), data: Float32Array.of(1, 10) }
    const zero = { type: tensor('i8', 2), data: Int8Array.of(0, -5) }
    const rows = quantizeLinearOp(x, scale.type, zero.type, { axis: -2, blockSize: 0, dtype: 'i8' })
    expect(runOperation(rows, [{ type: x, data }, scale, zero])[0]).toEqual(Int8Array.of(1, 2, 3, 4, -4, -3, -2, -1))
    const blockScale = { type: tensor('f32', 2, 2), data: Float32Array.of(1, 4, 2, 5) }
    const blocks = quantizeLinearOp(x, blockScale.type, 7, { axis: 1, blockSize: 3, dtype: 'u8' })
    expect(runOperation(blocks, [{ type: x, data }, blockScale])[0]).toEqual(Uint8Array.of(8, 9, 10, 8, 12, 17, 22, 15))
    const one = { type: tensor('f32', 1), data: Float32Array.of(2) }
    const whole = quantizeLinearOp(tensor('f32'), one.type, undefined, { ...perTensor, dtype: 'u8' })
    expect(runOperation(whole, [{ type: tensor('f32'), data: Float32Array.of(6) }, one])[0]).toEqual(Uint8Array.of(3))
  })

  test('what does not fit is refused', () => {
    const u8 = { ...perTensor, dtype: 'u8' } as const
    const x = tensor('f32', 2, 4)
    const message = (run: () => unknown): string => thrownBy(run).message
    expect(message(() => quantizeLinearOp(x, tensor('f32', 3), undefined, u8))).toContain('[3] for axis 1 of [2, 4]')
    expect(message(() => quantizeLinearOp(x, tensor('f32', 2, 1), undefined, { ...u8, blockSize: 3 }))).toContain(
      'blocks of 3',
    )
    expect(message(() => quantizeLinearOp(x, 1, tensor('i8'), u8))).toContain('the zero point is i8, the tensor u8')
    expect(message(() => quantizeLinearOp(tensor('bool', 2), 1, undefined, u8))).toContain('not defined on bool')
    const { equalSizes } = quantizeLinearOp(tensor('f32', 2, size('n')), tensor('f32', 4), undefined, u8)
    expect(equalSizes).toHaveLength(1)
  })
})

describe('DequantizeLinear', () => {
  test('is (x - zero point) · scale', () => {
    const x = { type: tensor('u8', 3), data: Uint8Array.of(0, 128, 255) }
    const f32 = { ...perTensor, dtype: 'f32' } as const
    expect(runOperation(dequantizeLinearOp(x.type, 0.5, 128, f32), [x])[0]).toEqual(Float32Array.of(-64, 0, 63.5))
    const wide = { type: tensor('i32', 2), data: Int32Array.of(-(2 ** 31), 3) }
    expect(runOperation(dequantizeLinearOp(wide.type, 2, undefined, f32), [wide])[0]).toEqual(
      Float32Array.of(-(2 ** 32), 6),
    )
    expect(thrownBy(() => dequantizeLinearOp(tensor('u32', 2), 2, undefined, f32)).message).toContain('u32')
    expect(thrownBy(() => dequantizeLinearOp(x.type, 2, undefined, { ...f32, dtype: 'i32' })).message).toContain('i32')
  })

  test('undoes QuantizeLinear to half a step', () => {
    const values = fc.array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 0, maxLength: 9 })
    const scales = fc.constantFrom(0.5, 0.75, 1.25)
    fc.assert(
      fc.property(values, scales, fc.integer({ min: -20, max: 20 }), (numbers, scale, zeroPoint) => {
        const x = { type: tensor('f32', numbers.length), data: Float32Array.from(numbers) }
        const quantized = { type: tensor('i8', numbers.length), dtype: 'i8' } as const
        const [q] = runOperation(quantizeLinearOp(x.type, scale, zeroPoint, { ...perTensor, dtype: 'i8' }), [x])
        const back = dequantizeLinearOp(quantized.type, scale, zeroPoint, { ...perTensor, dtype: 'f32' })
        const [y] = runOperation(back, [{ type: quantized.type, data: q! }])
        numbers.forEach((value, i) => {
          const inside = Math.min(Math.max(value, (-128 - zeroPoint) * scale), (127 - zeroPoint) * scale)
          expect(Math.abs(Number(y?.[i]) - inside)).toBeLessThanOrEqual(scale / 2 + 1e-4)
        })
      }),
      { numRuns: propertyRuns() },
    )
  })
})

test.each([
  { x: [0, 2, -3, -2.5, 1.34, 0.5], y: [153, 255, 0, 26, 221, 179], scale: 5 / 255, zeroPoint: 153 },
  { x: [1, 2, 4, 8], y: [32, 64, 127, 255], scale: 8 / 255, zeroPoint: 0 },
  { x: [-4, -2], y: [0, 128], scale: 4 / 255, zeroPoint: 255 },
  { x: [0, 0], y: [0, 0], scale: 1, zeroPoint: 0 },
  { x: [], y: [], scale: 1, zeroPoint: 0 },
])('DynamicQuantizeLinear of $x', ({ x, y, scale, zeroPoint }) => {
  const input = { type: tensor('f32', x.length), data: Float32Array.from(x) }
  const results = runOperation(dynamicQuantizeLinearOp(input.type), [input])
  expect(results).toEqual([Uint8Array.from(y), Float32Array.of(scale), Uint8Array.of(zeroPoint)])
  const scalar = { type: tensor('f32'), data: Float32Array.of(255) }
  expect(runOperation(dynamicQuantizeLinearOp(scalar.type), [scalar])[0]).toEqual(Uint8Array.of(255))
})
