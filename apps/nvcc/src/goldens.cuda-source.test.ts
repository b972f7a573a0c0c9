// nvcc accepts every golden of the CUDA backend, without spills; what each takes of a GPU is a golden too.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { defined } from '@tilewright/ir'
import { nvccPath, nvccSkipReason } from '@tilewright/testing'
import { afterAll, expect, test } from 'vitest'
import { type Architecture, architectures, compileSources, type Source } from './compile-sources.js'
import { columns } from './report.js'
import { spilledBytes } from './resources.js'

const goldens = join(import.meta.dirname, '../../../packages/backend-cuda/goldens')
const report = join(goldens, 'resources.txt')
const folder = mkdtempSync(join(tmpdir(), 'tilewright-goldens-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The goldens of a folder, and what they are for. */
function sourcesIn(from: string, of: readonly Architecture[]): readonly Source[] {
  const files = readdirSync(from).filter((file) => file.endsWith('.cu'))
  return files.map((file) => ({
    name: basename(file, '.cu'),
    source: readFileSync(join(from, file), 'utf8'),
    architectures: of,
  }))
}

test.skipIf(nvccSkipReason() !== undefined)('goldens compile for each architecture, without spills', async () => {
  const nvcc = defined(nvccPath(), 'the test is skipped without nvcc')
  // Apart: kernels that are compiled together share the alignment of dynamic shared memory.
  const compiled = [
    ...(await compileSources(sourcesIn(goldens, architectures), { nvcc, folder })),
    ...(await compileSources(sourcesIn(join(goldens, 'sm_90a'), ['sm_90a']), { nvcc, folder })),
  ]
  expect(compiled.filter(({ result }) => 'refused' in result)).toEqual([])
  const taken = compiled.flatMap(({ name, architecture, result }) =>
    'refused' in result ? [] : [{ name, architecture, ...result, spilled: spilledBytes(result) }],
  )
  expect(taken.filter(({ spilled }) => spilled > 0)).toEqual([])

  const rows = taken
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, architecture, registers, sharedBytes, stackBytes, spilled, barriers }) =>
      [name, architecture, registers, sharedBytes, stackBytes, spilled, barriers].map(String),
    )
  const head = ['kernel', 'architecture', 'registers', 'shared', 'stack', 'spilled', 'barriers']
  const release = /release .*/.exec(spawnSync(nvcc, ['--version'], { encoding: 'utf8' }).stdout)?.[0] ?? 'unknown'
  const title = `By nvcc ${release}; shared, stack and spilled are bytes, shared without what is dynamic.`
  // Other versions have other figures.
  if (existsSync(report) && !readFileSync(report, 'utf8').startsWith(title)) return
  await expect(`${title}\n\n${columns([head, ...rows])}\n`).toMatchFileSnapshot(report)
})
