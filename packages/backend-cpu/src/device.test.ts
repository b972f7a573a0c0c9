import { type PlanKernel, wholeBuffer } from '@tilewright/backend'
import { buildKernel, type CompileError, formatError, size } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { thrownBy } from '@tilewright/testing'
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

const refused = async (use: () => unknown): Promise<unknown> =>
  Promise.resolve()
    .then(use)
    .catch((error) => error)

test('what is no launch is refused, with what to pass', async () => {
  const device = await cpu().open()
  const kernel: PlanKernel = {
    source: '() => undefined',
    entry: 'main',
    threads: 1,
    workgroupBytes: 0,
    buffers: [{ access: 'read', dtype: 'f32', lanes: 1 }],
    scalars: 0,
  }
  const pipeline = await device.createPipeline(kernel)
  const range = wholeBuffer(device.createBuffer(32))
  const dispatch = (...given: readonly unknown[]): Promise<unknown> =>
    refused(() => Reflect.apply(device.begin().dispatch, undefined, given))
  const none = new Uint32Array()
  expect(await dispatch(pipeline, [range], none, [1, 1, 1])).toBeUndefined()
  expect(await dispatch(device.createPipeline(kernel), [range], none, [1, 1, 1])).toMatchObject({
    code: 'device/launch',
    message: 'what is launched is a pipeline, not a Promise',
    help: 'await it: const pipeline = await device.createPipeline(kernel)',
  })
  expect(await dispatch(pipeline, [range.buffer], none, [1, 1, 1])).toMatchObject({
    code: 'device/launch',
    message: 'buffer 0 of a launch is a range, not an object',
    help: 'pass wholeBuffer(buffer)',
  })
  for (const [i, help] of ['await it', '[wholeBuffer(x), wholeBuffer(y)]', 'new Uint32Array', '[x, y, z]'].entries()) {
    const given: readonly unknown[] = [pipeline, [range], none, [1, 1, 1]]
    expect(await dispatch(...given.with(i, undefined))).toMatchObject({
      code: 'device/launch',
      help: expect.stringContaining(help),
    })
  }
  expect(await dispatch(pipeline, [], none, [1, 1, 1])).toMatchObject({
    code: 'device/launch',
    help: expect.any(String),
  })
})

test('a launch with less than a parameter takes is refused, with both sizes', async () => {
  const device = await cpu().open()
  const kernel = buildKernel({ name: 'k', threads: 1, workgroups: [8, 1, 1] }, (g) => {
    const [x, n] = [g.param('x', 'f16', [8]), g.param('n', 'f32', [size('n')])]
    n.set([0], x.at(g.workgroup.x))
  })
  const { pipeline } = cpu().emit(runPipeline(kernel, cpu().pipeline(cpuTarget)))
  const made = await device.createPipeline(pipeline)
  const dispatch = (bytes: number): void => {
    const ranges = [device.createBuffer(bytes), device.createBuffer(0)].map(wholeBuffer)
    device.begin().dispatch(made, ranges, new Uint32Array(pipeline.scalars), [8, 1, 1])
  }
  dispatch(32)
  expect(formatError(thrownBy(() => dispatch(16)))).toMatchInlineSnapshot(`
    "error[device/launch]: parameter "x" of a kernel takes 32 bytes; it is launched with a buffer, or a range, of 16
      help  pass device.createBuffer(32) or more: an element of f16 takes 4 bytes on cpu, and toDevice converts to them"
  `)
})

test.each([-1, 0.5, '4', undefined])('a buffer of %j bytes is refused', async (bytes) => {
  const device = await cpu().open()
  expect(await refused(() => Reflect.apply(device.createBuffer, undefined, [bytes]))).toMatchObject({
    code: 'device/buffer-size',
    message: expect.stringContaining('the size of a buffer is a number of bytes, not'),
  })
})

test('what is no transfer is refused', async () => {
  const device = await cpu().open()
  const buffer = device.createBuffer(16)
  const write = (...given: readonly unknown[]): Promise<unknown> =>
    refused(() => Reflect.apply(device.write, undefined, given))
  expect(await write(buffer, [1, 2])).toMatchObject({
    code: 'device/transfer',
    message: 'a write is of a number of bytes, not undefined',
    help: 'write a typed array, read a number of bytes',
  })
  expect(await write(undefined, new Uint8Array(4))).toMatchObject({ code: 'device/transfer' })
  expect(await write(buffer, new Uint8Array(4), -4)).toMatchObject({ code: 'device/transfer' })
  expect(await write(buffer, new Uint8Array(17))).toMatchObject({ code: 'device/range', help: expect.any(String) })
})
