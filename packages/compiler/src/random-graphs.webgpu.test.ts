import type { Backend, Device } from '@tilewright/backend'
import { cpu } from '@tilewright/backend-cpu'
import { wgsl } from '@tilewright/backend-wgsl'
import { openNode } from '@tilewright/backend-wgsl/node'
import { addOp, buildGraph, eluOp, type Graph, gemmOp } from '@tilewright/graph'
import { type Buffer, definition, evaluateSize, type SizeValues, size } from '@tilewright/ir'
import { createSession, type HostTensor } from '@tilewright/runtime'
import { evaluateDefinition, type TypedArray } from '@tilewright/simulator'
import { type ArbitraryGraph, arbitraryGraph, type GraphRun, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile } from './compile.js'
import { programOf } from './program.js'

let gpu: Device
let processor: Device
beforeAll(async () => {
  gpu = await openNode({ software: true })
  processor = await cpu().open()
})
afterAll(() => {
  gpu.dispose()
  processor.dispose()
})

type Given = Readonly<Record<string, HostTensor>>

/** WGSL does not promise the sign of a zero. */
const values = (data: ArrayLike<number | bigint>): readonly number[] => Array.from(data, (value) => Number(value) + 0)

/** The results of each run of one compile. */
async function run(graph: Graph, runs: readonly Given[], backend: Backend, device: Device) {
  const session = await createSession({ ...compile(graph, { backend, device }), device })
  const results: (readonly number[])[][] = []
  for (const given of runs) {
    const { outputs } = await session.run(given)
    results.push(graph.outputs.map(({ name }) => values(outputs[name]!.data)))
  }
  session.dispose()
  return results
}

function byDefinition(graph: Graph, given: Given, sizes: SizeValues) {
  const program = programOf(graph)
  const inputs = new Map<Buffer, TypedArray>([
    ...program.inputs.map(({ tensor, buffer }) => [buffer, given[tensor.name]!.data as TypedArray] as const),
    ...[...program.constants].map(([buffer, { data }]) => [buffer, data as TypedArray] as const),
  ])
  const computed = evaluateDefinition(definition('graph', [...inputs.keys()], [], program.equations), inputs, sizes)
  return program.outputs.map(({ buffer }) => values(computed.get(buffer)!))
}

const givenOf = (graph: Graph, { sizes, inputs }: GraphRun): Given =>
  Object.fromEntries(
    graph.inputs.map(({ name, shape }) => {
      const extents = shape.map((extent) => evaluateSize(extent, sizes))
      return [name, { dtype: 'f32', shape: extents, data: inputs.get(name)! }]
    }),
  )

/** Graphs that one case runs together: their pipelines are compiled side by side. */
const batch = 10
const cases = Math.min(30, Math.ceil(propertyRuns() / batch))

test(`${cases * batch} random graphs: SwiftShader = cpu = by definition, bit for bit`, {
  timeout: 400_000,
}, async () => {
  const agree = async ({ graph, runs }: ArbitraryGraph): Promise<void> => {
    const given = runs.map((one) => givenOf(graph, one))
    const expected = runs.map(({ sizes }, i) => byDefinition(graph, given[i]!, sizes))
    expect(await run(graph, given, wgsl(), gpu)).toEqual(expected)
    expect(await run(graph, given, cpu(), processor)).toEqual(expected)
  }
  const graphs = fc.array(arbitraryGraph(), { minLength: batch, maxLength: batch })
  await fc.assert(
    fc.asyncProperty(graphs, async (some) => {
      await Promise.all(some.map(agree))
    }),
    { numRuns: cases, interruptAfterTimeLimit: 360_000, markInterruptAsFailure: true },
  )
})

test('one compile serves every batch: 0, 1, 3 and 17, within 1e-5 of the largest result', async () => {
  const g = buildGraph('policy')
  const wave = (count: number, step: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => Math.sin(i * step))
  const weights = (name: string, shape: readonly number[], step: number) =>
    g.constant(name, {
      dtype: 'f32',
      shape,
      data: wave(
        shape.reduce((a, b) => a * b, 1),
        step,
      ),
    })
  const x = g.input('x', { dtype: 'f32', shape: [size('batch'), 20] })
  const [w1, b1, w2] = [weights('w1', [33, 20], 0.7), weights('b1', [33], 0.3), weights('w2', [33, 7], 0.9)]
  const flags = { alpha: 1, beta: 1, transA: false }
  const hidden = g.apply1(gemmOp(x, w1, b1, { ...flags, transB: true }), [x, w1, b1])
  const active = g.apply1(eluOp(hidden, { alpha: 1 }), [hidden])
  const y = g.apply1(gemmOp(active, w2, undefined, { ...flags, transB: false }), [active, w2])
  const z = g.apply1(addOp(y, y), [y, y])
  const graph = g.finish([{ name: 'z', tensor: z }])

  for (const [backend, device] of [
    [wgsl(), gpu],
    [cpu(), processor],
  ] as const) {
    const session = await createSession({ ...compile(graph, { backend, device }), device })
    for (const batchSize of [0, 1, 3, 17, 1]) {
      const given: Given = { x: { dtype: 'f32', shape: [batchSize, 20], data: wave(batchSize * 20, 0.11) } }
      const [expected] = byDefinition(graph, given, { batch: batchSize })
      const { outputs } = await session.run(given)
      expect(outputs.z?.shape).toEqual([batchSize, 7])
      const got = values(outputs.z!.data)
      const largest = Math.max(0, ...expected!.map(Math.abs))
      const error = Math.max(0, ...got.map((value, i) => Math.abs(value - expected![i]!)))
      expect(error).toBeLessThanOrEqual(1e-5 * largest)
    }
    session.dispose()
  }
})
