import { type Device, type DeviceBuffer, type Pipeline, wholeBuffer } from '@tilewright/backend'
import {
  buildKernel,
  CompileError,
  formatError,
  type Kernel,
  type KernelBuilder,
  TilewrightError,
} from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wgslPipeline } from '../pipeline.js'
import { emitWgsl } from '../print-wgsl.js'
import { makeDevice } from './device.js'
import { openNode, openNodeGpu } from './node.js'

let device: Device
beforeAll(async () => {
  device = await openNode({ software: true })
})
afterAll(() => device.dispose())

/** A second, raw device of the same adapter. */
async function openRaw(): Promise<GPUDevice> {
  const { device: raw } = await openNodeGpu({ software: true })
  return raw
}

async function compiled(on: Device, author: (g: KernelBuilder) => void): Promise<Pipeline> {
  const kernel: Kernel = buildKernel({ name: 'test', threads: 4, workgroups: [1, 1, 1] }, author)
  return on.createPipeline(emitWgsl(runPipeline(kernel, wgslPipeline(on.target))).pipeline)
}

/** y[i] = x[i] · scale, four elements. */
const scaled =
  (scale: number) =>
  (g: KernelBuilder): void => {
    const [x, y] = [g.param('x', 'f32', [4]), g.param('y', 'f32', [4])]
    y.set([g.thread], x.at(g.thread).mul(scale))
  }

function bufferOf(on: Device, data: ArrayBufferView): DeviceBuffer {
  const made = on.createBuffer(data.byteLength)
  on.write(made, data)
  return made
}

const floats = async (on: Device, buffer: DeviceBuffer): Promise<readonly number[]> => [
  ...new Float32Array((await on.read(buffer, 16)).buffer),
]

/** What a promise is rejected with, as the CLI would print it. */
async function rejection(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return error instanceof TilewrightError ? formatError(error) : `untyped ${String(error)}`
  }
  return 'no rejection'
}

describe('buffers', () => {
  test('many reads at once', async () => {
    const buffers = Array.from({ length: 40 }, (_, i) => bufferOf(device, Float32Array.of(i, i, i, i)))
    const values = await Promise.all(buffers.map((buffer) => floats(device, buffer)))
    expect(values.map(([first]) => first)).toEqual([...buffers.keys()])
  })

  test('that do not fit are refused', async () => {
    const limit = device.target.limits.bufferBytes
    expect(() => device.createBuffer(limit + 1)).toThrow(CompileError)
    const buffer = device.createBuffer(20)
    expect(buffer.bytes).toBe(32)
    expect(() => device.write(buffer, new Uint8Array(33))).toThrow('a write of 33 bytes at a buffer of 32 bytes')
    expect(await rejection(device.read(buffer, 33))).toContain('a read of 33 bytes at a buffer of 32 bytes')
  })
})

describe('launches', () => {
  test('a kernel that does not compile is refused with its line', async () => {
    const { kernel } = await compiled(device, scaled(2))
    const broken = { ...kernel, source: kernel.source.replace('x[thread]', 'z[thread]') }
    expect(await rejection(device.createPipeline(broken))).toMatchInlineSnapshot(`
      "error[device/pipeline]: the WGSL compiler refused a kernel: 7:15 unresolved value 'z'
        at    line 7: y[thread] = z[thread] * 2.0f;
        help  a kernel that Tilewright printed should always compile: please report it with this message"
    `)
    expect(await rejection(device.createPipeline({ ...kernel, entry: 'other' }))).toContain('error[device/pipeline]')
    expect(await rejection(device.createPipeline({ ...kernel, threads: 2 ** 20 }))).toMatchInlineSnapshot(`
          "error[limits/threads]: a kernel needs 1048576 threads in a workgroup; webgpu (google swiftshader) allows 256
            help  compile for this device: its target carries these limits"
        `)
  })

  test('that do not fit their kernel are refused', async () => {
    const pipeline = await compiled(device, scaled(2))
    const y = device.createBuffer(16)
    const recorder = device.begin()
    expect(() => recorder.dispatch(pipeline, [y].map(wholeBuffer), new Uint32Array(0), [1, 1, 1])).toThrow(
      'a kernel of 2 buffers and 0 scalars is launched with 1 and 0',
    )
    // One buffer for reading and for writing: WebGPU refuses it, and nothing runs.
    recorder.dispatch(pipeline, [y, y].map(wholeBuffer), new Uint32Array(0), [1, 1, 1])
    recorder.submit()
    expect(await rejection(device.read(y, 16))).toContain(
      'error[internal/invariant]: WebGPU refused a launch or a copy',
    )
    expect(await floats(device, y)).toEqual([0, 0, 0, 0])
  })
})

describe('devices', () => {
  test('say what they can do', () => {
    expect(device.info).toEqual({ backend: 'wgsl', adapter: 'google swiftshader', software: true })
    expect(device.target.fastWorkgroupMemory).toBe(false)
    expect(device.target.limits.bindingBytes).toBeGreaterThan(2 ** 27)
  })

  test('two of them run side by side, each with its own buffers', async () => {
    const other = await openNode({ software: true })
    const pipelines = [await compiled(device, scaled(2)), await compiled(other, scaled(3))] as const
    const results = [device, other].map((on, i) => {
      const [x, y] = [bufferOf(on, Float32Array.of(1, 2, 3, 4)), on.createBuffer(16)]
      const recorder = on.begin()
      recorder.dispatch(pipelines[i]!, [x, y].map(wholeBuffer), new Uint32Array(0), [1, 1, 1])
      recorder.submit()
      return floats(on, y)
    })
    expect(await Promise.all(results)).toEqual([
      [2, 4, 6, 8],
      [3, 6, 9, 12],
    ])
    expect(() => device.write(other.createBuffer(4), new Uint8Array(4))).toThrow('it is another device’s')
    other.dispose()
    other.dispose()
    expect(() => other.begin()).toThrow('the device is lost: it was disposed of')
    expect(await floats(device, bufferOf(device, Float32Array.of(1, 2, 3, 4)))).toEqual([1, 2, 3, 4])
  })

  test('a loss rejects the run in flight and all that follows', async () => {
    const raw = await openRaw()
    const lossy = makeDevice(raw)
    const pipeline = await compiled(lossy, scaled(2))
    const [x, y] = [bufferOf(lossy, Float32Array.of(1, 2, 3, 4)), lossy.createBuffer(16)]
    const recorder = lossy.begin()
    recorder.dispatch(pipeline, [x, y].map(wholeBuffer), new Uint32Array(0), [1, 1, 1])
    recorder.submit()
    const reading = rejection(lossy.read(y, 16))
    raw.destroy()
    expect(await reading).toContain('error[device/lost]: the device is lost')
    expect(await lossy.lost).not.toBe('')
    expect(() => lossy.createBuffer(4)).toThrow('the device is lost')
    expect(() => lossy.begin()).toThrow('the device is lost')
    expect(await rejection(lossy.createPipeline(pipeline.kernel))).toContain('error[device/lost]')
  })

  test('disposing of a device is no loss, but ends its reads', async () => {
    const short = await openNode({ software: true })
    const reading = rejection(short.read(short.createBuffer(4), 4))
    short.dispose()
    expect(await reading).toContain('error[device/lost]: the device is lost: it was disposed of')
    const lost = await Promise.race([short.lost, new Promise((resolve) => setTimeout(resolve, 50, 'still pending'))])
    expect(lost).toBe('still pending')
  })
})
