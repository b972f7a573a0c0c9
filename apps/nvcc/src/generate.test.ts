import { roundedMatmul, templates } from '@tilewright/schedules'
import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { chooser } from './choose.js'
import { families, generateAll } from './generate.js'
import { problemsOf } from './problems/index.js'

test('every template has problems, and one that nobody knows is named', () => {
  expect(families).toEqual([...templates.map(({ name }) => name), roundedMatmul.name, 'rule-based'])
  expect(families.map(problemsOf)).not.toContain(undefined)
  expect(thrownBy(() => problemsOf('fourier/radix-2'))).toMatchObject({
    message: expect.stringContaining('no problems show template fourier/radix-2'),
  })
})

test('choices are those of the seed, and all come up', () => {
  const drawn = (seed: number): string => {
    const choose = chooser(seed)
    return Array.from({ length: 64 }, () => choose('a', 'b', 'c')).join('')
  }
  expect(drawn(1)).toBe(drawn(1))
  expect(drawn(1)).not.toBe(drawn(2))
  expect(new Set(drawn(1))).toEqual(new Set('abc'))
})

test('kernels are the same each time, none twice, and half of level 0; more begin with fewer', () => {
  const few = generateAll(['transpose/tiled', 'elementwise'], 5)
  const more = generateAll(['transpose/tiled', 'elementwise'], 16)
  expect(few.map(({ name }) => name)).toEqual([
    'transpose-tiled-0',
    'transpose-tiled-1',
    'elementwise-0',
    'elementwise-1',
    'elementwise-2',
  ])
  for (const kernel of few) expect(more).toContainEqual(kernel)
  expect(new Set(more.map(({ source }) => source)).size).toBe(16)
  expect(new Set(more.map(({ level0 }) => level0))).toEqual(new Set([true, false]))
})
