import { expect, test } from 'vitest'
import { roundToTf32 } from './tf32.js'

const unit = 2 ** -10

test.each([
  [0, 0],
  [-0, -0],
  [1, 1],
  [1 + unit, 1 + unit],
  [1 + unit / 2, 1 + unit],
  [-1 - unit / 2, -1 - unit],
  [1 + unit / 2 - 2 ** -23, 1],
  [2 - 2 ** -23, 2],
  [2 ** -149, 0],
  [2 ** -137, 2 ** -136],
  [3.4028234663852886e38, Number.POSITIVE_INFINITY],
  [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  [Number.NaN, Number.NaN],
])('%d becomes %d', (value, rounded) => {
  expect(roundToTf32(value)).toBe(rounded)
})
