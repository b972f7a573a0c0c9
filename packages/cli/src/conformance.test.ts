import { dataFolder } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { capture } from './fixtures/capture.js'
import { modelCases, nodeCases } from './fixtures/conformance-cases.js'

const folder = dataFolder() ?? ''
const withData = test.skipIf(folder === '')

withData('the ONNX cases of the operators pass on cpu', async () => {
  const cases = nodeCases(folder)
  expect(cases).toHaveLength(356)
  const { code, stdout } = await capture('check', ...cases, '--device', 'cpu', '--json')
  const report: unknown = JSON.parse(stdout)
  expect(report).toMatchObject({ failed: 0, unsupported: 0, passed: cases.length })
  expect(code).toBe(0)
})

withData('real models pass on cpu, to 1e-4 of the largest value', { timeout: 240_000 }, async () => {
  const { code, stdout } = await capture('check', ...modelCases(folder, 'small'), '--device', 'cpu', '--of-max', '1e-4')
  expect([stdout, code]).toEqual(['6 passed, 0 failed, 0 unsupported\n', 0])
})
