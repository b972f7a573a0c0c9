import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { snippetsOf, unmarked } from './snippets.js'

const root = join(import.meta.dirname, '../../..')
const pages = [
  ...readdirSync(root),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
].filter((name) => name.endsWith('.md'))

test.each(pages)('every block of %s runs, or says why not', (page) => {
  expect(unmarked(snippetsOf(readFileSync(join(root, page), 'utf8')))).toEqual([])
})

test.each(pages)('what %s links to is there', (page) => {
  const links = readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)
  const missing = [...links].map(([, to = '']) => to).filter((to) => !existsSync(join(root, dirname(page), to)))
  expect(missing).toEqual([])
})

test('a page with blocks that run is run, by docs.webgpu.test.ts or docs.browser.test.ts', () => {
  const running = pages.filter((page) => snippetsOf(readFileSync(join(root, page), 'utf8')).some(({ run }) => run))
  const tests = ['webgpu', 'browser'].map((tier) =>
    readFileSync(join(import.meta.dirname, `docs.${tier}.test.ts`), 'utf8'),
  )
  expect(running.filter((page) => !tests.some((source) => source.includes(`'${page}'`)))).toEqual([])
  expect(running).toContain('README.md')
})

describe('blocks', () => {
  const page = [
    '```js file=a.mjs run',
    'one()',
    '```',
    'text',
    '```text output',
    '1',
    '```',
    '```sh skip="it takes minutes"',
    'npm test',
    '```',
    '```sh',
    'forgotten',
    '```',
    '1. a list',
    '   ```sh',
    '   in a list',
    '   ```',
    '````',
    '```sh',
    'neither',
    '````',
  ].join('\n')

  test('are read with their marks', () => {
    expect(snippetsOf(page)).toMatchObject([
      { line: 2, language: 'js', code: 'one()\n', file: 'a.mjs', run: true, isOutput: false, skip: undefined },
      { line: 6, language: 'text', isOutput: true },
      { line: 9, language: 'sh', run: false, skip: 'it takes minutes' },
      { line: 12, language: 'sh', run: false, skip: undefined },
      { line: 16, language: 'sh', code: 'in a list\n' },
      { line: 19, language: '', code: '```sh\nneither\n' },
    ])
  })

  test('without a mark are found', () => {
    expect(unmarked(snippetsOf(page))).toEqual([
      'line 12: a sh block is marked neither run, nor file=, nor skip="why"',
      'line 16: a sh block is marked neither run, nor file=, nor skip="why"',
    ])
  })
})
