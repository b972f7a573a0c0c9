import { dataFolder } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { capture } from './fixtures/capture.js'
import { modelCases, nodeCases } from './fixtures/conformance-cases.js'

const folder = dataFolder() ?? ''
const withData = test.skipIf(folder === '')

withData('the ONNX cases of the operators pass on webgpu', async () => {
  const cases = nodeCases(folder)
  expect(cases).toHaveLength(232)
  const { code, stdout } = await capture('check', ...cases, '--device', 'webgpu', '--json')
  const report: unknown = JSON.parse(stdout)
  expect(report).toMatchObject({ failed: 0, unsupported: 0, passed: cases.length })
  expect(code).toBe(0)
})

withData('mnist-cntk and unitree-g1-policy pass on webgpu, to 1e-4 of the largest value', async () => {
  const { code, stdout } = await capture('check', ...modelCases(folder), '--device', 'webgpu', '--of-max', '1e-4')
  expect([stdout, code]).toEqual(['2 passed, 0 failed, 0 unsupported\n', 0])
})
