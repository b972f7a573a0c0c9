// nvcc accepts what the CUDA backend prints for every template, and nothing of level 0 spills.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defined } from '@tilewright/ir'
import { nvccPath, nvccSkipReason } from '@tilewright/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compileSources } from './compile-sources.js'
import { families, generateAll } from './generate.js'
import { faults, faultText, reportOf, summary } from './report.js'

const nvcc = (): string => defined(nvccPath(), 'tests are skipped without nvcc')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilewright-nvcc-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test.skipIf(nvccSkipReason() !== undefined)('60 kernels, of every template', { timeout: 240_000 }, async () => {
  const kernels = generateAll(families, 60)
  const reports = reportOf(kernels, await compileSources(kernels, { nvcc: nvcc(), folder }))
  expect(faults(reports).map(faultText)).toEqual([])
  expect(summary(reports)).toMatch(/^60 compiled, 0 failed, \d+ spilled$/)
  expect(readdirSync(folder)).toEqual([])
})

test.skipIf(nvccSkipReason() !== undefined)('errors and warnings are told of the kernel, which stays', async () => {
  const kernel = (body: string) => `extern "C" __global__ void main_kernel(float* x) {\n${body}\n}\n`
  const sources = [
    { name: 'good', source: kernel('x[threadIdx.x] = 1.0f;') },
    { name: 'wrong', source: kernel('y[threadIdx.x] = 1.0f;') },
    { name: 'careless', source: kernel('int unused; x[threadIdx.x] = 1.0f;') },
  ]
  const compiled = await compileSources(sources, { nvcc: nvcc(), folder })
  expect(compiled.map(({ name, architecture, result }) => [name, architecture, result])).toEqual(
    ['sm_80', 'sm_90a'].flatMap((architecture) => [
      ['good', architecture, expect.objectContaining({ sharedBytes: 0, stackBytes: 0, spillStores: 0, spillLoads: 0 })],
      ['wrong', architecture, { refused: expect.stringContaining('identifier "y" is undefined') }],
      ['careless', architecture, { refused: expect.stringContaining('"unused" was declared but never referenced') }],
    ]),
  )
  expect(readdirSync(folder)).toEqual(['careless.cu', 'wrong.cu'])
})
