// Sessions over a long time on a real device: nothing grows, and nothing wrong is given for right.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Device } from '@tilewright/backend'
import { wgsl } from '@tilewright/backend-wgsl'
import { makeDevice } from '@tilewright/backend-wgsl/browser'
import { openNode, openNodeGpu } from '@tilewright/backend-wgsl/node'
import { compile } from '@tilewright/compiler'
import { buildGraph, convOp, eluOp, type Graph, gemmOp, mulOp, reluOp, reshapeOp } from '@tilewright/graph'
import { countingDevice } from '@tilewright/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession, type HostTensor, type RunResult, type Session } from './index.js'

let device: Device
beforeAll(async () => {
  device = await openNode({ software: true })
})
afterAll(() => device.dispose())

const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => (i % 17) / 8 - 1)

/** Two convolutions and a product with weights that are made of constants. */
function vision(): Graph {
  const g = buildGraph('vision')
  const x = g.input('x', { dtype: 'f32', shape: [1, 2, 8, 8] })
  const window = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], autoPad: 'NOTSET', group: 1 } as const
  const layer = (from: typeof x): typeof x => {
    const w = g.constant('w', { dtype: 'f32', shape: [2, 2, 3, 3], data: numbers(36) })
    const conv = g.apply1(convOp(from, w, undefined, window), [from, w])
    return g.apply1(reluOp(conv), [conv])
  }
  const features = layer(layer(x))
  const flat = g.apply1(reshapeOp(features, { shape: [1, -1] }), [features])
  const weights = g.constant('weights', { dtype: 'f32', shape: [128, 4], data: numbers(512) })
  const half = g.constant('half', { dtype: 'f32', shape: [], data: Float32Array.of(0.5) })
  const halved = g.apply1(mulOp(weights, half), [weights, half])
  const attributes = { alpha: 1, beta: 1, transA: false, transB: false }
  return g.finish([{ name: 'y', tensor: g.apply1(gemmOp(flat, halved, undefined, attributes), [flat, halved]) }])
}

/** elu(x), of 256 elements. */
function other(): Graph {
  const g = buildGraph('other')
  const x = g.input('x', { dtype: 'f32', shape: [256] })
  return g.finish([{ name: 'y', tensor: g.apply1(eluOp(x, { alpha: 1 }), [x]) }])
}

const image: Record<string, HostTensor> = { x: { dtype: 'f32', shape: [1, 2, 8, 8], data: numbers(128) } }
const row: Record<string, HostTensor> = { x: { dtype: 'f32', shape: [256], data: numbers(256) } }
const load = (graph: Graph, on: Device): Promise<Session> =>
  createSession({ ...compile(graph, { backend: wgsl(), device: on }), device: on })
const dataOf = ({ outputs }: RunResult): HostTensor['data'] => outputs.y!.data

/** Bytes of the heap that are still reachable. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  return process.memoryUsage().heapUsed
}
const mebibyte = 2 ** 20

describe('over a long time', { timeout: 300_000 }, () => {
  test('1,000 runs take no memory that the first did not', async () => {
    const counted = countingDevice(device)
    const session = await load(vision(), counted.device)
    const first = dataOf(await session.run(image))
    const [buffers, bytes] = [counted.buffers(), counted.bytes()]
    for (let run = 0; run < 50; run++) await session.run(image)
    const heap = heapBytes()
    for (let run = 0; run < 1000; run++) {
      const result = await session.run(image, run % 4 === 0 ? { onDevice: ['y'] } : {})
      if (run % 4 === 0) result.deviceOutputs.y!.buffer.destroy()
      else if (run % 100 === 1) expect(dataOf(result)).toEqual(first)
    }
    expect([counted.buffers(), counted.bytes()]).toEqual([buffers, bytes])
    expect((heapBytes() - heap) / mebibyte).toBeLessThan(8)
    session.dispose()
    expect(counted.buffers()).toBe(0)
  })

  test('50 times loaded and disposed of, nothing is left', async () => {
    const counted = countingDevice(device)
    const graph = vision()
    const cycle = async (): Promise<void> => {
      const session = await load(graph, counted.device)
      await session.run(image)
      session.dispose()
      expect([counted.buffers(), counted.bytes()]).toEqual([0, 0])
    }
    for (let i = 0; i < 5; i++) await cycle()
    const heap = heapBytes()
    for (let i = 0; i < 50; i++) await cycle()
    expect((heapBytes() - heap) / mebibyte).toBeLessThan(16)
  })
})

test('two models share a device, whatever order their runs come in', async () => {
  const sessions = [await load(vision(), device), await load(other(), device)] as const
  const alone = [dataOf(await sessions[0].run(image)), dataOf(await sessions[1].run(row))]
  const runs = [0, 1, 1, 0, 1, 0].map(async (i) =>
    dataOf(await (i === 0 ? sessions[0].run(image) : sessions[1].run(row))),
  )
  expect(await Promise.all(runs)).toEqual([0, 1, 1, 0, 1, 0].map((i) => alone[i]))
  sessions[0].dispose()
  expect(dataOf(await sessions[1].run(row))).toEqual(alone[1])
  sessions[1].dispose()
})

test('a device that is destroyed in the middle of a run fails that run, and the next has another', async () => {
  const gpus: GPUDevice[] = []
  const open = async (): Promise<Device> => {
    const { device: gpu, wait, dispose } = await openNodeGpu({ software: true })
    gpus.push(gpu)
    return makeDevice(gpu, { wait, onDispose: dispose })
  }
  const compiled = compile(vision(), { backend: wgsl(), device })
  const session = await createSession({ ...compiled, device: open })
  const expected = dataOf(await session.run(image))
  const [running, queued] = [session.run(image), session.run(image)]
  gpus[0]!.destroy()
  await expect(running).rejects.toMatchObject({ code: 'device/lost' })
  expect(dataOf(await queued)).toEqual(expected)
  expect(dataOf(await session.run(image))).toEqual(expected)
  expect(gpus.length).toBe(2)
  session.dispose()
})

test('a run that is aborted leaves the next one right', async () => {
  const session = await load(vision(), device)
  const expected = dataOf(await session.run(image))
  const controller = new AbortController()
  const running = session.run(image, { signal: controller.signal, onDevice: ['y'] })
  controller.abort()
  await expect(running).rejects.toMatchObject({ code: 'run/aborted' })
  await expect(session.run(image, { signal: controller.signal })).rejects.toMatchObject({ code: 'run/aborted' })
  expect(dataOf(await session.run(image))).toEqual(expected)
  session.dispose()
})
