import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BrowserModule, openInBrowser } from './browser.js'

let opened: BrowserModule
beforeAll(async () => {
  opened = await openInBrowser(join(import.meta.dirname, 'fixtures/adapter-probe.ts'))
})
afterAll(() => opened.close())

test('a module runs in Chromium and is offered a WebGPU adapter', async () => {
  expect(await opened.call('probe', 20, 22)).toEqual({ sum: 42, hasAdapter: true })
})

test('an error in the page reaches the test', async () => {
  await expect(opened.call('fail')).rejects.toThrow('from the page')
  await expect(opened.call('missing')).rejects.toThrow("the module exports no 'missing'")
})
