// What a device promises, on a GPU where there is one. What goes on inside, call by call, is in device.cuda-source.test.ts.
import { type Device, type DeviceBuffer, type PlanKernel, wholeBuffer } from '@tilewright/backend'
import type { CompileError } from '@tilewright/ir'
import { openTestedCuda } from '@tilewright/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let device: Device
beforeAll(async () => {
  device = await openTestedCuda()
})
afterAll(() => device.dispose())

const kernel = (body: string, buffers = 1): PlanKernel => ({
  source: `extern "C" __global__ void __launch_bounds__(4) main_kernel(${['int* b', 'int* c'].slice(0, buffers).join(', ')}, int by) {\n${body}\n}\n`,
  entry: 'main_kernel',
  threads: 4,
  workgroupBytes: 16,
  buffers: Array.from({ length: buffers }, () => ({ access: 'read-write', dtype: 'i32', lanes: 1 })),
  scalars: 1,
})
const coded = (code: string): CompileError => expect.objectContaining({ name: 'CompileError', code })
const words = async (buffer: DeviceBuffer): Promise<readonly number[]> => [
  ...new Int32Array((await device.read(buffer, buffer.bytes)).buffer),
]

test('says what it is', () => {
  expect(device.info).toMatchObject({ backend: 'cuda', adapter: expect.stringMatching(/./) })
  expect(device.target.name).toMatch(/^cuda sm_\d+a?$/)
  expect(device.target.parallelWorkgroups).toBeGreaterThan(0)
  expect(device.target.limits.workgroupBytes).toBeGreaterThanOrEqual(48 * 1024)
})

describe('buffers', () => {
  test('begin as zeros, and give back what was written', async () => {
    const [empty, buffer] = [device.createBuffer(0), device.createBuffer(5)]
    expect([empty.bytes, buffer.bytes]).toEqual([16, 16])
    expect(await device.read(buffer, 5)).toEqual(new Uint8Array(5))
    const data = Float32Array.of(9, 1.5, 9)
    device.write(buffer, data.subarray(1, 2), 4)
    data.fill(0)
    expect(await device.read(buffer, 8)).toEqual(new Uint8Array(Float32Array.of(0, 1.5).buffer))
  })

  test('are zero where others were', async () => {
    const used = device.createBuffer(2 ** 20)
    device.write(used, new Uint8Array(2 ** 20).fill(7))
    await device.settled()
    used.destroy()
    const bytes = await device.read(device.createBuffer(2 ** 20), 2 ** 20)
    expect(bytes.every((byte) => byte === 0)).toBe(true)
  })

  test('of 40 MiB keep their order through pinned memory', async () => {
    const data = new Uint32Array(10 * 2 ** 20 + 3).map((_, i) => i * 2654435761)
    const buffer = device.createBuffer(data.byteLength)
    device.write(buffer, data)
    const read = await device.read(buffer, data.byteLength)
    expect(Buffer.compare(Buffer.from(read.buffer), Buffer.from(data.buffer))).toBe(0)
    buffer.destroy()
  })

  test('are read as they were at the call, many at once', async () => {
    const buffers = Array.from({ length: 40 }, (_, i) => {
      const made = device.createBuffer(16)
      device.write(made, Int32Array.of(i, i, i, i))
      return made
    })
    const reading = buffers.map(words)
    for (const buffer of buffers) device.write(buffer, Int32Array.of(-1, -1, -1, -1))
    expect((await Promise.all(reading)).map(([first]) => first)).toEqual([...buffers.keys()])
  })
})

describe('launches', () => {
  test('run in the order they were recorded, when they are submitted, each on its range', async () => {
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
    expect(await words(buffer)).toEqual([0, 0, 0, 0, 123, 12, 0, 0])
  })

  test('wait for each other across threads, blocks and launches', async () => {
    const [b, c] = [device.createBuffer(4096 * 16), device.createBuffer(4096 * 16)]
    const fill = await device.createPipeline(kernel('const int i = blockIdx.x * 4 + threadIdx.x; b[i] = i + by;'))
    const turn = await device.createPipeline(
      kernel('const int i = blockIdx.x * 4 + threadIdx.x; c[i] = b[(i + by) % 16384];', 2),
    )
    const recorder = device.begin()
    recorder.dispatch(fill, [wholeBuffer(b)], Uint32Array.of(5), [4096, 1, 1])
    recorder.dispatch(turn, [b, c].map(wholeBuffer), Uint32Array.of(9000), [4096, 1, 1])
    recorder.submit()
    expect(await words(c)).toEqual(Array.from({ length: 16384 }, (_, i) => ((i + 9000) % 16384) + 5))
  })

  test('that come again are replayed with what is in the buffers then', async () => {
    const [b, c] = [device.createBuffer(16), device.createBuffer(16)]
    const double = await device.createPipeline(kernel('b[threadIdx.x] = b[threadIdx.x] * 2 + by;'))
    const copy = await device.createPipeline(kernel('c[threadIdx.x] += b[threadIdx.x] * by;', 2))
    for (let run = 1; run <= 4; run++) {
      device.write(b, Int32Array.of(run, 0, 0, run * 100))
      const recorder = device.begin()
      recorder.dispatch(double, [wholeBuffer(b)], Uint32Array.of(1), [1, 1, 1])
      recorder.dispatch(copy, [b, c].map(wholeBuffer), Uint32Array.of(10), [1, 1, 1])
      recorder.submit()
    }
    expect(await words(b)).toEqual([9, 1, 1, 801])
    expect(await words(c)).toEqual([240, 40, 40, 20040])
    b.destroy()
    await device.settled()
    expect((await words(c))[0]).toBe(240)
  })

  test('have the shared memory that they ask for, above 48 KiB too', async () => {
    const bytes = Math.min(device.target.limits.workgroupBytes, 227 * 1024)
    const last = bytes / 4 - 1
    const shared = {
      ...kernel(`TW_DYNAMIC_SHARED(memory);
        int* const words = reinterpret_cast<int*>(memory);
        words[${last} - threadIdx.x] = threadIdx.x * by;
        __syncthreads();
        b[threadIdx.x] = words[${last - 3} + threadIdx.x];`),
      workgroupBytes: bytes,
    }
    const before =
      '#ifdef __CUDACC__\n#define TW_DYNAMIC_SHARED(name) extern __shared__ __align__(16) unsigned char name[]\n#endif\n'
    const pipeline = await device.createPipeline({ ...shared, source: before + shared.source })
    const buffer = device.createBuffer(16)
    const recorder = device.begin()
    recorder.dispatch(pipeline, [wholeBuffer(buffer)], Uint32Array.of(7), [1, 1, 1])
    recorder.submit()
    expect(await words(buffer)).toEqual([21, 14, 7, 0])
  })
})

test('source that does not compile, sizes beyond the limit, and what belongs to others', async () => {
  const other = await openTestedCuda()
  await expect(device.createPipeline(kernel('b[0] = nothing;'))).rejects.toThrow(coded('device/pipeline'))
  expect(() => device.createBuffer(device.target.limits.bufferBytes + 1)).toThrow(coded('limits/buffer-size'))
  expect(() => device.write(other.createBuffer(4), new Uint8Array(4))).toThrow(coded('device/foreign'))
  const buffer = device.createBuffer(4)
  buffer.destroy()
  buffer.destroy()
  await expect(device.read(buffer, 4)).rejects.toThrow(coded('device/foreign'))
  other.dispose()
  expect(() => other.begin()).toThrow(coded('device/lost'))
  expect(await device.read(device.createBuffer(4), 4)).toEqual(new Uint8Array(4))
})
