// Runs a module of this repository inside headless Chromium: bundled from its sources, served from http://localhost, because
// WebGPU is offered to secure contexts only.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
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
  const server = createServer((request, response) => {
    const isScript = request.url === '/module.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
    response.end(isScript ? script : '<!doctype html><title>test</title><script src="/module.js"></script>')
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  // A TCP server's address is an AddressInfo; the string form is for pipes.
  const { port } = server.address() as AddressInfo
  const browser = await chromium.launch({ executablePath: chromiumPath() ?? 'chromium', args: [...CHROMIUM_FLAGS] })
  const close = async (): Promise<void> => {
    await browser.close()
    server.close()
  }
  try {
    const page = await browser.newPage()
    const failures: Error[] = []
    page.on('pageerror', (error) => failures.push(error))
    await page.goto(`http://localhost:${port}/`)
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
