import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reciprocalOf, scalarWord } from './scalars.js'

const most = 2 ** 31 - 1
const least = -(2 ** 31)

/** n / d as a kernel computes it, in words of 32 bits. */
function quotient(n: number, d: number): number {
  const { multiplier, shift } = reciprocalOf(d)
  const high = Number((BigInt(n) * BigInt(multiplier)) >> 32n)
  return ((((high + n) | 0) >> shift) + (n >>> 31)) | 0
}

/** n / d towards zero, without a negative zero. */
const exact = (n: number, d: number): number => Math.trunc(n / d) + 0

describe('reciprocals', () => {
  test('of divisors at the ends and beside powers of two, at dividends beside their multiples', () => {
    const powers = Array.from({ length: 31 }, (_, e) => 2 ** e)
    const divisors = [3, 5, 7, 10, 641, most, ...powers.flatMap((p) => [p - 1, p, p + 1])].filter((d) => d > 0)
    for (const d of divisors) {
      const last = Math.floor(most / d) * d
      const near = [0, 1, d - 1, d, d + 1, 2 * d - 1, 2 * d, last - 1, last, last + 1, most - 1, most, most + 1]
      for (const n of near.flatMap((value) => [value, 0 - value])) {
        if (n <= most && n >= least) expect([n, d, quotient(n, d)]).toEqual([n, d, exact(n, d)])
      }
    }
  })

  test('of any divisor, at any dividend', () => {
    // Small numbers and large ones alike; and dividends beside a multiple, where a quotient that is not exact shows.
    const scaled = fc
      .tuple(fc.integer({ min: least, max: most }), fc.integer({ min: 0, max: 30 }))
      .map(([x, bits]) => x >> bits)
    const pair = fc
      .tuple(scaled, scaled, fc.integer({ min: -1, max: 1 }))
      .map(([n, x, off]) => ({ n, d: Math.min(most, Math.max(1, Math.abs(x))), off }))
    fc.assert(
      fc.property(pair, ({ n, d, off }) => {
        const beside = Math.min(most, Math.max(least, exact(n, d) * d + off))
        expect([quotient(n, d), quotient(beside, d)]).toEqual([exact(n, d), exact(beside, d)])
      }),
      { numRuns: 20 * propertyRuns() },
    )
  })

  test('are integers of 32 bits, and of zero harmless', () => {
    expect([0, 1, 2, 3, 2 ** 30 + 1, most].map(reciprocalOf)).toEqual([
      { multiplier: 1, shift: 0 },
      { multiplier: 1, shift: 0 },
      { multiplier: 1 - 2 ** 31, shift: 0 },
      { multiplier: -1431655765, shift: 1 },
      { multiplier: -3, shift: 30 },
      { multiplier: 2 - 2 ** 31, shift: 30 },
    ])
  })
})

test('the words of scalars', () => {
  const n = { kind: 'size', name: 'n', min: 0, max: 8, multipleOf: 1 } as const
  const evaluate = (size: unknown): number => (size === n ? 3 : 0)
  expect(scalarWord({ kind: 'size', size: n }, evaluate)).toBe(3)
  expect(scalarWord({ kind: 'bits', bits: 0x7fc00000 }, evaluate)).toBe(0x7fc00000)
  expect(scalarWord({ kind: 'multiplier', divisor: n }, evaluate)).toBe(-1431655765)
  expect(scalarWord({ kind: 'shift', divisor: n }, evaluate)).toBe(1)
})
