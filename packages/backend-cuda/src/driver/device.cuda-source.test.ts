// The device on a driver without a GPU, which does its work as late as CUDA allows, and on kernels that run on the processor.
import { type Device, type DeviceBuffer, type Pipeline, type PlanKernel, wholeBuffer } from '@tilewright/backend'
import { CompileError, formatError, TilewrightError } from '@tilewright/ir'
import { type FakeDriver, loadFakeDriver } from '@tilewright/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cudaTarget } from '../cuda-target.js'
import { emulatedCompiler } from '../emulated/node-compile-emulated.js'
import { buildFakeLibcuda } from '../emulated/node-fake-libcuda.js'
import { openEmulated } from '../emulated/node-open-emulated.js'
import { openCuda } from './node.js'

let driver: FakeDriver
beforeAll(async () => {
  driver = await loadFakeDriver(await buildFakeLibcuda())
})
beforeEach(() => driver.reset())

const opened: Device[] = []
const open = async (): Promise<Device> => {
  const device = await openEmulated()
  opened.push(device)
  return device
}
// Whatever a test did: nothing is left when its devices are gone.
afterEach(() => {
  for (const device of opened.splice(0)) device.dispose()
  expect(driver.live()).toBe(0)
})

/** y = y·s0 + s1, four elements. */
const source = `extern "C" __global__ void __launch_bounds__(4) main_kernel(float* __restrict__ y, int s0, int s1) {
  y[threadIdx.x] = y[threadIdx.x] * s0 + __int_as_float(s1);
}
`
const scaled: PlanKernel = {
  source,
  entry: 'main_kernel',
  threads: 4,
  workgroupBytes: 0,
  buffers: [{ access: 'read-write', dtype: 'f32', lanes: 1 }],
  scalars: 2,
}
const bits = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!

function bufferOf(on: Device, data: ArrayBufferView): DeviceBuffer {
  const made = on.createBuffer(data.byteLength)
  on.write(made, data)
  return made
}
const floats = async (on: Device, buffer: DeviceBuffer): Promise<readonly number[]> => [
  ...new Float32Array((await on.read(buffer, 16)).buffer),
]

/** y = (y·2 + ½)·10. */
function submitRun(on: Device, pipeline: Pipeline, y: DeviceBuffer, factor = 2): void {
  const recorder = on.begin()
  recorder.dispatch(pipeline, [wholeBuffer(y)], Uint32Array.of(factor, bits(0.5)), [1, 1, 1])
  recorder.dispatch(pipeline, [wholeBuffer(y)], Uint32Array.of(10, 0), [1, 1, 1])
  recorder.submit()
}

/** What a buffer holds after runs with these factors. */
const after = (values: readonly number[], factors: readonly number[]): readonly number[] =>
  values.map((value) => factors.reduce((y, factor) => Math.fround(Math.fround(y * factor + 0.5) * 10), value))

/** What a promise is rejected with, as the CLI would print it. */
async function rejection(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return error instanceof TilewrightError ? formatError(error) : `untyped ${String(error)}`
  }
  return 'no rejection'
}

describe.each([1, 0])('buffers, pools: %s', (pools) => {
  beforeEach(() => driver.set('pools', pools))

  test('are zero at first, and read what was written', async () => {
    const device = await open()
    expect([...(await device.read(device.createBuffer(5), 5))]).toEqual([0, 0, 0, 0, 0])
    const bytes = Uint8Array.from({ length: 100_003 }, (_, i) => i * 7)
    const shared = new Uint8Array(new SharedArrayBuffer(100_010)).subarray(5, 100_008)
    shared.set(bytes)
    for (const data of [bytes, shared, new DataView(bytes.buffer, 1, 99), bytes.subarray(3, 4), bytes.subarray(0, 0)]) {
      const expected = [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]
      const buffer = bufferOf(device, data)
      expect([...(await device.read(buffer, data.byteLength))]).toEqual(expected)
      buffer.destroy()
      buffer.destroy()
    }
    const [name, other] = pools === 1 ? ['cuMemFreeAsync', 'cuMemFree_v2'] : ['cuMemFree_v2', 'cuMemFreeAsync']
    expect([driver.calls(name!), driver.calls(other!)]).toEqual([5, 0])
  })

  test('more than is there is refused, and the rest goes on', async () => {
    driver.set('memory-bytes', 2 ** 20)
    const device = await open()
    expect(device.target.limits.bufferBytes).toBe(2 ** 20)
    expect(() => device.createBuffer(2 ** 20 + 1)).toThrow('a buffer of 1048577 bytes; cuda sm_80 allows 1048576')
    const kept = bufferOf(device, Float32Array.of(1, 2, 3, 4))
    const attempt = (): DeviceBuffer => device.createBuffer(2 ** 20)
    expect(attempt).toThrow(CompileError)
    expect(await rejection(Promise.resolve().then(attempt))).toMatch(
      /^error\[device\/out-of-memory\]: cuMemAlloc\w*: CUDA_ERROR_OUT_OF_MEMORY \(out of memory\)\n {2}help {2}free buffers/,
    )
    expect(await floats(device, kept)).toEqual([1, 2, 3, 4])
    // What was destroyed is there again, though the device has not come to it yet.
    device.createBuffer(2 ** 19).destroy()
    device.createBuffer(2 ** 19 + 2 ** 18)
  })
})

