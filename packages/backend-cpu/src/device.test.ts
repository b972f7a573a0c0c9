import { type PlanKernel, wholeBuffer } from '@tilewright/backend'
import type { CompileError } from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import { openCpu } from './device.js'
import { cpu, cpuTarget } from './index.js'

const kernel = (source: string): PlanKernel => ({
  source,
  entry: 'main',
  threads: 1,
  workgroupBytes: 0,
  buffers: [],
  scalars: 0,
})
const coded = (code: string): CompileError => expect.objectContaining({ name: 'CompileError', code })

describe('the cpu as a device', () => {
  test('buffers begin as zeros, are never empty, and give back what was written', async () => {
    const device = await cpu().open()
    const [empty, buffer] = [device.createBuffer(0), device.createBuffer(5)]
    expect([empty.bytes, buffer.bytes]).toEqual([16, 16])
    expect(await device.read(buffer, 5)).toEqual(new Uint8Array(5))
    const data = Float32Array.of(9, 1.5, 9)
    device.write(buffer, data.subarray(1, 2))
    data.fill(0)
    expect(await device.read(buffer, 4)).toEqual(new Uint8Array(Float32Array.of(1.5).buffer))
  })

  test('a result that was read stays what it was', async () => {
    const device = await cpu().open()
    const buffer = device.createBuffer(4)
    const before = await device.read(buffer, 4)
    device.write(buffer, Uint8Array.of(1, 2, 3, 4))
    expect(before).toEqual(new Uint8Array(4))
  })

  test('launches run in the order they were recorded, when they are submitted', async () => {
    const device = await cpu().open()
    const buffer = device.createBuffer(16)
    const add = await device.createPipeline(
      kernel('([memory], [by], nx) => { const b = new Int32Array(memory.buffer); b[0] = b[0] * 10 + by; b[1] += nx }'),
    )
    const recorder = device.begin()
    for (const by of [1, 2, 3]) recorder.dispatch(add, [wholeBuffer(buffer)], Uint32Array.of(by), [by, 1, 1])
    expect(new Int32Array((await device.read(buffer, 8)).buffer)).toEqual(Int32Array.of(0, 0))
    recorder.submit()
    recorder.submit()
    expect(new Int32Array((await device.read(buffer, 8)).buffer)).toEqual(Int32Array.of(123, 6))
  })

  test('sizes beyond the limit, and memory that there is not', async () => {
    const device = await cpu().open()
    expect(() => device.createBuffer(cpuTarget.limits.bufferBytes + 1)).toThrow(coded('limits/buffer-size'))
    const boundless = openCpu({ ...cpuTarget, limits: { ...cpuTarget.limits, bufferBytes: 2 ** 52 } })
    expect(() => boundless.createBuffer(2 ** 51)).toThrow(coded('device/out-of-memory'))
  })

  test('source that does not compile, or is no function', async () => {
    const device = await cpu().open()
    await expect(device.createPipeline(kernel('(x) => {'))).rejects.toThrow(coded('device/pipeline'))
    await expect(device.createPipeline(kernel('7'))).rejects.toThrow('the kernel is not a function')
  })

  test('what another device made, and what is gone', async () => {
    const [device, other] = [await cpu().open(), await cpu().open()]
    const foreign = await other.createPipeline(kernel('() => {}'))
    expect(() => device.begin().dispatch(foreign, [], new Uint32Array(), [1, 1, 1])).toThrow(coded('device/pipeline'))
    expect(() => device.write(other.createBuffer(4), new Uint8Array(4))).toThrow(coded('device/foreign'))
    const buffer = device.createBuffer(4)
    buffer.destroy()
    buffer.destroy()
    await expect(device.read(buffer, 4)).rejects.toThrow(coded('device/foreign'))
    const last = device.createBuffer(4)
    device.dispose()
    device.dispose()
    await expect(device.read(last, 4)).rejects.toThrow(coded('device/lost'))
  })
})
