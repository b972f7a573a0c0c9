import { type Buffer, size } from '@tilewright/ir'
import { evaluateDefinition, type TypedArray } from '@tilewright/simulator'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns } from '../property-runs.js'
import { assertWellWritten, countOf, disagreement, randomFrom } from './hand-written.js'
import { lstmStep } from './lstm-step.js'

describe('the LSTM step', () => {
  const written = lstmStep({ batch: size('B'), input: size('I'), hidden: size('H') })
  const { inputs, outputs } = written.definition

  test('is well written', () => assertWellWritten(written))

  test('equals its definition', () => {
    const sides = fc.record({ B: fc.nat({ max: 5 }), I: fc.nat({ max: 13 }), H: fc.nat({ max: 11 }) })
    fc.assert(
      fc.property(sides, fc.nat(), (sizes, seed) => {
        const random = randomFrom(seed)
        const fractions = (input: Buffer): TypedArray =>
          Float32Array.from({ length: countOf(input, sizes) }, () => random() * 2 - 1)
        const contents = new Map(inputs.map((input) => [input, fractions(input)]))
        expect(disagreement(written, contents, { sizes, tolerance: 1e-5 })).toBeUndefined()
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('has its gates in the order i, o, f, c', () => {
    // No weights, and gates either shut (-30) or open (30) by their biases; the candidate is tanh(1).
    const states = (bias: readonly number[]): readonly number[] => {
      const sizes = { B: 1, I: 1, H: 1 }
      const contents = new Map(inputs.map((input) => [input, new Float32Array(countOf(input, sizes))]))
      const named = (hint: string): Float32Array => contents.get(inputs.find((input) => input.hint === hint)!)!
      named('c').fill(0.5)
      named('bias').set(bias)
      expect(disagreement(written, contents, { sizes, tolerance: 1e-5 })).toBeUndefined()
      const results = evaluateDefinition(written.definition, contents, sizes)
      return outputs.map((output) => results.get(output)![0]!)
    }
    const candidate = Math.tanh(1)
    const near = (...expected: readonly number[]) => expected.map((x) => expect.closeTo(x, 6))
    expect(states([30, 30, -30, 1, 0, 0, 0, 0])).toEqual(near(Math.tanh(candidate), candidate))
    expect(states([-30, 30, 30, 1, 0, 0, 0, 0])).toEqual(near(Math.tanh(0.5), 0.5))
    expect(states([30, -30, 30, 1, 0, 0, 0, 0])).toEqual(near(0, 0.5 + candidate))
    // The biases of r stand after those of w, and are added to them.
    expect(states([0, 0, 0, 0, -30, 30, 30, 1])).toEqual(near(Math.tanh(0.5), 0.5))
  })
})
