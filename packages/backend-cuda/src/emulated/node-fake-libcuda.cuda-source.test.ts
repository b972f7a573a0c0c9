// Tier cuda asks the driver whether there is a GPU: here, one that stands in for NVIDIA's.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tierSkipReason } from '@tilewright/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { buildFakeLibcuda } from './node-fake-libcuda.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilewright-driver-'))
  vi.stubEnv('LD_LIBRARY_PATH', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

test('tier cuda can run where the driver has a GPU', async () => {
  symlinkSync(await buildFakeLibcuda(), join(folder, 'libcuda.so.1'))
  expect(tierSkipReason('cuda')).toBeUndefined()
})

test('tier cuda says why it cannot run where the driver does not load', () => {
  symlinkSync(join(folder, 'nothing'), join(folder, 'libcuda.so.1'))
  expect(tierSkipReason('cuda') ?? 'the system has one').toMatch(/libcuda.so.1 does not load|the system has one/)
})
