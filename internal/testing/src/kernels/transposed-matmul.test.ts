import { size } from '@tilewright/ir'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns } from '../property-runs.js'
import { assertWellWritten, disagreement, integerInputs } from './hand-written.js'
import { transposedMatmul } from './transposed-matmul.js'

describe('the matmul with a transposed epilogue', () => {
  const written = transposedMatmul({ m: size('M'), n: size('N'), k: size('K') })

  test('is well written', () => assertWellWritten(written))

  test.each([
    [0, 0, 0],
    [0, 5, 3],
    [5, 0, 3],
    [5, 3, 0], // relu of the bias alone
    [1, 1, 1],
    [1, 17, 2],
    [17, 1, 2],
    [8, 8, 4], // exactly one tile
    [13, 11, 7],
    [16, 24, 12],
  ])('equals its definition at %i × %i × %i', (M, N, K) => {
    const sizes = { M, N, K }
    expect(disagreement(written, integerInputs(written.definition, sizes, M + N), { sizes })).toBeUndefined()
  })

  test('equals its definition at any size', () => {
    const extent = fc.oneof(fc.nat({ max: 8 }), fc.constantFrom(0, 1, 9))
    fc.assert(
      fc.property(fc.record({ M: extent, N: extent, K: extent }), fc.nat(), (sizes, seed) => {
        expect(disagreement(written, integerInputs(written.definition, sizes, seed), { sizes })).toBeUndefined()
      }),
      { numRuns: propertyRuns() },
    )
  })
})
