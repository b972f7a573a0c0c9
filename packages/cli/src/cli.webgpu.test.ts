import { afterAll, beforeAll, expect, test } from 'vitest'
import { capture } from './fixtures/capture.js'
import { writeDemoCase } from './fixtures/demo-case.js'
import { temporaryFolder } from './fixtures/write-case.js'

let root: ReturnType<typeof temporaryFolder>
beforeAll(() => {
  root = temporaryFolder()
})
afterAll(() => root.remove())

test('the built-in model runs on webgpu and equals its definition', async () => {
  const { code, stdout } = await capture('run', '--device', 'webgpu', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    device: { name: 'webgpu', backend: 'wgsl' },
    hostSteps: 0,
    checks: [{ against: 'definition', mismatches: [] }],
  })
})

test('one compile serves every batch of a symbolic model on webgpu, an empty one included', async () => {
  const folder = writeDemoCase(`${root.path}/case`, [0, 1, 3, 17])
  const { code, stdout } = await capture('check', folder, '--device', 'webgpu', '--of-max', '1e-4', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ cases: [{ status: 'passed', dataSets: 4, compiles: 1, hostSteps: 0 }] })
  expect(code).toBe(0)
})

test('doctor finds an adapter', async () => {
  const { code, stdout } = await capture('doctor', '--json')
  expect(code).toBe(0)
  type Found = { found: boolean; driver?: string }
  const machine: { gpu: Found; softwareGpu: Found } = JSON.parse(stdout)
  expect(machine.gpu.found || machine.softwareGpu.found).toBe(true)
  if (process.platform === 'linux' && machine.softwareGpu.found) expect(machine.softwareGpu.driver).toMatch(/\.json$/)
})
