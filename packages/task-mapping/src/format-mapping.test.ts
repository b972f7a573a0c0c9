import { expect, test } from 'vitest'
import { formatMapping } from './format-mapping.js'
import { compose, repeat, spatial } from './mapping.js'

test('shows order and unroll only where they are not the default', () => {
  const shown = [
    compose(repeat(4, 1), spatial(16, 8)),
    spatial([4, 8], { order: [1, 0] }),
    repeat([8, 4], { unroll: true }),
    repeat([8, 4], { unroll: [false, true] }),
    compose(repeat(2), compose(spatial(3), repeat(4))),
    spatial(),
  ]
  expect(shown.map(formatMapping)).toEqual([
    'repeat(4, 1) * spatial(16, 8)',
    'spatial(4, 8, order=[1, 0])',
    'repeat(8, 4, unroll)',
    'repeat(8, 4, unroll=[false, true])',
    'repeat(2) * spatial(3) * repeat(4)',
    'spatial()',
  ])
})
