// Runs a module of this repository inside headless Chromium: bundled from its sources, served from http://localhost, because
// WebGPU is offered to secure contexts only.
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { CHROMIUM_FLAGS, chromiumPath } from './chromium.js'

/** A module loaded in a page: call its exports by name; arguments and results travel as JSON. */
export interface BrowserModule {
  readonly call: (name: string, ...args: readonly unknown[]) => Promise<unknown>
  readonly close: () => Promise<void>
}

/**
 * Loads the module at `entry` (an absolute path of a TypeScript file) into a page of a fresh headless Chromium. Packages are
 * bundled from their sources. Rejects when the module cannot be bundled or throws while it is loaded.
 */
export async function openInBrowser(entry: string): Promise<BrowserModule> {
  // Loaded where they are needed: a machine without a browser has neither this nor what drives one.
  const { build } = await import('esbuild')
  const bundle = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'tested',
    platform: 'browser',
    conditions: ['@tilewright/source'],
    sourcemap: 'inline',
    logLevel: 'silent',
  })
  const script = bundle.outputFiles[0]?.text ?? ''
  const { url, browser, close } = await serve((path) =>
    path === '/module.js'
      ? { type: 'text/javascript', body: script }
      : { type: types['.html'], body: '<!doctype html><title>test</title><script src="/module.js"></script>' },
  )
  try {
    const page = await browser.newPage()
    const failures: Error[] = []
    page.on('pageerror', (error) => failures.push(error))
    await page.goto(url)
    if (failures[0] !== undefined) throw failures[0]
    return {
      close,
      call: (name, ...args) =>
        page.evaluate(
          ([exported, values]) => {
            // Set by the bundle: the module's exports, called with what the test gave.
            const { tested } = globalThis as unknown as {
              tested: Record<string, (...args: readonly unknown[]) => unknown>
            }
            const target = tested[exported]
            if (target === undefined) throw new TypeError(`the module exports no '${exported}'`)
            return target(...values)
          },
          [name, args] as const,
        ),
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** A page of a site in a folder, and what its elements hold. */
export interface BrowserPage {
  readonly text: (selector: string) => Promise<string | null>
  readonly close: () => Promise<void>
}

/** Opens `index.html` of a folder in a fresh headless Chromium. */
export async function openSite(folder: string): Promise<BrowserPage> {
  const { url, browser, close } = await serve((path) => {
    const file = join(folder, path === '/' ? 'index.html' : path)
    return existsSync(file) ? { type: types[extname(file)], body: readFileSync(file) } : undefined
  })
  const page = await browser.newPage()
  await page.goto(url)
  return { text: (selector) => page.textContent(selector), close }
}

interface Answer {
  readonly type: string | undefined
  readonly body: string | Uint8Array
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
}

/** A server on localhost and a browser for it; what has no answer is not found. */
async function serve(
  answer: (path: string) => Answer | undefined,
): Promise<{ readonly url: string; readonly browser: Browser; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const { type = 'application/octet-stream', body = '' } = answer(request.url ?? '/') ?? {}
    response.writeHead(body.length === 0 ? 404 : 200, { 'content-type': type }).end(body)
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  // A TCP server's address is an AddressInfo; the string form is for pipes.
  const { port } = server.address() as AddressInfo
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({ executablePath: chromiumPath() ?? 'chromium', args: [...CHROMIUM_FLAGS] })
  const close = async (): Promise<void> => {
    await browser.close()
    server.close()
  }
  return { url: `http://localhost:${port}/`, browser, close }
}
