import { add, int, mul, printExpr, sub, variable } from '@tilewright/ir'
import { expect, test } from 'vitest'
import { vectorIndex } from './wgsl-memory.js'

test('the index of a vector is divided as far as its form allows', () => {
  const [i, base] = [variable('i'), variable('base')]
  const text = (index: Parameters<typeof vectorIndex>[0], lanes: 2 | 4 = 4): string =>
    printExpr(vectorIndex(index, lanes))
  expect(text(int(12))).toBe('3')
  expect(text(add(mul(i, int(8)), int(4)))).toBe('i * 2 + 1')
  expect(text(mul(int(8), i), 2)).toBe('4 * i')
  expect(text(sub(mul(mul(i, int(4)), base), int(4)))).toBe('i * base - 1')
  expect(text(add(add(base, mul(i, int(4))), int(512)))).toBe('(base >> 2) + i + 128')
  expect(text(add(int(4), base), 2)).toBe('2 + (base >> 1)')
  expect(text(mul(i, base))).toBe('i * base >> 2')
})
