import { size } from '@tilewright/ir'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns } from '../property-runs.js'
import { assertWellWritten, disagreement, integerInputs, withoutStmts } from './hand-written.js'
import { rowScan } from './scan.js'

describe('the scan across workgroups', () => {
  const written = rowScan(size('R'), size('N'))

  test('is well written', () => assertWellWritten(written))

  test('equals its definition, in as many blocks and rounds as it takes', () => {
    // A block is 4 elements, a round of the sums 4 blocks.
    const length = fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(0, 1, 4, 16, 17, 37))
    fc.assert(
      fc.property(fc.nat({ max: 3 }), length, fc.nat(), (R, N, seed) => {
        const sizes = { R, N }
        const inputs = integerInputs(written.definition, sizes, seed)
        expect(disagreement(written, inputs, { sizes })).toBeUndefined()
      }),
      { numRuns: propertyRuns() },
    )
  })

  test.each([
    { which: 0, code: 'sim/data-race' },
    { which: 1, code: 'sim/uninitialised-read' },
  ])('kernel $which fails without its barriers', ({ which, code }) => {
    const sizes = { R: 1, N: 37 }
    const kernels = written.kernels.map((kernel, i) =>
      i === which ? withoutStmts(kernel, ({ kind }) => kind === 'barrier') : kernel,
    )
    expect(() => disagreement({ ...written, kernels }, integerInputs(written.definition, sizes, 3), { sizes })).toThrow(
      expect.objectContaining({ code }),
    )
  })
})
