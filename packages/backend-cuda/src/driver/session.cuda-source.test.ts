// Whole plans on the device of CUDA, on a driver without a GPU: many runs, sizes that change, and a loss.
import type { Device } from '@tilewright/backend'
import { compile } from '@tilewright/compiler'
import { buildGraph, type Graph, gemmOp, softmaxOp } from '@tilewright/graph'
import { size } from '@tilewright/ir'
import { createSession, type Session } from '@tilewright/runtime'
import { type FakeDriver, loadFakeDriver } from '@tilewright/testing'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { buildFakeLibcuda } from '../emulated/node-fake-libcuda.js'
import { openEmulated } from '../emulated/node-open-emulated.js'
import { cuda } from '../index.js'

let driver: FakeDriver
beforeAll(async () => {
  driver = await loadFakeDriver(await buildFakeLibcuda())
})
beforeEach(() => driver.reset())
afterEach(() => expect(driver.live()).toBe(0))

const [depth, columns] = [8, 12]
const weights = Float32Array.from({ length: depth * columns }, (_, i) => ((i * 5) % 7) - 3)

/** softmax(x·w) of as many rows as come. */
function graph(): Graph {
  const g = buildGraph('rows')
  const x = g.input('x', { dtype: 'f32', shape: [size('rows'), depth] })
  const w = g.constant('w', { dtype: 'f32', shape: [depth, columns], data: weights })
  const plain = { alpha: 1, beta: 1, transA: false, transB: false }
  const product = g.apply1(gemmOp(x, w, undefined, plain), [x, w])
  return g.finish([{ name: 'y', tensor: g.apply1(softmaxOp(product, { axes: [-1] }), [product]) }])
}

function expected(x: Float32Array): readonly number[] {
  return Array.from({ length: x.length / depth }, (_, i) => {
    const sums = Array.from({ length: columns }, (_, j) =>
      weights.reduce(
        (sum, w, at) => (at % columns === j ? sum + w * x[i * depth + Math.floor(at / columns)]! : sum),
        0,
      ),
    )
    const largest = Math.max(...sums)
    const powers = sums.map((sum) => Math.exp(sum - largest))
    const total = powers.reduce((a, b) => a + b)
    return powers.map((power) => power / total)
  }).flat()
}

async function checkRun(session: Session, rows: number, seed: number): Promise<void> {
  const x = Float32Array.from({ length: rows * depth }, (_, i) => (((i + seed) * 11) % 13) / 13)
  const { outputs } = await session.run({ x: { dtype: 'f32', shape: [rows, depth], data: x } })
  expect([...(outputs.y?.data ?? [])]).toEqual(expected(x).map((y) => expect.closeTo(y, 5)))
}

const openSession = (device: Device): Promise<Session> =>
  createSession({ ...compile(graph(), { backend: cuda(), device }), device })

test('runs of sizes that were seen before are replayed, and give what they should', async () => {
  driver.set('pace', 1)
  const device = await openEmulated()
  const session = await openSession(device)
  // The largest first: what is there for it serves the others.
  const rounds = async (from: number, to: number): Promise<void> => {
    for (let round = from; round < to; round++) for (const rows of [64, 5]) await checkRun(session, rows, round)
  }
  await rounds(0, 2)
  const launches = driver.calls('cuLaunchKernel')
  expect(driver.calls('cuGraphLaunch')).toBe(2)
  await rounds(2, 4)
  expect([driver.calls('cuLaunchKernel'), driver.calls('cuGraphLaunch')]).toEqual([launches, 6])
  // A size that is new is launched as it is.
  await checkRun(session, 9, 0)
  expect(driver.calls('cuLaunchKernel')).toBeGreaterThan(launches)
  expect(driver.calls('cuGraphLaunch')).toBe(6)
  session.dispose()
  device.dispose()
  expect(driver.abandoned()).toBe(0)
})

test('a session opens another device after a loss', async () => {
  let opened = 0
  const first = await openEmulated()
  const compiled = compile(graph(), { backend: cuda(), device: first })
  first.dispose()
  const session = await createSession({
    ...compiled,
    device: () => {
      opened++
      return openEmulated()
    },
  })
  await checkRun(session, 3, 0)
  driver.fail('cuEventQuery', 1, 719)
  await expect(checkRun(session, 3, 1)).rejects.toMatchObject({ code: 'device/lost' })
  await checkRun(session, 3, 2)
  expect(opened).toBe(2)
  session.dispose()
  // It frees its device once its last run has told so.
  await new Promise((resolve) => setImmediate(resolve))
})
