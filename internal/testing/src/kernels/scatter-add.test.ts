import { rewriteStmts, size, store } from '@tilewright/ir'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns } from '../property-runs.js'
import { assertWellWritten, disagreement, integerInputs, randomFrom } from './hand-written.js'
import { scatterAdd } from './scatter-add.js'

describe('scatter-add', () => {
  const written = scatterAdd(size('H'), size('P'), size('W'))
  const [base, , update] = written.definition.inputs

  test('is well written', () => assertWellWritten(written))

  test('equals its definition, with several updates of one row and sums that wrap', () => {
    const sides = fc.record({ H: fc.nat({ max: 5 }), P: fc.nat({ max: 13 }), W: fc.nat({ max: 11 }) })
    fc.assert(
      fc.property(sides, fc.boolean(), fc.nat(), ({ H, P, W }, isLarge, seed) => {
        // An update of a tensor without rows has nowhere to go.
        const sizes = { H, P: H === 0 ? 0 : P, W }
        const random = randomFrom(seed)
        const inputs = integerInputs(written.definition, sizes, seed)
        inputs.set(
          written.index,
          Int32Array.from({ length: sizes.P }, () => Math.floor(random() * H)),
        )
        if (isLarge) for (const buffer of [base!, update!]) inputs.get(buffer)?.fill(0x7ffffff0)
        expect(disagreement(written, inputs, { sizes })).toBeUndefined()
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('with plain updates in place of the atomic ones races', () => {
    const sizes = { H: 1, P: 5, W: 1 }
    const kernels = written.kernels.map((kernel) => {
      const body = rewriteStmts(kernel.body, (stmt) =>
        stmt.kind === 'atomic' ? store(stmt.buffer, stmt.index, stmt.value, stmt.at) : stmt,
      )
      return { ...kernel, body }
    })
    const inputs = integerInputs(written.definition, sizes, 1)
    inputs.set(written.index, new Int32Array(5))
    expect(() => disagreement({ ...written, kernels }, inputs, { sizes })).toThrow(
      expect.objectContaining({ code: 'sim/data-race' }),
    )
  })

  test('reports an index outside the rows', () => {
    const sizes = { H: 2, P: 1, W: 1 }
    const inputs = integerInputs(written.definition, sizes, 1)
    inputs.set(written.index, Int32Array.of(2))
    expect(() => disagreement(written, inputs, { sizes })).toThrow(
      expect.objectContaining({ code: 'sim/out-of-bounds' }),
    )
  })
})
