// Attention on what only GPUs of compute capability 9.0 do, from a graph to numbers, on a driver that says it has one.
import { elementFor, elementValue } from '@tilewright/backend'
import { evaluate } from '@tilewright/backend-cpu/evaluate'
import { compile, programOf } from '@tilewright/compiler'
import { type AttentionAttributes, addOp, attentionOp, buildGraph, type Graph } from '@tilewright/graph'
import { defined, type HalfDType, type ScheduleTemplate, type SizeExpr, size } from '@tilewright/ir'
import { createSession } from '@tilewright/runtime'
import { type AttentionTiles, attentionAsyncMultiply, attentionProducerConsumer } from '@tilewright/schedules'
import { type FakeDriver, loadFakeDriver } from '@tilewright/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
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

interface Case {
  readonly of: string
  /** Default: f16. */
  readonly dtype?: HalfDType
  readonly queries: SizeExpr
  readonly keys: SizeExpr
  /** Lengths of keys, and of values. */
  readonly head: readonly [number, number]
  readonly causal: boolean
  readonly template: ScheduleTemplate<AttentionTiles>
  /** Values of the sizes. */
  readonly counts: readonly { readonly queries: number; readonly keys: number }[]
  /** In the place of level 0. */
  readonly candidate?: AttentionTiles
}

const anySizes = { queries: size('queries', { min: 64 }), keys: size('keys'), head: [64, 64], causal: true } as const
const counts = [
  { queries: 64, keys: 64 },
  { queries: 150, keys: 201 },
]
const cases: readonly Case[] = [
  { of: 'keys and values in boxes', template: attentionProducerConsumer, ...anySizes, counts },
  { of: 'bf16 in boxes', dtype: 'bf16', template: attentionProducerConsumer, ...anySizes, counts: counts.slice(1) },
  {
    ...{ of: 'keys and values in boxes, heads that fill registers', template: attentionProducerConsumer },
    ...{ queries: 130, keys: 200, head: [128, 128], causal: false, counts: [{ queries: 130, keys: 200 }] },
    candidate: { groups: 2, tileKeys: 64, stages: 3 },
  },
  {
    ...{ of: 'brought by threads', template: attentionAsyncMultiply, ...anySizes, counts },
    candidate: { groups: 1, tileKeys: 64, stages: 2 },
  },
  {
    ...{ of: 'bf16 brought by threads', dtype: 'bf16', template: attentionAsyncMultiply, ...anySizes },
    ...{ counts: counts.slice(1), candidate: { groups: 1, tileKeys: 64, stages: 2 } },
  },
  {
    ...{ of: 'brought by threads, heads that fill registers', template: attentionAsyncMultiply },
    ...{ queries: 130, keys: 272, head: [128, 128], causal: false, counts: [{ queries: 130, keys: 272 }] },
    candidate: { groups: 2, tileKeys: 128, stages: 2 },
  },
  {
    ...{ of: 'brought by two groups of three', template: attentionAsyncMultiply },
    ...{ queries: 200, keys: 200, head: [40, 72], causal: true, counts: [{ queries: 200, keys: 200 }] },
    candidate: { groups: 3, tileKeys: 64, stages: 3 },
  },
]

const attributes = {
  queryHeads: undefined,
  keyHeads: undefined,
  scale: undefined,
  scores: 'products',
  outputs: 1,
} as const
const heads = { query: 4, key: 2 }

/** Attention of queries that have a bias. */
function graphOf({ dtype = 'f16', queries, keys, head: [length, columns], causal }: Case): Graph {
  const g = buildGraph('attention')
  const bias = g.input('bias', { dtype, shape: [length] })
  const x = g.input('query', { dtype, shape: [1, heads.query, queries, length] })
  const query = g.apply1(addOp(x, bias), [x, bias])
  const key = g.input('key', { dtype, shape: [1, heads.key, keys, length] })
  const value = g.input('value', { dtype, shape: [1, heads.key, keys, columns] })
  const all: AttentionAttributes = { ...attributes, left: -1, right: -1, causal, softcap: 0 }
  const y = g.apply1(attentionOp({ query, key, value }, all), [query, key, value])
  return g.finish([{ name: 'y', tensor: y }])
}

/** Weights and results are rounded; values are up to 2. */
const tolerances = { f16: 6e-3, bf16: 3e-2 } as const

const halves = (dtype: HalfDType, count: number, seed: number): Uint16Array =>
  Uint16Array.from({ length: count }, (_, i) => elementFor(dtype, Math.sin(i * 1.7 + seed) * 2))

test.each(cases)('$of', async (one) => {
  const device = await openEmulated()
  const graph = graphOf(one)
  const { candidate, dtype = 'f16', head, template } = one
  const numberOf = (bits: number): number => elementValue(dtype, bits)
  const asked = candidate && [{ ...template, level0: () => candidate }]
  const backend = { ...cuda(), ...(asked === undefined ? {} : { schedules: asked }) }
  const compiled = compile(graph, { backend, device })
  const variants = compiled.groups.flatMap((group) => group.variants)
  expect(variants.map(({ template }) => template)).toContain(template.name)
  const session = await createSession({ ...compiled, device })
  const { inputs, equations, outputs: results } = programOf(graph)
  for (const counts of one.counts) {
    const shapes: Readonly<Record<string, readonly number[]>> = {
      query: [1, heads.query, counts.queries, head[0]],
      bias: [head[0]],
      key: [1, heads.key, counts.keys, head[0]],
      value: [1, heads.key, counts.keys, head[1]],
    }
    const given = inputs.map(({ tensor, buffer }, seed) => {
      const shape = defined(shapes[tensor.name], tensor.name)
      const count = shape.reduce((product, extent) => product * extent, 1)
      return { name: tensor.name, buffer, shape, data: halves(dtype, count, seed) }
    })
    const { outputs } = await session.run(
      Object.fromEntries(given.map(({ name, shape, data }) => [name, { dtype, shape, data }])),
    )
    const numbers = new Map(given.map(({ buffer, data }) => [buffer, Float32Array.from(data, numberOf)]))
    const expected = defined(evaluate({ equations }, numbers, counts).get(defined(results[0], 'y').buffer), 'a result')
    const actual = Float32Array.from(outputs.y?.data as Uint16Array, numberOf)
    expect(actual).toHaveLength(expected.length)
    expect(Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] ?? 0))))).toBeLessThan(tolerances[dtype])
    expect(Math.max(...expected)).toBeGreaterThan(0.5)
  }
  session.dispose()
  device.dispose()
})
