import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { repeatsOf } from './repeats.js'

const textOf = (text: string): readonly string[] =>
  repeatsOf([...text]).map(({ start, period, times }) => `${text.slice(start, start + period)}${times}`)

test('what repeats is found with the period that saves the most', () => {
  expect(textOf('')).toEqual([])
  expect(textOf('abc')).toEqual(['a1', 'b1', 'c1'])
  expect(textOf('xaaaaaay')).toEqual(['x1', 'a6', 'y1'])
  expect(textOf('xabcabcabcab')).toEqual(['x1', 'abc3', 'a1', 'b1'])
  expect(textOf('aabaabaabaab')).toEqual(['aab4'])
})

test('few equal elements stay as they are', () => {
  expect(textOf('aaaa')).toEqual(['a1', 'a1', 'a1', 'a1'])
  expect(textOf('abcabc')).toEqual(['a1', 'b1', 'c1', 'a1', 'b1', 'c1'])
})

test('repeats written out are the list', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 }), (elements) => {
      const repeats = repeatsOf(elements)
      const written = repeats.flatMap(({ start, period, times }) =>
        Array.from({ length: times }, () => elements.slice(start, start + period)).flat(),
      )
      expect(written).toEqual(elements)
    }),
    { numRuns: propertyRuns() },
  )
})
