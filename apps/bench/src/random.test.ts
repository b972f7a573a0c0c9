import { expect, test } from 'vitest'
import { gaussianFloats, randomFloats } from './random.js'

test('the same seed gives the same numbers, another seed others', () => {
  expect(randomFloats(5, 1)).toEqual(randomFloats(5, 1))
  expect(gaussianFloats(5, 1)).toEqual(gaussianFloats(5, 1))
  expect(gaussianFloats(5, 1)).not.toEqual(gaussianFloats(5, 2))
  expect(gaussianFloats(4, 1)).toEqual(gaussianFloats(5, 1).subarray(0, 4))
})

test('uniform numbers are in [-1, 1), Gaussian ones have mean 0 and deviation 1', () => {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const uniform = [...randomFloats(20_000, 3)]
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-1)
  expect(Math.max(...uniform)).toBeLessThan(1)
  const gaussian = [...gaussianFloats(20_001, 3)]
  expect(mean(gaussian)).toBeCloseTo(0, 1)
  expect(mean(gaussian.map((value) => value ** 2))).toBeCloseTo(1, 1)
  expect(mean(gaussian.map((value) => value ** 4))).toBeCloseTo(3, 0)
})
