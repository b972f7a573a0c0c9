/** What a device promises apart from kernels: memory, transfers, refusals, its end. */
import {
  type BufferRange,
  type Device,
  type DeviceBuffer,
  type Pipeline,
  type PlanKernel,
  wholeBuffer,
} from '@tilewright/backend'
import { buildKernel, CompileError } from '@tilewright/ir'
import { type ConformanceCase, ConformanceError, type Outcome, passed, type Subject } from '../conformance-case.js'
import { lower } from '../launch.js'

function onDevice(name: string, run: (device: Device, subject: Subject) => Promise<void>): ConformanceCase {
  const outcome = async (subject: Subject): Promise<Outcome> => {
    await run(subject.device, subject)
    return passed
  }
  return { area: 'device', name: `device: ${name}`, run: outcome }
}

/** On a device of its own, beside the subject's. */
function onAnother(name: string, run: (other: Device, subject: Subject) => Promise<void>): ConformanceCase {
  const outcome = async (subject: Subject): Promise<Outcome> => {
    if (subject.open === undefined) return { kind: 'skipped', reason: 'nothing says how to open a second device' }
    const other = await subject.open()
    try {
      await run(other, subject)
    } finally {
      other.dispose()
    }
    return passed
  }
  return { area: 'device', name: `device: ${name}`, run: outcome }
}

function breach(message: string, cause?: unknown): ConformanceError {
  return new ConformanceError({ code: 'conformance/contract', message, cause })
}

function expectTrue(holds: boolean, otherwise: string): void {
  if (!holds) throw breach(otherwise)
}

/** What `use` throws or rejects with must be a `CompileError` of that code. */
async function expectRefused(code: string, what: string, use: () => unknown): Promise<void> {
  let given: unknown
  try {
    given = await use()
  } catch (cause) {
    if (cause instanceof CompileError && cause.code === code) return
    throw breach(`${what} must be refused as ${code}, and is so: ${String(cause)}`, cause)
  }
  throw breach(`${what} must be refused as ${code}, and gives ${typeof given}`)
}

async function expectBytes(device: Device, buffer: DeviceBuffer, expected: Uint8Array, what: string): Promise<void> {
  const got = await device.read(buffer, expected.length)
  expectTrue(got.length === expected.length, `${what}: a read of ${expected.length} bytes gives ${got.length}`)
  const at = expected.findIndex((byte, i) => got[i] !== byte)
  expectTrue(at < 0, `${what}: byte ${at} is ${got[at]} where ${expected[at]} is expected`)
}

/** A kernel that counts up four i32: its parameters are one buffer, and no scalar. */
function countUp({ backend }: Subject, device: Device): PlanKernel {
  const kernel = buildKernel({ name: 'count_up', threads: 1, workgroups: [4, 1, 1] }, (g) =>
    g.param('x', 'i32', [4]).update([g.workgroup.x], (old) => old.add(1)),
  )
  return lower(backend, device, kernel).emitted.pipeline
}

function launch(device: Device, pipeline: Pipeline, buffer: DeviceBuffer): void {
  const recorder = device.begin()
  recorder.dispatch(pipeline, [wholeBuffer(buffer)], new Uint32Array(0), [4, 1, 1])
  recorder.submit()
}

const pattern = (length: number, of = 7): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, i) => i * of + 1)
const settled = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(resolve, ms, 'pending'))