test('memory that the pool keeps in pieces is given up for a buffer that none of them holds', async () => {
  driver.set('memory-bytes', 2 ** 20)
  const device = await open()
  const pieces = Array.from({ length: 4 }, () => device.createBuffer(2 ** 18))
  for (const piece of pieces) piece.destroy()
  const whole = device.createBuffer(2 ** 20)
  device.write(whole, Float32Array.of(1, 2, 3, 4))
  expect(await floats(device, whole)).toEqual([1, 2, 3, 4])
  // What a buffer of the same size left behind is used again, without asking the system.
  whole.destroy()
  await device.settled()
  device.createBuffer(2 ** 20)
  expect(driver.calls('cuMemPoolTrimTo')).toBe(1)
})

describe('transfers', () => {
  test('a view may be changed at once, and writes take an offset', async () => {
    const device = await open()
    const data = Float32Array.of(1, 2, 3, 4)
    const buffer = bufferOf(device, data)
    data.fill(9)
    device.write(buffer, data.subarray(0, 1), 8)
    data.fill(7)
    expect(await floats(device, buffer)).toEqual([1, 2, 9, 4])
    expect(() => device.write(buffer, data, 4)).toThrow('a write of 16 bytes at byte 4 of a buffer of 16 bytes')
    expect(await rejection(device.read(buffer, 17))).toContain('error[device/range]')
  })

  test('large ones pass through little pinned memory, in order', async () => {
    const device = await open()
    const data = new Uint32Array(2 ** 25 + 3).map((_, i) => i * 2654435761)
    const buffer = bufferOf(device, data)
    const read = new Uint32Array((await device.read(buffer, data.byteLength)).buffer)
    expect(Buffer.compare(Buffer.from(read.buffer), Buffer.from(data.buffer))).toBe(0)
    // 128 MiB in pieces of 8; at most 64 MiB are under way.
    expect(driver.calls('cuMemcpyHtoDAsync_v2')).toBe(17)
    expect(driver.calls('cuMemHostAlloc')).toBeLessThan(12)
  })

  test('many reads at once, while the event loop stays live', async () => {
    driver.set('pace', 1)
    const device = await open()
    const buffers = Array.from({ length: 40 }, (_, i) => bufferOf(device, Float32Array.of(i, i, i, i)))
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    const values = await Promise.all(buffers.map((buffer) => floats(device, buffer)))
    clearInterval(timer)
    expect(values.map(([first]) => first)).toEqual([...buffers.keys()])
    expect(turns).toBeGreaterThan(0)
    expect(driver.calls('cuStreamSynchronize')).toBe(0)
  })
})

