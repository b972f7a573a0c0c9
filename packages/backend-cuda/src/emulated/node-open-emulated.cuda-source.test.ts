import { type PlanKernel, wholeBuffer } from '@tilewright/backend'
import type { CompileError } from '@tilewright/ir'
import { expect, test } from 'vitest'
import { openEmulated } from './node-open-emulated.js'

const coded = (code: string): CompileError => expect.objectContaining({ name: 'CompileError', code })

test('a kernel that goes wrong loses the device, and says why', async () => {
  const device = await openEmulated({ sanitize: 'bounds' })
  const buffer = device.createBuffer(16)
  const bad: PlanKernel = {
    source: 'extern "C" __global__ void main_kernel(int* b, int by) { __shared__ int x[4]; x[by] = 1; b[0] = x[by]; }',
    entry: 'main_kernel',
    threads: 4,
    workgroupBytes: 16,
    buffers: [{ access: 'read-write', dtype: 'i32', lanes: 1 }],
    scalars: 1,
  }
  const pipeline = await device.createPipeline(bad)
  const recorder = device.begin()
  recorder.dispatch(pipeline, [wholeBuffer(buffer)], Uint32Array.of(4), [1, 1, 1])
  recorder.submit()
  await expect(device.settled()).rejects.toThrow(coded('device/lost'))
  expect(await device.lost).toMatch(
    /^cuEventQuery: CUDA_ERROR_LAUNCH_FAILED \(kernel\.cu:\d+:\d+: index 4 of 'int \[4\]'/,
  )
  expect(() => device.begin()).toThrow(coded('device/lost'))
  expect(() => device.createBuffer(4)).toThrow(coded('device/lost'))
  device.dispose()
})
