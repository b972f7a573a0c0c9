import { size } from '@tilewright/ir'
import { evaluateDefinition } from '@tilewright/simulator'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns } from '../property-runs.js'
import { assertWellWritten, countOf, disagreement, integerInputs, randomFrom } from './hand-written.js'
import { int4Matmul } from './int4-matmul.js'

describe('the matmul with an int4 operand', () => {
  const byGroup = new Map(
    [16, 32].map((group) => [group, int4Matmul(size('M'), size('N'), size('K', { multipleOf: group }), group)]),
  )

  test('is well written', () => {
    for (const written of byGroup.values()) assertWellWritten(written)
  })

  test('equals its definition', () => {
    const extent = fc.oneof(fc.nat({ max: 8 }), fc.constantFrom(0, 1, 9))
    fc.assert(
      fc.property(fc.constantFrom(...byGroup), extent, extent, fc.nat({ max: 2 }), fc.nat(), (...drawn) => {
        const [[group, written], M, N, groups, seed] = drawn
        const sizes = { M, N, K: group * groups }
        const random = randomFrom(seed)
        const inputs = integerInputs(written.definition, sizes, seed)
        const words = Uint32Array.from({ length: countOf(written.packed, sizes) }, () => random() * 2 ** 32)
        // Powers of two, so that sums are exact in every order.
        const scales = Float32Array.from(
          { length: countOf(written.scale, sizes) },
          () => 2 ** Math.floor(random() * 3 - 1),
        )
        inputs.set(written.packed, words).set(written.scale, scales)
        expect(disagreement(written, inputs, { sizes })).toBeUndefined()
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('takes the lowest bits of a word first, and 8 for zero', () => {
    const written = int4Matmul(1, 1, size('K', { multipleOf: 16 }), 16)
    const [a] = written.definition.inputs
    const weightOf = (depth: number): number => {
      const inputs = integerInputs(written.definition, { K: 16 }, 0)
      inputs.set(written.packed, Uint32Array.of(0xfedcba98, 0x76543210)).set(written.scale, Float32Array.of(0.5))
      inputs
        .get(a!)
        ?.fill(0)
        .fill(1, depth, depth + 1)
      return [...evaluateDefinition(written.definition, inputs, { K: 16 }).values()].at(-1)![0]!
    }
    expect([0, 1, 7, 8, 15].map(weightOf)).toEqual([0, 0.5, 3.5, -4, -0.5])
  })
})
