import { describe, expect, test } from 'vitest'
import { largestErrorOfMax, type Tensors } from './tensors.js'

const tensors = (...data: readonly number[]): Tensors => ({
  y: { shape: [data.length], data: Float32Array.from(data) },
})

describe('largestErrorOfMax', () => {
  test('is relative to the largest value of the expected output', () => {
    expect(largestErrorOfMax(tensors(1, -6), tensors(1, -8))).toBe(0.25)
    expect(largestErrorOfMax(tensors(1, 2), tensors(1, 2))).toBe(0)
    expect(largestErrorOfMax(tensors(0, 0), tensors(0, 0))).toBe(0)
  })

  test('takes the worst of several outputs, each by its own scale', () => {
    const want = { small: { shape: [1], data: Float32Array.of(1) }, large: { shape: [1], data: Float32Array.of(100) } }
    const got = { small: { shape: [1], data: Float32Array.of(1.5) }, large: { shape: [1], data: Float32Array.of(101) } }
    expect(largestErrorOfMax(got, want)).toBe(0.5)
  })

  test('is infinite where something is missing, of another shape, or not finite on one side', () => {
    expect(largestErrorOfMax({}, tensors(1))).toBe(Number.POSITIVE_INFINITY)
    expect(largestErrorOfMax({ y: { shape: [1, 1], data: Float32Array.of(1) } }, tensors(1))).toBe(
      Number.POSITIVE_INFINITY,
    )
    expect(largestErrorOfMax(tensors(Number.NaN), tensors(1))).toBe(Number.POSITIVE_INFINITY)
    expect(largestErrorOfMax(tensors(1, 2), tensors(1, Number.POSITIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY)
    expect(largestErrorOfMax(tensors(1, Number.NaN), tensors(1, Number.NaN))).toBe(0)
  })
})
