import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { meanVarianceNormalizationOp, rmsNormalizationOp } from './rms-normalize.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })

test.each([-1, 1, 0])('RMSNormalization from axis %d on', (axis) => {
  const x = { type: f32(2, 2, 3), data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + 1)) }
  const scale = { type: f32(3), data: Float32Array.of(1, 2, -3) }
  const operation = rmsNormalizationOp(x.type, scale.type, { axis, epsilon: 1e-3 })
  const length = axis === -1 ? 3 : axis === 1 ? 6 : 12
  const [result] = runOperation(operation, [x, scale])
  x.data.forEach((value, i) => {
    const start = i - (i % length)
    const row = x.data.subarray(start, start + length)
    const mean = row.reduce((sum, element) => sum + element * element, 0) / length
    expect(result?.[i]).toBeCloseTo((value / Math.sqrt(mean + 1e-3)) * (scale.data[i % 3] ?? 0), 5)
  })
})

test('RMSNormalization has the dtype of its scale, which broadcasts to x only', () => {
  const scale: TensorType = { dtype: 'f16', shape: [] }
  expect(rmsNormalizationOp(f32(2), scale, { axis: -1, epsilon: 0 }).outputs).toEqual([{ dtype: 'f16', shape: [2] }])
  const large = () => rmsNormalizationOp(f32(2), f32(2, 2), { axis: -1, epsilon: 0 })
  expect(thrownBy(large).message).toContain('does not broadcast')
})

test('MeanVarianceNormalization; what does not vary becomes 0', () => {
  const type = f32(2, 2, 1)
  const operation = meanVarianceNormalizationOp(type, { axes: [0, 2] })
  const [result] = runOperation(operation, [{ type, data: Float32Array.of(1, 5, 3, 5) }])
  expect(result).toEqual(Float32Array.of(-1, 0, 1, 0))
})
