import { dataFolder } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { capture } from './fixtures/capture.js'
import { checkCases, failuresOf } from './fixtures/check-cases.js'
import { modelCases, nodeCases } from './fixtures/conformance-cases.js'

const folder = dataFolder() ?? ''
const withData = test.skipIf(folder === '')

withData('no ONNX case fails on cpu, those included that spell an operator out', { timeout: 240_000 }, async () => {
  const reports = await checkCases(nodeCases(folder), 'cpu')
  expect(failuresOf(reports)).toEqual([])
  expect(reports.filter(({ status }) => status === 'passed').length).toBeGreaterThanOrEqual(400)
})

withData('real models pass on cpu, to 1e-4 of the largest value', { timeout: 240_000 }, async () => {
  const { code, stdout } = await capture('check', ...modelCases(folder, 'small'), '--device', 'cpu', '--of-max', '1e-4')
  expect([stdout, code]).toEqual([expect.stringMatching(/^6 passed, 0 failed, 0 unsupported$/m), 0])
})

withData('a quantised model passes on cpu, to a step of its results', { timeout: 240_000 }, async () => {
  const cases = modelCases(folder, 'quantized')
  const { code, stdout } = await capture('check', ...cases, '--device', 'cpu', '--of-max', '4.5e-2')
  expect([stdout, code]).toEqual([expect.stringMatching(/^1 passed, 0 failed, 0 unsupported$/m), 0])
})
