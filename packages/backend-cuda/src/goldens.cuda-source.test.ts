import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nvccPath, nvccSkipReason } from '@tilewright/testing'
import { afterAll, expect, test } from 'vitest'

const goldens = join(import.meta.dirname, '../goldens')
const folder = mkdtempSync(join(tmpdir(), 'tilewright-cuda-'))
afterAll(() => rmSync(folder, { recursive: true }))

const cases = readdirSync(goldens).flatMap((name) =>
  ['sm_80', 'sm_90a'].map((architecture) => ({ name, architecture })),
)

test.skipIf(nvccSkipReason() !== undefined).each(cases)(
  '$name compiles for $architecture',
  ({ name, architecture }) => {
    const output = join(folder, `${name}.${architecture}.ptx`)
    const args = [
      `-arch=${architecture}`,
      '-std=c++17',
      '-Werror',
      'all-warnings',
      '-ptx',
      join(goldens, name),
      '-o',
      output,
    ]
    const { status, stderr } = spawnSync(nvccPath() ?? 'nvcc', args, { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  },
)
