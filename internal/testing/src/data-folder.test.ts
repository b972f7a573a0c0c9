import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { dataFolder, dataSkipReason } from './data-folder.js'

let scratch: string
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'tilewright-data-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(scratch, { recursive: true })
})

test('an unset variable skips, and says which variable', () => {
  vi.stubEnv('TILEWRIGHT_DATA', '')
  expect(dataFolder()).toBeUndefined()
  expect(dataSkipReason()).toContain('TILEWRIGHT_DATA is not set')
})

test('a folder without the data skips, and says what is missing', () => {
  vi.stubEnv('TILEWRIGHT_DATA', scratch)
  mkdirSync(join(scratch, 'models'))
  expect(dataFolder()).toBeUndefined()
  expect(dataSkipReason()).toBe(`TILEWRIGHT_DATA=${scratch} holds no onnx-conformance/`)
})

test('a folder with the data is given', () => {
  vi.stubEnv('TILEWRIGHT_DATA', scratch)
  mkdirSync(join(scratch, 'models'))
  mkdirSync(join(scratch, 'onnx-conformance'))
  expect(dataSkipReason()).toBeUndefined()
  expect(dataFolder()).toBe(scratch)
})