export const deviceCases: readonly ConformanceCase[] = [
  onDevice('its target is that of the backend, or has more', async ({ target }, { backend }) => {
    const least = backend.target
    for (const limit of ['threads', 'workgroupBytes', 'workgroupsPerDimension', 'storageBuffers'] as const) {
      const [has, promised] = [target.limits[limit], least.limits[limit]]
      expectTrue(has >= promised, `the backend promises ${limit} of ${promised}; the device has ${has}`)
    }
    const alignment = target.binding.alignment
    expectTrue(alignment >= 16 && Number.isInteger(Math.log2(alignment)), `alignment ${alignment} is no power of two`)
  }),
  onDevice('buffers are as large as asked for, and zero', async (device) => {
    for (const bytes of [0, 1, 5, 16, 4096, 100_003]) {
      const buffer = device.createBuffer(bytes)
      expectTrue(buffer.bytes >= Math.max(1, bytes), `a buffer of ${bytes} bytes has ${buffer.bytes}`)
      await expectBytes(device, buffer, new Uint8Array(buffer.bytes), `a new buffer of ${bytes} bytes`)
      buffer.destroy()
    }
  }),
  onDevice('buffers are zero where others have been', async (device) => {
    for (let round = 0; round < 4; round++) {
      const buffer = device.createBuffer(4096)
      const fresh = expectBytes(device, buffer, new Uint8Array(4096), `buffer ${round}`)
      device.write(buffer, pattern(4096))
      await fresh
      buffer.destroy()
    }
  }),
  onDevice('writes take any view, which may be used again at once', async (device) => {
    const bytes = pattern(5003)
    const shared = new Uint8Array(new SharedArrayBuffer(5010)).subarray(5, 5008)
    shared.set(bytes)
    for (const view of [bytes, shared, new DataView(bytes.buffer, 1, 99), bytes.subarray(3, 4), new Uint8Array(0)]) {
      const image = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
      const [expected, buffer] = [image.slice(), device.createBuffer(view.byteLength)]
      device.write(buffer, view)
      image.reverse()
      await expectBytes(device, buffer, expected, `a write of ${view.byteLength} bytes`)
      image.reverse()
      buffer.destroy()
    }
  }),
  onDevice('writes at an offset leave what is before and behind', async (device) => {
    const [buffer, expected] = [device.createBuffer(64), pattern(64)]
    device.write(buffer, expected)
    device.write(buffer, pattern(8, 3), 20)
    expected.set(pattern(8, 3), 20)
    await expectBytes(device, buffer, expected, 'eight bytes at offset 20')
    buffer.destroy()
  }),
  onDevice('reads take a prefix, many at once, and stay what they were', async (device) => {
    const buffer = device.createBuffer(64)
    device.write(buffer, pattern(64))
    const reads = [0, 1, 4, 7, 33, 64].map((bytes) =>
      expectBytes(device, buffer, pattern(64).subarray(0, bytes), 'a prefix'),
    )
    const before = device.read(buffer, 64)
    device.write(buffer, pattern(64, 5))
    await Promise.all(reads)
    const kept = await before
    device.write(buffer, pattern(64, 3))
    await expectBytes(device, buffer, pattern(64, 3), 'what was written last')
    expectTrue(
      kept.every((byte, i) => byte === pattern(64)[i]),
      'a result changes when its buffer is written',
    )
    buffer.destroy()
  }),
  onDevice('what does not fit is refused', async (device) => {
    const { bufferBytes } = device.target.limits
    await expectRefused('limits/buffer-size', 'a buffer above the limit', () => device.createBuffer(bufferBytes + 1))
    const buffer = device.createBuffer(16)
    const { bytes } = buffer
    await expectRefused('device/range', 'a write beyond the end', () => device.write(buffer, new Uint8Array(bytes + 1)))
    await expectRefused('device/range', 'a write at the end', () => device.write(buffer, new Uint8Array(4), bytes))
    await expectRefused('device/range', 'a read beyond the end', () => device.read(buffer, bytes + 1))
    await expectBytes(device, buffer, new Uint8Array(16), 'a buffer after writes that were refused')
    buffer.destroy()
  }),
  onDevice('a destroyed buffer is gone, however often', async (device) => {
    const buffer = device.createBuffer(16)
    buffer.destroy()
    buffer.destroy()
    await expectRefused('device/foreign', 'a write to a destroyed buffer', () =>
      device.write(buffer, new Uint8Array(4)),
    )
    await expectRefused('device/foreign', 'a read of a destroyed buffer', () => device.read(buffer, 4))
  }),
  onDevice('a recording is submitted once', async (device, subject) => {
    const pipeline = await device.createPipeline(countUp(subject, device))
    const buffer = device.createBuffer(16)
    const recorder = device.begin()
    const record = (): void => recorder.dispatch(pipeline, [wholeBuffer(buffer)], new Uint32Array(), [4, 1, 1])
    record()
    recorder.submit()
    await expectRefused('device/submitted', 'a second submission', recorder.submit)
    await expectRefused('device/submitted', 'a launch after it', record)
    await expectBytes(device, buffer, new Uint8Array(Int32Array.of(1, 1, 1, 1).buffer), 'what ran once')
  }),
  onDevice('a destroyed buffer still does what was submitted before', async (device, subject) => {
    const pipeline = await device.createPipeline(countUp(subject, device))
    const buffer = device.createBuffer(16)
    launch(device, pipeline, buffer)
    const reading = expectBytes(device, buffer, new Uint8Array(Int32Array.of(1, 1, 1, 1).buffer), 'a count')
    buffer.destroy()
    await reading
  }),
  onDevice('a source that is none is refused, and nothing else suffers', async (device, subject) => {
    const kernel = countUp(subject, device)
    const broken = { ...kernel, source: `${kernel.source}\n) this is no source` }
    await expectRefused('device/pipeline', 'a broken source', () => device.createPipeline(broken))
    const [pipeline, buffer] = [await device.createPipeline(kernel), device.createBuffer(16)]
    expectTrue(pipeline.kernel === kernel, 'a pipeline does not say its kernel')
    launch(device, pipeline, buffer)
    await device.settled()
    await expectBytes(device, buffer, new Uint8Array(Int32Array.of(1, 1, 1, 1).buffer), 'a count')
    buffer.destroy()
  }),
  onDevice('kernels and launches that do not fit are refused', async (device, subject) => {
    const kernel = countUp(subject, device)
    const { limits } = device.target
    const limited = [
      ['limits/threads', { ...kernel, threads: limits.threads + 1 }],
      ['limits/workgroup-memory', { ...kernel, workgroupBytes: limits.workgroupBytes + 1 }],
    ] as const
    for (const [code, large] of limited) await expectRefused(code, 'a kernel', () => device.createPipeline(large))
    // Whatever its printer says: a device is held to what the kernel says that it is given.
    const content = { name: 'x', elements: 8 }
    const buffers = kernel.buffers.map((param) => ({ ...param, content }))
    const pipeline = await device.createPipeline({ ...kernel, buffers })
    const [small, buffer] = [device.createBuffer(16), device.createBuffer(32)]
    const dispatch = (ranges: readonly BufferRange[], scalars = 0): void =>
      device.begin().dispatch(pipeline, ranges, new Uint32Array(scalars), [1, 1, 1])
    const whole = wholeBuffer(buffer)
    await expectRefused('device/launch', 'a launch without its buffer', () => dispatch([]))
    await expectRefused('device/launch', 'a launch with a scalar too many', () => dispatch([whole], 1))
    await expectRefused('device/launch', 'a launch with a buffer too small', () => dispatch([wholeBuffer(small)]))
    await expectRefused('device/launch', 'a launch with a range too small', () => dispatch([{ ...whole, bytes: 16 }]))
    await expectRefused('device/launch', 'a launch beyond its buffer', () => dispatch([{ ...whole, bytes: 48 }]))
    dispatch([whole])
    small.destroy()
  }),
  onAnother('buffers and pipelines of another device are refused', async (other, subject) => {
    const { device } = subject
    const [foreign, own] = [other.createBuffer(16), device.createBuffer(16)]
    await expectRefused('device/foreign', 'a write to it', () => device.write(foreign, new Uint8Array(4)))
    await expectRefused('device/foreign', 'a read of it', () => device.read(foreign, 4))
    const pipelines = [
      await device.createPipeline(countUp(subject, device)),
      await other.createPipeline(countUp(subject, other)),
    ] as const
    await expectRefused('device/foreign', 'a launch on it', () => launch(device, pipelines[0], foreign))
    await expectRefused('device/foreign', 'a launch of it', () => launch(device, pipelines[1], own))
    launch(other, pipelines[1], foreign)
    await expectBytes(other, foreign, new Uint8Array(Int32Array.of(1, 1, 1, 1).buffer), 'a count on the other')
    own.destroy()
  }),
  onAnother('a device that is disposed of refuses all use, and is not lost', async (other, subject) => {
    const kernel = countUp(subject, other)
    const buffer = other.createBuffer(16)
    other.dispose()
    other.dispose()
    const uses: Readonly<Record<string, () => unknown>> = {
      createBuffer: () => other.createBuffer(4),
      write: () => other.write(buffer, new Uint8Array(4)),
      read: () => other.read(buffer, 4),
      createPipeline: () => other.createPipeline(kernel),
      begin: () => other.begin(),
      settled: () => other.settled(),
    }
    for (const [use, run] of Object.entries(uses)) await expectRefused('device/lost', `${use} after dispose`, run)
    buffer.destroy()
    const lost = await Promise.race([other.lost, settled(20)])
    expectTrue(lost === 'pending', `\`lost\` resolves with "${lost}" when a device is disposed of`)
  }),
  onAnother('disposing of one device leaves the others', async (other, subject) => {
    const buffer = subject.device.createBuffer(16)
    subject.device.write(buffer, pattern(16))
    other.dispose()
    await expectBytes(subject.device, buffer, pattern(16), 'a buffer of a device that lives on')
    buffer.destroy()
  }),
]
