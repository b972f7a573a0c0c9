import { expect, test } from 'vitest'
import { throughputOf, workOf } from './roofline.js'

const square = { kind: 'matmul', dtype: 'f16', m: 4096, k: 4096, n: 4096 } as const

test('work is what the definition says', () => {
  expect(workOf(square)).toEqual({ flops: 2 * 4096 ** 3, bytes: 3 * 4096 ** 2 * 2 })
  const rows = { kind: 'layer-norm', dtype: 'f32', rows: 10, columns: 20 } as const
  expect(workOf(rows)).toEqual({ flops: 200, bytes: (200 + 20 + 20 + 200) * 4 })
  const conv = { kind: 'conv', dtype: 'f32', channels: 3, filters: 5, kernel: 3, extent: 8, stride: 2 } as const
  expect(workOf(conv)).toEqual({ flops: 2 * 5 * 16 * 27, bytes: (3 * 64 + 5 * 27 + 5 + 5 * 16) * 4 })
  const attention = { kind: 'attention', dtype: 'f16', batch: 2, heads: 3, length: 8, size: 4, causal: false } as const
  expect(workOf(attention).flops).toBe(2 * (2 * 2 * 3 * 8 * 8 * 4))
  expect(workOf({ ...attention, causal: true }).flops).toBe(2 * (2 * 2 * 3 * 36 * 4))
})

test('throughput is of the peak of the device, where that is known', () => {
  const least = (2 * 4096 ** 3) / 989.5e9
  expect(throughputOf(square, 'NVIDIA H100 80GB HBM3', 2 * least)).toEqual({
    tflops: expect.closeTo(989.5 / 2, 5),
    gbps: expect.any(Number),
    ofPeak: expect.closeTo(0.5, 9),
  })
  const rows = { kind: 'softmax', dtype: 'f32', rows: 1024, columns: 1024 } as const
  expect(throughputOf(rows, 'NVIDIA H200', 2 ** 23 / 4800e6).ofPeak).toBeCloseTo(1, 9)
  expect(throughputOf(square, 'NVIDIA H200 NVL', 1).ofPeak).toBeUndefined()
})
