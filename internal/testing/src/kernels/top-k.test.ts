import { size } from '@tilewright/ir'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns } from '../property-runs.js'
import { assertWellWritten, disagreement, integerInputs, withoutStmts } from './hand-written.js'
import { topK } from './top-k.js'

describe('top-k', () => {
  const capacity = 16
  const byCount = new Map(
    [0, 1, 3, 16].map((k) => [k, topK(size('R'), size('N', { min: k, max: capacity }), k, capacity)]),
  )

  test('is well written', () => {
    for (const written of byCount.values()) assertWellWritten(written)
  })

  test('equals its definition, ties included', () => {
    // Five values in rows of up to 16: nearly every row has ties.
    fc.assert(
      fc.property(
        fc.constantFrom(...byCount),
        fc.nat({ max: 3 }),
        fc.nat({ max: capacity }),
        fc.nat(),
        ([k, written], R, n, seed) => {
          const sizes = { R, N: Math.max(k, n) }
          const inputs = integerInputs(written.definition, sizes, seed)
          expect(disagreement(written, inputs, { sizes })).toBeUndefined()
        },
      ),
      { numRuns: propertyRuns() },
    )
  })

  test('sorts rows of the least and of a larger capacity', () => {
    for (const most of [2, 32]) {
      const written = topK(2, size('N', { min: 1, max: most }), 1, most)
      for (const N of [1, most - 1, most]) {
        const sizes = { N }
        expect(disagreement(written, integerInputs(written.definition, sizes, N), { sizes })).toBeUndefined()
      }
    }
  })

  test('fails without its barriers', () => {
    const written = byCount.get(3)!
    const sizes = { R: 1, N: 16 }
    const kernels = written.kernels.map((kernel) => withoutStmts(kernel, ({ kind }) => kind === 'barrier'))
    expect(() => disagreement({ ...written, kernels }, integerInputs(written.definition, sizes, 3), { sizes })).toThrow(
      expect.objectContaining({ code: 'sim/uninitialised-read' }),
    )
  })
})