describe('launches', () => {
  test('run in order, each with its scalars; the third time as a graph', async () => {
    const device = await open()
    const pipeline = await device.createPipeline(scaled)
    const y = bufferOf(device, Float32Array.of(1, 2, 3, 4))
    const launches = (): readonly number[] =>
      ['cuLaunchKernel', 'cuGraphInstantiateWithFlags', 'cuGraphLaunch'].map((call) => driver.calls(call))
    submitRun(device, pipeline, y)
    expect(launches()).toEqual([2, 0, 0])
    submitRun(device, pipeline, y)
    expect(launches()).toEqual([4, 1, 1])
    submitRun(device, pipeline, y)
    expect(launches()).toEqual([4, 1, 2])
    expect(await floats(device, y)).toEqual(after([1, 2, 3, 4], [2, 2, 2]))
    // Another size is another run; the first one's graph is still there.
    submitRun(device, pipeline, y, 3)
    submitRun(device, pipeline, y)
    expect(launches()).toEqual([6, 1, 3])
    expect(await floats(device, y)).toEqual(after([1, 2, 3, 4], [2, 2, 2, 3, 2]))
  })

  test('a graph ends with a buffer that it uses', async () => {
    const device = await open()
    const pipeline = await device.createPipeline(scaled)
    for (let round = 1; round <= 3; round++) {
      const y = bufferOf(device, Float32Array.of(1, 2, 3, 4))
      for (let run = 0; run < 3; run++) submitRun(device, pipeline, y)
      const reading = floats(device, y)
      y.destroy()
      expect(await reading).toEqual(after([1, 2, 3, 4], [2, 2, 2]))
      device.createBuffer(4)
      await device.settled()
      expect(driver.calls('cuGraphExecDestroy')).toBe(round)
    }
    const y = device.createBuffer(16)
    y.destroy()
    expect(() => submitRun(device, pipeline, y)).toThrow('the buffer was destroyed')
  })

  test('without graphs where CUDA makes none', async () => {
    const device = await open()
    const pipeline = await device.createPipeline(scaled)
    const y = bufferOf(device, Float32Array.of(1, 2, 3, 4))
    driver.fail('cuGraphInstantiateWithFlags', 1, 2)
    for (let run = 0; run < 3; run++) submitRun(device, pipeline, y)
    expect(await floats(device, y)).toEqual(after([1, 2, 3, 4], [2, 2, 2]))
    expect(driver.calls('cuGraphLaunch')).toBe(0)
  })

  test('a capture in which a launch is refused leaves nothing, and the run is launched as it is', async () => {
    const device = await open()
    const pipeline = await device.createPipeline(scaled)
    const y = bufferOf(device, Float32Array.of(1, 2, 3, 4))
    submitRun(device, pipeline, y)
    driver.fail('cuLaunchKernel', 2, 701)
    submitRun(device, pipeline, y)
    expect(await floats(device, y)).toEqual(after([1, 2, 3, 4], [2, 2]))
    expect([driver.calls('cuStreamEndCapture'), driver.calls('cuGraphLaunch')]).toEqual([1, 0])
    device.dispose()
    expect(driver.abandoned()).toBe(0)
  })

  test('graphs are kept in number', async () => {
    const device = await open()
    const pipeline = await device.createPipeline(scaled)
    const y = device.createBuffer(16)
    for (let factor = 0; factor < 80; factor++) for (let run = 0; run < 2; run++) submitRun(device, pipeline, y, factor)
    await device.settled()
    submitRun(device, pipeline, y)
    await device.settled()
    expect(driver.calls('cuGraphExecDestroy')).toBe(16)
  })

  test('shared memory above 48 KiB is asked for', async () => {
    driver.set('shared-bytes', 100_000)
    const device = await open()
    const pipeline = await device.createPipeline({
      ...scaled,
      source: `#ifdef __CUDACC__
#define TW_DYNAMIC_SHARED(name) extern __shared__ __align__(16) unsigned char name[]
#endif
extern "C" __global__ void __launch_bounds__(4) main_kernel(float* __restrict__ y) {
  TW_DYNAMIC_SHARED(memory);
  float* const last = reinterpret_cast<float*>(memory + 99984);
  last[threadIdx.x] = threadIdx.x;
  __syncthreads();
  y[threadIdx.x] = last[3 - threadIdx.x];
}
`,
      workgroupBytes: 100_000,
      scalars: 0,
    })
    const y = device.createBuffer(16)
    const recorder = device.begin()
    recorder.dispatch(pipeline, [wholeBuffer(y)], new Uint32Array(0), [1, 1, 1])
    recorder.submit()
    expect(await floats(device, y)).toEqual([3, 2, 1, 0])
  })

  test('that do not fit their kernel are refused', async () => {
    const device = await open()
    const pipeline = await device.createPipeline(scaled)
    const recorder = device.begin()
    expect(() => recorder.dispatch(pipeline, [], new Uint32Array(2), [1, 1, 1])).toThrow(
      'a kernel of 1 buffers and 2 scalars is launched with 0 and 2',
    )
    expect(await rejection(device.createPipeline({ ...scaled, threads: 2 ** 20 }))).toContain(
      'error[limits/threads]: a kernel needs 1048576 threads in a workgroup; cuda sm_80 allows 1024',
    )
    recorder.submit()
    expect(() => recorder.submit()).toThrow('a recording is used after it was submitted')
  })

  test('a launch that CUDA refuses is told to all who wait meanwhile, by its kernel', async () => {
    const device = await open()
    const pipeline = await device.createPipeline(scaled)
    const y = bufferOf(device, Float32Array.of(1, 2, 3, 4))
    driver.fail('cuLaunchKernel', 2, 701)
    submitRun(device, pipeline, y)
    const waits = [device.read(y, 16), device.settled(), device.read(y, 4)].map(rejection)
    const [first, ...others] = await Promise.all(waits)
    expect(first).toMatchInlineSnapshot(`
      "error[device/driver]: cuLaunchKernel: CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES (too many resources requested for launch)
        at    main_kernel of 4 threads, 1 buffers, 2 scalars"
    `)
    expect(others).toEqual([first, first])
    await device.settled()
    // The first of the two launches was done.
    expect(await floats(device, y)).toEqual([2.5, 4.5, 6.5, 8.5])
  })

  test('kernels that do not compile, or do not load, are refused', async () => {
    const device = await open()
    const broken = { ...scaled, source: source.replace('* s0', '* s9') }
    expect(await rejection(device.createPipeline(broken))).toContain("error: 's9' was not declared in this scope")
    const foreign = '@compute @workgroup_size(1)\nfn main() {}'
    expect(await rejection(device.createPipeline({ ...scaled, source: foreign }))).toMatchInlineSnapshot(`
      "error[device/pipeline]: the source of a kernel is no CUDA C++: no function of it is __global__
        help  pass the pipeline of what the printer for this device gives: emitCuda(runPipeline(kernel, cudaPipeline(device.target)))"
    `)
    expect(await rejection(device.createPipeline({ ...scaled, entry: 'other' }))).toMatchInlineSnapshot(`
      "error[device/pipeline]: a compiled kernel is not what was printed: cuModuleGetFunction: CUDA_ERROR_NOT_FOUND (named symbol not found)
        at    other of 4 threads, 1 buffers, 2 scalars
        help  please report it with this message"
    `)
    driver.fail('cuModuleLoadData', 1, 200)
    expect(await rejection(device.createPipeline({ ...scaled, source: `${source}\n` }))).toMatchInlineSnapshot(`
      "error[device/pipeline]: the driver does not load a compiled kernel: cuModuleLoadData: CUDA_ERROR_INVALID_IMAGE (device kernel image is invalid)
        help  it was compiled by g++: is the driver older?"
    `)
    await device.createPipeline({ ...scaled, source: `${source}\n` })
  })
})

