import { expect, test } from 'vitest'
import { chain } from './chain.js'
import { compose, repeat, spatial } from './mapping.js'
import { MappingError } from './mapping-error.js'

test('composes on the right, and holds plain data', () => {
  expect(chain.repeat(4, 1).spatial(16, 8).mapping).toStrictEqual(compose(repeat(4, 1), spatial(16, 8)))
  const a = chain.repeat([2, 1], { unroll: true }).spatial(8, 4).repeat(1, 2).mapping
  expect(a).toStrictEqual(compose(repeat([2, 1], { unroll: true }), spatial(8, 4), repeat(1, 2)))
  expect(structuredClone(a)).toStrictEqual(a)
})

test('a handle can be extended twice', () => {
  const rounds = chain.spatial([2, 2], { order: [1, 0] })
  expect(rounds.spatial(8, 4).mapping).toStrictEqual(compose(rounds.mapping, spatial(8, 4)))
  expect(rounds.repeat(1, 2).mapping).toStrictEqual(compose(rounds.mapping, repeat(1, 2)))
})

test('refuses what compose refuses', () => {
  expect(() => chain.repeat(2).spatial(2, 2)).toThrow(MappingError)
})
