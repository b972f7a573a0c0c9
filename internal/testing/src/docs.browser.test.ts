import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
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
  const shown = snippetsOf(readFileSync(join(root, page), 'utf8')).findLast(({ language }) => language === 'text')
  const { text, close } = await openSite(site)
  try {
    await expect.poll(() => text('#result'), { timeout: 30_000 }).not.toBe('…')
    expect(await text('#result')).toBe(shown?.code.trim())
  } finally {
    await close()
  }
  const scripts = readdirSync(join(site, 'assets')).map((name) => statSync(join(site, 'assets', name)).size)
  expect(scripts).toHaveLength(1)
  // The runtime alone: the page says about 30 kB.
  expect(scripts[0]).toBeLessThan(35_000)
})
