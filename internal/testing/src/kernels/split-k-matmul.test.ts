import { size } from '@tilewright/ir'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns } from '../property-runs.js'
import { assertWellWritten, disagreement, integerInputs } from './hand-written.js'
import { splitKMatmul } from './split-k-matmul.js'

describe('the split-k matmul', () => {
  const bySplits = new Map([1, 2, 3].map((n) => [n, splitKMatmul({ m: size('M'), n: size('N'), k: size('K') }, n)]))

  test('is well written', () => {
    for (const written of bySplits.values()) assertWellWritten(written)
  })

  test('equals its definition', () => {
    const extent = fc.oneof(fc.nat({ max: 8 }), fc.constantFrom(0, 1, 9))
    const depth = fc.oneof(fc.nat({ max: 13 }), fc.constantFrom(0, 1, 23))
    const cases = fc.record({ sizes: fc.record({ M: extent, N: extent, K: depth }), seed: fc.nat() })
    fc.assert(
      fc.property(fc.constantFrom(...bySplits.values()), cases, (written, { sizes, seed }) => {
        const inputs = integerInputs(written.definition, sizes, seed)
        expect(disagreement(written, inputs, { sizes })).toBeUndefined()
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('has nothing to do for the parts beyond a short depth, and fills the result where there is no depth at all', () => {
    const written = splitKMatmul({ m: 3, n: 2, k: 5 }, 8)
    expect(disagreement(written, integerInputs(written.definition, {}, 1))).toBeUndefined()
    const empty = splitKMatmul({ m: 3, n: 2, k: 0 }, 8)
    expect(disagreement(empty, integerInputs(empty.definition, {}, 1))).toBeUndefined()
  })
})
