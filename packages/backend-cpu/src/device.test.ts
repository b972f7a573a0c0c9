import type { PlanKernel } from '@tilewright/backend'
import type { CompileError } from '@tilewright/ir'
import { expect, test } from 'vitest'
import { openCpu } from './device.js'
import { cpu, cpuTarget } from './index.js'

const coded = (code: string): CompileError => expect.objectContaining({ name: 'CompileError', code })

test('memory that there is not', () => {
  const boundless = openCpu({ ...cpuTarget, limits: { ...cpuTarget.limits, bufferBytes: 2 ** 52 } })
  expect(() => boundless.createBuffer(2 ** 51)).toThrow(coded('device/out-of-memory'))
})

test('source that is no function', async () => {
  const device = await cpu().open()
  const kernel: PlanKernel = { source: '7', entry: 'main', threads: 1, workgroupBytes: 0, buffers: [], scalars: 0 }
  await expect(device.createPipeline(kernel)).rejects.toThrow('the kernel is not a function')
})
