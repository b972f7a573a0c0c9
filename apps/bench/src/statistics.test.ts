import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ratios, spread } from './statistics.js'

test('the middle of an odd number of values is one of them, of an even number the mean of two', () => {
  expect(spread([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 })
  expect(spread([4, 1, 10, 2])).toEqual({ min: 1, median: 3, max: 10 })
  expect(spread([7])).toEqual({ min: 7, median: 7, max: 7 })
})

test('nothing measured has no spread', () => {
  expect(spread([])).toEqual({ min: Number.NaN, median: Number.NaN, max: Number.NaN })
})

test('as many values lie below the median as above it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }), (values) => {
      const { min, median, max } = spread(values)
      expect(values.filter((value) => value < median).length).toBeLessThanOrEqual(values.length / 2)
      expect(values.filter((value) => value > median).length).toBeLessThanOrEqual(values.length / 2)
      expect([min, max]).toEqual([Math.min(...values), Math.max(...values)])
    }),
  )
})

test('ratios are of one round each', () => {
  expect(ratios([10, 30], [5, 10])).toEqual([2, 3])
})
