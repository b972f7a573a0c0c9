// What the CUDA backend prints, executed: on a GPU all cases; on the processor, where they take a quarter of an hour, every
// seventh of them.
import { existsSync } from 'node:fs'
import { dataFolder, testedCuda } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { capture } from './fixtures/capture.js'
import { checkCases, failuresOf } from './fixtures/check-cases.js'
import { modelCases, nodeCases } from './fixtures/conformance-cases.js'

const folder = dataFolder() ?? ''
const withData = test.skipIf(folder === '')
const onGpu = testedCuda === 'cuda'

withData(`no ONNX case fails on ${testedCuda}`, { timeout: 600_000 }, async () => {
  // In the order of the index, neighbours are about the same operator.
  const cases = nodeCases(folder).filter((_, i) => onGpu || i % 7 === 3)
  expect(cases.length).toBeGreaterThanOrEqual(onGpu ? 700 : 110)
  const reports = await checkCases(cases, testedCuda)
  expect(failuresOf(reports)).toEqual([])
  expect(reports.filter(({ status }) => status === 'passed').length).toBeGreaterThanOrEqual(onGpu ? 650 : 95)
})

test.skipIf(!modelCases(folder, 'small').some((name) => existsSync(name)))(
  `real models pass on ${testedCuda}, to 1e-4 of the largest value`,
  { timeout: 600_000 },
  async () => {
    const small = modelCases(folder, 'small').filter((name) => /mnist-cntk|unitree|crepe/.test(name))
    // A machine without a network has such of them as it was given.
    const cases = onGpu ? modelCases(folder, 'all').filter((name) => existsSync(name)) : small
    const { code, stdout } = await capture('check', ...cases, '--device', testedCuda, '--of-max', '1e-4')
    const counts = new RegExp(`^${cases.length} passed, 0 failed, 0 unsupported$`, 'm')
    expect([stdout, code]).toEqual([expect.stringMatching(counts), 0])
  },
)

test.skipIf(!onGpu || !modelCases(folder, 'quantized').some((name) => existsSync(name)))(
  'a quantised model passes on cuda, to a step of its results',
  { timeout: 240_000 },
  async () => {
    const { code, stdout } = await capture(
      'check',
      ...modelCases(folder, 'quantized'),
      '--device',
      'cuda',
      '--of-max',
      '4.5e-2',
    )
    expect([stdout, code]).toEqual([expect.stringMatching(/^1 passed, 0 failed, 0 unsupported$/m), 0])
  },
)
