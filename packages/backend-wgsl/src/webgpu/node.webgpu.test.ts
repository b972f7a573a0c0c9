import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { CompileError } from '@tilewright/ir'
import { afterEach, expect, test } from 'vitest'
import { openNodeGpu } from './node.js'
import type { NodeGpu } from './node-dawn.js'

/** Flags of `GPUBufferUsage`, which is no global in Node. */
const usage = { mapRead: 0x1, copySrc: 0x4, copyDst: 0x8 } as const

const opened: NodeGpu[] = []
async function open(): Promise<NodeGpu> {
  const gpu = await openNodeGpu({ software: true })
  opened.push(gpu)
  return gpu
}
afterEach(() => {
  for (const gpu of opened.splice(0)) gpu.dispose()
})

/** Writes four words to a buffer of the device and reads them back. */
async function roundTrip({ device, wait }: NodeGpu): Promise<readonly number[]> {
  const buffer = device.createBuffer({ size: 16, usage: usage.copySrc | usage.copyDst })
  const stage = device.createBuffer({ size: 16, usage: usage.mapRead | usage.copyDst })
  device.queue.writeBuffer(buffer, 0, Uint32Array.of(1, 2, 3, 4))
  const encoder = device.createCommandEncoder()
  encoder.copyBufferToBuffer(buffer, 0, stage, 0, 16)
  device.queue.submit([encoder.finish()])
  await wait(device.queue.onSubmittedWorkDone())
  await wait(stage.mapAsync(1))
  return [...new Uint32Array(stage.getMappedRange())]
}

/** What is found when no software is asked for: an adapter, or the code of an error. */
const found = (): Promise<string> =>
  openNodeGpu().then(
    (gpu) => {
      opened.push(gpu)
      return gpu.device.adapterInfo.description
    },
    ({ code }: CompileError) => code,
  )

test('a software adapter, once opened, is not taken for a GPU', async () => {
  const [before, driver] = [await found(), process.env.VK_DRIVER_FILES]
  await open()
  expect(process.env.VK_DRIVER_FILES).toBe(driver)
  expect(await found()).toBe(before)
})

test('opens the software adapter with more than the default limits', async () => {
  const { device } = await open()
  expect(device.adapterInfo.isFallbackAdapter).toBe(true)
  expect(device.limits.maxStorageBufferBindingSize).toBeGreaterThan(2 ** 27)
  expect(device.limits.maxComputeWorkgroupStorageSize).toBeGreaterThan(16384)
  expect(device.features.has('subgroups')).toBe(true)
  expect(device.features.has('timestamp-query')).toBe(true)
})

test('opens several devices, each usable after another is disposed of', async () => {
  const gpus = [await open(), await open(), await open()]
  gpus[0]!.dispose()
  gpus[0]!.dispose()
  expect(await roundTrip(gpus[1]!)).toEqual([1, 2, 3, 4])
  expect(await roundTrip(gpus[2]!)).toEqual([1, 2, 3, 4])
})

test('a device outlives collections of garbage', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const gpu = await open()
  for (let i = 0; i < 5; i += 1) {
    collect()
    await sleep(5)
  }
  expect(await roundTrip(gpu)).toEqual([1, 2, 3, 4])
})
