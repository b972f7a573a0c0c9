import { describe, expect, test } from 'vitest'
import { copies, figuresOf } from './house-figures.mjs'

const lines = (count, name = 'line') => Array.from({ length: count }, (_, i) => `${name}${i}()`).join('\n')

test('figures count lines that are not blank, and name long files', () => {
  const files = [
    { path: 'a.ts', text: 'one\n\ntwo\n' },
    { path: 'b.ts', text: `${lines(301)}\n` },
    { path: 'c.ts', text: 'one' },
  ]
  expect(figuresOf('p', files, [{ path: 'a.test.ts', text: 'x\n\n' }])).toEqual({
    name: 'p',
    sourceLines: 304,
    testLines: 1,
    files: 3,
    median: 2,
    long: ['b.ts (301)'],
  })
  expect(figuresOf('none', [], []).median).toBe(0)
})

describe('copies', () => {
  test('a run in two files, once and whole, whatever its indentation', () => {
    const copy = lines(9).replaceAll('line', '  line')
    const files = [
      { path: 'a.ts', text: `start\n${lines(9)}\nend` },
      { path: 'b.ts', text: `other\nother2\n${copy}\n` },
    ]
    expect(copies(files)).toEqual([{ lines: 9, places: ['a.ts:2', 'b.ts:3'] }])
  })

  test('a run in one file twice', () => {
    expect(copies([{ path: 'a.ts', text: `${lines(8)}\nmiddle\n${lines(8)}` }])).toEqual([
      { lines: 8, places: ['a.ts:1', 'a.ts:10'] },
    ])
  })

  test('not shorter runs, nor imports, nor a line again and again', () => {
    const imports = `import {\n${lines(12, '  name').replaceAll('()', ',')}\n} from 'x'\n`
    expect(
      copies([
        { path: 'a.ts', text: `${imports}${lines(7)}\n` },
        { path: 'b.ts', text: `${imports}${lines(7)}\n` },
        { path: 'c.ts', text: 'same\n'.repeat(9) },
      ]),
    ).toEqual([])
  })
})
