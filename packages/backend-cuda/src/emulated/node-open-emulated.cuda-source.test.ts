import { type PlanKernel, wholeBuffer } from '@tilewright/backend'
import type { CompileError } from '@tilewright/ir'
import { expect, test } from 'vitest'
import { cudaTarget } from '../index.js'
import { openEmulated } from './node-open-emulated.js'

const kernel = (body: string, buffers = 1, scalars = 1): PlanKernel => ({
  source: `extern "C" __global__ void main_kernel(int* b${scalars === 0 ? '' : ', int by'}) {\n${body}\n}\n`,
  entry: 'main_kernel',
  threads: 4,
  workgroupBytes: 16,
  buffers: Array.from({ length: buffers }, () => ({ access: 'read-write', dtype: 'i32', lanes: 1 })),
  scalars,
})
const coded = (code: string): CompileError => expect.objectContaining({ name: 'CompileError', code })

test('buffers begin as zeros, and give back what was written', async () => {
  const device = await openEmulated()
  const [empty, buffer] = [device.createBuffer(0), device.createBuffer(5)]
  expect([empty.bytes, buffer.bytes]).toEqual([16, 16])
  expect(await device.read(buffer, 5)).toEqual(new Uint8Array(5))
  const data = Float32Array.of(9, 1.5, 9)
  device.write(buffer, data.subarray(1, 2), 4)
  data.fill(0)
  expect(await device.read(buffer, 8)).toEqual(new Uint8Array(Float32Array.of(0, 1.5).buffer))
  device.dispose()
})

test('launches run in the order they were recorded, when they are submitted', async () => {
  const device = await openEmulated()
  const buffer = device.createBuffer(32)
  const add = await device.createPipeline(
    kernel('if (threadIdx.x == 3) { b[0] = b[0] * 10 + by; b[1] += gridDim.x * blockDim.x; }'),
  )
  const recorder = device.begin()
  const range = { ...wholeBuffer(buffer), offset: 16, bytes: 16 }
  for (const by of [1, 2, 3]) recorder.dispatch(add, [range], Uint32Array.of(by), [1, 1, 1])
  expect(await device.read(buffer, 32)).toEqual(new Uint8Array(32))
  recorder.submit()
  await device.settled()
  const words = new Int32Array((await device.read(buffer, 32)).buffer)
  expect(words).toEqual(Int32Array.of(0, 0, 0, 0, 123, 12, 0, 0))
  device.dispose()
})

test('a kernel that goes wrong loses the device, and says why', async () => {
  const device = await openEmulated({ sanitize: 'bounds' })
  const buffer = device.createBuffer(16)
  const bad = await device.createPipeline(kernel('__shared__ int x[4]; x[by] = 1; b[0] = x[by];'))
  const recorder = device.begin()
  recorder.dispatch(bad, [wholeBuffer(buffer)], Uint32Array.of(4), [1, 1, 1])
  recorder.submit()
  await expect(device.settled()).rejects.toThrow(coded('device/lost'))
  expect(await device.lost).toMatch(
    /^cuEventQuery: CUDA_ERROR_LAUNCH_FAILED \(kernel\.cu:\d+:\d+: index 4 of 'int \[4\]'/,
  )
  expect(() => device.begin()).toThrow(coded('device/lost'))
  expect(() => device.createBuffer(4)).toThrow(coded('device/lost'))
  device.dispose()
})

test('source that does not compile, sizes beyond the limit, and what belongs to others', async () => {
  const [device, other] = [await openEmulated(), await openEmulated()]
  await expect(device.createPipeline(kernel('b[0] = nothing;'))).rejects.toThrow(coded('device/pipeline'))
  expect(() => device.createBuffer(cudaTarget.limits.bufferBytes + 1)).toThrow(coded('limits/buffer-size'))
  expect(() => device.write(other.createBuffer(4), new Uint8Array(4))).toThrow(coded('device/foreign'))
  const buffer = device.createBuffer(4)
  buffer.destroy()
  buffer.destroy()
  await expect(device.read(buffer, 4)).rejects.toThrow(coded('device/foreign'))
  device.dispose()
  expect(() => device.begin()).toThrow(coded('device/lost'))
  other.dispose()
})
