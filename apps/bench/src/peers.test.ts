import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { installPeer } from './peers.js'

let cache: string
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'bench-peers-'))
  vi.stubEnv('XDG_CACHE_HOME', cache)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, { recursive: true })
})

test('a peer that is there is not installed again', async () => {
  const folder = join(cache, 'tilewright', 'bench-peers', '@jax-js+jax@0.1.25')
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  writeFileSync(join(folder, 'node_modules', '.package-lock.json'), '{}')
  const notes: string[] = []
  const peer = { package: '@jax-js/jax', version: '0.1.25' }
  expect(await installPeer(peer, (line) => notes.push(line))).toBe(folder)
  expect(notes).toEqual([])
})

test('a peer that cannot be installed is an error with the reason', async () => {
  // npm refuses the name itself: nothing is asked of a registry.
  const missing = { package: '.hidden', version: '1.0.0' }
  await expect(installPeer(missing, () => {})).rejects.toMatchObject({
    code: 'bench/peer',
    message: expect.stringContaining('.hidden@1.0.0 cannot be installed: Invalid package name'),
  })
})
