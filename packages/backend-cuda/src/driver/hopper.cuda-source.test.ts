// What only GPUs of compute capability 9.0 do, from a graph to numbers, on a driver that says it has one.
import { elementFor, elementValue } from '@tilewright/backend'
import { evaluate } from '@tilewright/backend-cpu/evaluate'
import { compile, programOf } from '@tilewright/compiler'
import { addOp, buildGraph, type Graph, matmulOp, reluOp } from '@tilewright/graph'
import { defined, type HalfDType, size } from '@tilewright/ir'
import { createSession } from '@tilewright/runtime'
import { type FakeDriver, loadFakeDriver } from '@tilewright/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cudaTarget, hopperTarget } from '../cuda-target.js'
import { buildFakeLibcuda } from '../emulated/node-fake-libcuda.js'
import { openEmulated } from '../emulated/node-open-emulated.js'
import { cuda } from '../index.js'

let driver: FakeDriver
beforeEach(async () => {
  driver = await loadFakeDriver(await buildFakeLibcuda())
  driver.reset()
  driver.set('compute-capability', 90)
  driver.set('shared-bytes', 227 * 1024)
  driver.set('processors', 2)
})
afterEach(() => {
  expect(driver.live()).toBe(0)
  driver.reset()
})

const rows = size('rows')
const [depth, columns] = [200, 136]

/** relu(x · w + bias), or of twice x. */
function graphOf(dtype: HalfDType, computed: boolean): Graph {
  const g = buildGraph('product')
  const x = g.input('x', { dtype, shape: [rows, depth] })
  const w = g.input('w', { dtype, shape: [depth, columns] })
  const bias = g.input('bias', { dtype, shape: [columns] })
  const factor = computed ? g.apply1(addOp(x, x), [x, x]) : x
  const product = g.apply1(matmulOp(factor, w), [factor, w])
  const sum = g.apply1(addOp(product, bias), [product, bias])
  return g.finish([{ name: 'y', tensor: g.apply1(reluOp(sum), [sum]) }])
}

const halves = (dtype: HalfDType, count: number, seed: number): Uint16Array =>
  Uint16Array.from({ length: count }, (_, i) => elementFor(dtype, ((i * 7 + (i >> 3) * 3 + seed) % 5) - 2))

test.each([
  ['f16', 'memory, in boxes', false, 'matmul/producer-consumer'],
  ['f16', 'computed, through registers', true, 'matmul/async-multiply'],
  ['bf16', 'memory, in boxes', false, 'matmul/producer-consumer'],
] as const)('a product of %s whose left factor is %s, at several sizes', async (dtype, _, computed, template) => {
  const device = await openEmulated()
  const graph = graphOf(dtype, computed)
  const compiled = compile(graph, { backend: cuda(), device })
  expect(compiled.groups.flatMap(({ variants }) => variants.map((variant) => variant.template))).toContain(template)
  const numberOf = (bits: number): number => elementValue(dtype, bits)
  const session = await createSession({ ...compiled, device })
  for (const count of [64, 150]) {
    const data = {
      x: halves(dtype, count * depth, 1),
      w: halves(dtype, depth * columns, 3),
      bias: halves(dtype, columns, 2),
    }
    const { outputs } = await session.run({
      x: { dtype, shape: [count, depth], data: data.x },
      w: { dtype, shape: [depth, columns], data: data.w },
      bias: { dtype, shape: [columns], data: data.bias },
    })
    const { inputs, equations, outputs: results } = programOf(graph)
    const numbers = new Map(
      inputs.map(({ tensor, buffer }, i) => {
        const { [tensor.name]: own }: Readonly<Record<string, Uint16Array>> = data
        return [buffer, Float32Array.from(defined(own, `input ${i}`), numberOf)]
      }),
    )
    const expected = evaluate({ equations }, numbers, { rows: count }).get(results[0]!.buffer)
    expect(Float32Array.from(outputs.y?.data as Uint16Array, numberOf)).toEqual(expected)
  }
  session.dispose()
  device.dispose()
})

test('nvcc is told to leave the loop over asynchronous products as it is', async () => {
  const device = await openEmulated()
  for (const computed of [false, true]) {
    const { plan } = compile(graphOf('f16', computed), { backend: cuda(), device })
    const sources = plan.kernels.map(({ source }) => source).filter((source) => source.includes('tw_multiply_begin();'))
    expect(sources.length).toBeGreaterThan(0)
    for (const source of sources) expect(source).toMatch(/#pragma unroll 1\n +for \(int step/)
  }
  device.dispose()
})

test('a driver that cannot make tile maps has no such instructions', async () => {
  const device = await openEmulated()
  expect(device.target.tileInstructions).toEqual(hopperTarget.tileInstructions)
  device.dispose()
  driver.set('driver-version', 11080)
  const old = await openEmulated()
  expect(old.target.tileInstructions).toEqual(cudaTarget.tileInstructions)
  old.dispose()
})
