import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTupleIds } from './tuple-ids.js'

test('gives what a map with text keys gives', () => {
  const part = fc.oneof(fc.nat(3), fc.constantFrom(0.1, 0.25, 2 ** 31, -(2 ** 31), 2 ** 40, Infinity, -Infinity))
  fc.assert(
    fc.property(fc.array(fc.tuple(part, part, part, part), { maxLength: 300 }), (tuples) => {
      const ids = createTupleIds()
      const byText = new Map<string, number>()
      for (const [a, b, c, d] of tuples) {
        const text = [a, b, c, d].join()
        const expected = byText.get(text) ?? byText.size
        byText.set(text, expected)
        expect(ids.idOf(a, b, c, d)).toBe(expected)
      }
    }),
    { numRuns: propertyRuns() },
  )
})

test('keeps its numbers while it grows', () => {
  const ids = createTupleIds()
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 1000; i++) expect(ids.idOf(1, i, 0, i / 7)).toBe(i)
  }
})