describe('losses', () => {
  const wild = source.replace('y[threadIdx.x] =', 'y[threadIdx.x + 4] =')

  test('a kernel that writes beside its buffer loses the device, and a new one can be had', async () => {
    const device = await open()
    const pipeline = await device.createPipeline({ ...scaled, source: wild })
    const y = bufferOf(device, Float32Array.of(1, 2, 3, 4))
    submitRun(device, pipeline, y)
    const first = await rejection(device.read(y, 16))
    expect(first).toMatchInlineSnapshot(`
      "error[device/lost]: the device is lost: cuEventQuery: CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)
        help  open a new device; nothing on this one can be read any more"
    `)
    expect(await device.lost).toBe(
      'cuEventQuery: CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)',
    )
    for (const use of [() => device.begin(), () => device.createBuffer(4), () => device.write(y, new Uint8Array(4))]) {
      expect(use).toThrow('the device is lost: cuEventQuery: CUDA_ERROR_ILLEGAL_ADDRESS')
    }
    for (const wait of [device.read(y, 4), device.settled(), device.createPipeline(scaled)]) {
      expect(await rejection(wait)).toBe(first)
    }
    y.destroy()
    device.dispose()
    expect(driver.live()).toBe(0)
    const next = await open()
    expect(await floats(next, bufferOf(next, Float32Array.of(1, 2, 3, 4)))).toEqual([1, 2, 3, 4])
  })

  test.each([214, 700, 710, 714, 715, 716, 717, 718, 719, 999])('result %i ends the device', async (result) => {
    const device = await open()
    const y = device.createBuffer(16)
    driver.fail('cuEventQuery', 1, result)
    expect(await rejection(device.read(y, 16))).toContain('error[device/lost]: the device is lost: cuEventQuery: CU')
    expect(() => device.begin()).toThrow('the device is lost')
  })

  test.each(['cuMemcpyDtoHAsync_v2', 'cuEventRecord', 'cuCtxSetCurrent'])('%s may be where it shows', async (call) => {
    const device = await open()
    const y = device.createBuffer(16)
    driver.fail(call, 1, 700)
    expect(await rejection(device.read(y, 16))).toContain('error[device/lost]')
    expect(await device.lost).toContain('CUDA_ERROR_ILLEGAL_ADDRESS')
  })

  test('disposing of a device is no loss, but ends its waits', async () => {
    driver.set('pace', 1)
    const device = await open()
    const waits = [device.read(device.createBuffer(4), 4), device.settled()].map(rejection)
    device.dispose()
    device.dispose()
    for (const wait of waits) expect(await wait).toContain('the device is lost: it was disposed of')
    const lost = await Promise.race([device.lost, new Promise((resolve) => setTimeout(resolve, 50, 'still pending'))])
    expect(lost).toBe('still pending')
    expect(() => device.begin()).toThrow('it was disposed of')
  })

  test('disposing frees everything by itself', async () => {
    const device = await open()
    const pipeline = await device.createPipeline(scaled)
    const y = bufferOf(device, Float32Array.of(1, 2, 3, 4))
    for (let run = 0; run < 3; run++) submitRun(device, pipeline, y)
    await device.read(y, 16)
    submitRun(device, pipeline, y)
    device.dispose()
    expect([driver.live(), driver.abandoned()]).toEqual([0, 0])
  })
})

