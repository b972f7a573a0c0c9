import { type Stmt, size } from '@tilewright/ir'
import { SimulatorError } from '@tilewright/simulator'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns } from '../property-runs.js'
import { thrownBy } from '../thrown-by.js'
import { assertWellWritten, disagreement, integerInputs, withoutStmts } from './hand-written.js'
import { warpSpecialisedMatmul } from './warp-specialised-matmul.js'

describe('the warp-specialised matmul', () => {
  const bySlots = new Map(
    [1, 2, 3].map((n) => [n, warpSpecialisedMatmul({ m: size('M'), n: size('N'), k: size('K') }, n)]),
  )

  test('is well written', () => {
    for (const written of bySlots.values()) assertWellWritten(written)
  })

  test('equals its definition, whatever the length of its ring', () => {
    const extent = fc.oneof(fc.nat({ max: 8 }), fc.constantFrom(0, 1, 9))
    const depth = fc.oneof(fc.nat({ max: 13 }), fc.constantFrom(0, 1, 23))
    const cases = fc.record({ sizes: fc.record({ M: extent, N: extent, K: depth }), seed: fc.nat() })
    fc.assert(
      fc.property(fc.constantFrom(...bySlots.values()), cases, (written, { sizes, seed }) => {
        const inputs = integerInputs(written.definition, sizes, seed)
        expect(disagreement(written, inputs, { sizes })).toBeUndefined()
      }),
      { numRuns: propertyRuns() },
    )
  })

  // Five steps in a ring of two: each slot is filled again, so that both mbarriers matter.
  test.each<{ without: Stmt['kind']; of: string; code: string }>([
    { without: 'mbarrier-arrive', of: 'full', code: 'sim/deadlock' },
    { without: 'mbarrier-arrive', of: 'empty', code: 'sim/deadlock' },
    { without: 'mbarrier-wait', of: 'full', code: 'sim/data-race' },
    // The producers go a whole turn ahead: consumers then wait for a parity that has come and gone.
    { without: 'mbarrier-wait', of: 'empty', code: 'sim/deadlock' },
  ])('without its $without on $of fails with $code', ({ without, of, code }) => {
    const sizes = { M: 8, N: 8, K: 20 }
    const written = bySlots.get(2)!
    const matches = (stmt: Stmt): boolean => stmt.kind === without && 'mbarrier' in stmt && stmt.mbarrier.hint === of
    const kernels = written.kernels.map((kernel) => withoutStmts(kernel, matches))
    const inputs = integerInputs(written.definition, sizes, 4)
    const error = thrownBy(() => disagreement({ ...written, kernels }, inputs, { sizes }))
    expect(error).toBeInstanceOf(SimulatorError)
    expect(error).toMatchObject({ code })
  })
})
