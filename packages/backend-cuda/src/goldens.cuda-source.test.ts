import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nvccPath, nvccSkipReason } from '@tilewright/testing'
import { afterAll, expect, test } from 'vitest'

const goldens = join(import.meta.dirname, '../goldens')
const folder = mkdtempSync(join(tmpdir(), 'tilewright-cuda-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.skipIf(nvccSkipReason() !== undefined).each(readdirSync(goldens))('%s compiles for sm_90a', (name) => {
  const output = join(folder, `${name}.ptx`)
  const args = ['-arch=sm_90a', '-std=c++17', '-Werror', 'all-warnings', '-ptx', join(goldens, name), '-o', output]
  const { status, stderr } = spawnSync(nvccPath() ?? 'nvcc', args, { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
