import { expect, test } from 'vitest'
import { floatFunctions } from './float-functions.js'

// Abramowitz and Stegun, table 7.1, and the limits.
test.each([
  [0, 0],
  [0.5, 0.5204998778],
  [-1, -0.8427007929],
  [2, 0.995322265],
  [3.5, 0.999999257],
  [7, 1],
  [-Infinity, -1],
])('erf(%d) = %d', (x, expected) => expect(floatFunctions.erf(x)).toBeCloseTo(expected, 9))

test.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [-0.5, 0],
  [-1.5, -2],
  [0.49999997, 0],
  [8388607.5, 8388608],
  [2 ** 106, 2 ** 106],
  [-(2 ** 127), -(2 ** 127)],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
])('round(%d) = %d', (x, expected) => expect(floatFunctions.round(x) + 0).toBe(expected))
