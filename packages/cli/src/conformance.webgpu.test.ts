import { join } from 'node:path'
import { operatorNames } from '@tilewright/onnx'
import { dataFolder } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { capture } from './fixtures/capture.js'
import { checkCases, failuresOf } from './fixtures/check-cases.js'
import { modelCases, nodeCases } from './fixtures/conformance-cases.js'
import { operatorsTable } from './fixtures/operators-table.js'
import { openDevice } from './open-device.js'

const folder = dataFolder() ?? ''
const withData = test.skipIf(folder === '')
const docs = join(import.meta.dirname, '../../../docs')

withData(
  'no ONNX case fails on webgpu, and docs/operators.md says what became of each',
  {
    timeout: 400_000,
  },
  async () => {
    const cases = nodeCases(folder).filter(({ isExpanded }) => !isExpanded)
    const [onProcessor, onGpu] = [await checkCases(cases, 'cpu'), await checkCases(cases, 'webgpu')]
    expect(failuresOf(onGpu)).toEqual([])
    expect(onGpu.filter(({ status }) => status === 'passed').length).toBeGreaterThanOrEqual(400)
    const outcomes = cases.map((testCase, i) => ({
      testCase,
      reports: [onProcessor, onGpu].flatMap((reports) => reports.slice(i, i + 1)),
    }))
    const { device } = await openDevice('webgpu')
    // Errors differ from adapter to adapter: the table is of the one that every machine has.
    if (device.info.software)
      await expect(operatorsTable(outcomes, operatorNames)).toMatchFileSnapshot(`${docs}/operators.md`)
    device.dispose()
  },
)

withData('real models pass on webgpu, to 1e-4 of the largest value', { timeout: 240_000 }, async () => {
  const { code, stdout } = await capture(
    'check',
    ...modelCases(folder, 'all'),
    '--device',
    'webgpu',
    '--of-max',
    '1e-4',
  )
  expect([stdout, code]).toEqual([expect.stringMatching(/^11 passed, 0 failed, 0 unsupported$/m), 0])
})

withData('a quantised model passes on webgpu, to a step of its results', { timeout: 240_000 }, async () => {
  const cases = modelCases(folder, 'quantized')
  const { code, stdout } = await capture('check', ...cases, '--device', 'webgpu', '--of-max', '4.5e-2')
  expect([stdout, code]).toEqual([expect.stringMatching(/^1 passed, 0 failed, 0 unsupported$/m), 0])
})
