// What the CUDA backend prints, executed on the processor. All cases take a quarter of an hour; here, every seventh of them.
import { dataFolder } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { capture } from './fixtures/capture.js'
import { checkCases, failuresOf } from './fixtures/check-cases.js'
import { modelCases, nodeCases } from './fixtures/conformance-cases.js'

const folder = dataFolder() ?? ''
const withData = test.skipIf(folder === '')

withData('no ONNX case fails on cuda-emulated, of a sample across operators', { timeout: 600_000 }, async () => {
  // In the order of the index, neighbours are about the same operator.
  const sample = nodeCases(folder).filter((_, i) => i % 7 === 3)
  expect(sample.length).toBeGreaterThanOrEqual(110)
  const reports = await checkCases(sample, 'cuda-emulated')
  expect(failuresOf(reports)).toEqual([])
  expect(reports.filter(({ status }) => status === 'passed').length).toBeGreaterThanOrEqual(95)
})

withData('small models pass on cuda-emulated, to 1e-4 of the largest value', { timeout: 600_000 }, async () => {
  const cases = modelCases(folder, 'small').filter((name) => /mnist-cntk|unitree|crepe/.test(name))
  const { code, stdout } = await capture('check', ...cases, '--device', 'cuda-emulated', '--of-max', '1e-4')
  expect([stdout, code]).toEqual([expect.stringMatching(/^3 passed, 0 failed, 0 unsupported$/m), 0])
})