test('two devices, of two GPUs and of one, each with its own buffers', async () => {
  driver.set('devices', 2)
  const [first, second] = [await open(), await open()]
  const other = await openCuda({
    device: 1,
    stack: {
      library: await buildFakeLibcuda(),
      compiler: { name: 'g++', compile: emulatedCompiler() },
      software: true,
    },
  })
  opened.push(other)
  const devices = [first, second, other]
  const pipelines = await Promise.all(devices.map((device) => device.createPipeline(scaled)))
  const buffers = devices.map((device, i) => bufferOf(device, Float32Array.of(i, i, i, i)))
  for (const [i, device] of devices.entries()) submitRun(device, pipelines[i]!, buffers[i]!, i + 2)
  const results = await Promise.all(devices.map((device, i) => floats(device, buffers[i]!)))
  expect(results.map(([first]) => first)).toEqual([5, 35, 85])
  expect(() => devices[0]!.write(buffers[1]!, new Uint8Array(4))).toThrow('it is another device’s')
  expect(() =>
    devices[0]!.begin().dispatch(pipelines[1]!, [wholeBuffer(buffers[0]!)], new Uint32Array(2), [1, 1, 1]),
  ).toThrow('a pipeline of another device')
  devices[1]!.dispose()
  expect((await floats(devices[0]!, buffers[0]!))[0]).toBe(5)
})

test('says what it is: what it was compiled for, by default', async () => {
  const { info, target } = await open()
  expect(info).toEqual({ backend: 'cuda', adapter: 'CUDA C++ on the processor', software: true })
  expect(target).toEqual(cudaTarget)
  driver.set('compute-capability', 121)
  driver.set('shared-bytes', 227 * 1024)
  driver.set('processors', 132)
  driver.set('memory-bytes', 2 ** 30)
  const other = await open()
  expect(other.target).toEqual({
    ...cudaTarget,
    name: 'cuda sm_121',
    limits: { ...cudaTarget.limits, workgroupBytes: 227 * 1024, bindingBytes: 2 ** 30, bufferBytes: 2 ** 30 },
    parallelWorkgroups: 132,
  })
})
