import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openSite } from './browser.js'
import { runPage, snippetsOf } from './snippets.js'

/** Many blocks, each a process of its own. */
const timeout = 180_000

const root = join(import.meta.dirname, '../../..')
const page = 'docs/tutorial.md'
// Pages are for those who have the built packages.
const isBuilt = existsSync(join(root, 'packages/cli/dist'))
if (!isBuilt) console.log('pages are not run: the packages are not built, which npm start does')

test.skipIf(!isBuilt)('the tutorial runs in Node, and the page that it builds in Chromium', { timeout }, async () => {
  const site = join(await runPage(root, page), 'web/dist')
  const tutorial = readFileSync(join(root, page), 'utf8')
  const shown = snippetsOf(tutorial).findLast(({ language }) => language === 'text')
  const { text, close } = await openSite(site)
  try {
    await expect.poll(() => text('#result'), { timeout: 30_000 }).not.toBe('…')
    expect(await text('#result')).toBe(shown?.code.trim())
  } finally {
    await close()
  }
  const [name = '', ...others] = readdirSync(join(site, 'assets'))
  expect(others).toEqual([])
  const script = readFileSync(join(site, 'assets', name))
  const [, size, zipped] = /The script is about (\d+) kB, (\d+) kB with gzip/.exec(tutorial) ?? []
  expectAbout(script.length, Number(size))
  expectAbout(gzipSync(script).length, Number(zipped))
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`about ${zipped} kB with gzip`)
})

/** Held within 5 %: what a page calls "about 42 kB" need not be written again with each line of code. */
function expectAbout(bytes: number, kilobytes: number): void {
  expect(bytes).toBeGreaterThan(950 * kilobytes)
  expect(bytes).toBeLessThan(1050 * kilobytes)
}
