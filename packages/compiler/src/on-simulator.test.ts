// The whole way from a graph to its results with the templates and the lowering that GPUs get, on the simulator: what it
// would refuse on a device (races, reads beyond the end) fails here.
import {
  type Backend,
  type BufferRange,
  backendApi,
  type Device,
  type DeviceBuffer,
  defineBackend,
  type Plan,
} from '@tilewright/backend'
import {
  addOp,
  attentionOp,
  buildGraph,
  type Graph,
  type GraphBuilder,
  matmulOp,
  reluOp,
  type Tensor,
  transposeOp,
} from '@tilewright/graph'
import {
  type Buffer,
  definition,
  elementCount,
  evaluateSize,
  type Kernel,
  printKernel,
  type SizeExpr,
  type SizeParam,
  type SizeValues,
  size,
  sizeParams,
  walkExprs,
} from '@tilewright/ir'
import { loweringPasses } from '@tilewright/passes'
import { createSession } from '@tilewright/runtime'
import { evaluateDefinition, type Order, runKernel, type TypedArray } from '@tilewright/simulator'
import { arbitraryGraph, propertyRuns, testTarget } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile } from './compile.js'
import { programOf } from './program.js'

interface Simulated {
  readonly backend: Backend
  readonly device: Device
  /** Sources of the kernels that were launched, in order. */
  readonly launched: string[]
}

/** A backend whose source is the kernel's text, and a device that runs the kernel behind the text. */
function simulated({ fastWorkgroupMemory = true, order = 'ascending' as Order } = {}): Simulated {
  const target = { ...testTarget, fastWorkgroupMemory }
  const kernels = new Map<string, { kernel: Kernel; params: readonly SizeParam[] }>()
  const launched: string[] = []
  const backend = defineBackend({
    meta: { name: 'simulated', version: '0.0.0', api: backendApi },
    target,
    pipeline: loweringPasses,
    emit: (kernel) => {
      const params = paramsOf(kernel)
      const facts = params.map(({ name, max, multipleOf }) => `${name}<=${max}%${multipleOf}`)
      const source = `${facts}\n${printKernel(kernel)}`
      kernels.set(source, { kernel, params })
      return {
        pipeline: {
          source,
          entry: kernel.name,
          threads: kernel.threads,
          workgroupBytes: 0,
          buffers: kernel.params.map(({ dtype }) => ({ access: 'read-write', dtype, lanes: 1 })),
          scalars: params.length,
        },
        buffers: kernel.params,
        scalars: params.map((param) => ({ kind: 'size', size: param })),
        workgroups: kernel.workgroups,
      }
    },
  })
  const memory = new Map<DeviceBuffer, ArrayBuffer>()
  const arrayOf = (range: BufferRange, { dtype, shape }: Buffer, sizes: Record<string, number>): TypedArray => {
    const elements = evaluateSize(elementCount(shape), sizes)
    return dtype === 'f32'
      ? new Float32Array(memory.get(range.buffer)!, range.offset, elements)
      : new Int32Array(memory.get(range.buffer)!, range.offset, elements)
  }
  const device: Device = {
    info: { backend: 'simulated', adapter: 'simulator', software: true },
    target,
    createBuffer: (bytes) => {
      const buffer = { bytes, destroy: () => memory.delete(buffer) }
      memory.set(buffer, new ArrayBuffer(bytes))
      return buffer
    },
    write: (buffer, { buffer: data, byteOffset, byteLength }, offset) =>
      new Uint8Array(memory.get(buffer)!).set(new Uint8Array(data, byteOffset, byteLength), offset),
    read: async (buffer, bytes) => new Uint8Array(memory.get(buffer)!.slice(0, bytes)),
    createPipeline: async (kernel) => ({ kernel }),
    begin: () => ({
      dispatch: (pipeline, ranges, scalars, workgroups) => {
        const { kernel, params } = kernels.get(pipeline.kernel.source)!
        const sizes = Object.fromEntries(params.map(({ name }, i) => [name, scalars[i]!]))
        expect(kernel.workgroups.map((count) => evaluateSize(count, sizes))).toEqual(workgroups)
        const arrays = kernel.params.map((param, i) => [param, arrayOf(ranges[i]!, param, sizes)] as const)
        runKernel(kernel, { buffers: new Map(arrays), sizes, order })
        launched.push(pipeline.kernel.source)
      },
      submit: () => undefined,
    }),
    settled: async () => undefined,
    lost: new Promise(() => undefined),
    dispose: () => undefined,
  }
  return { backend, device, launched }
}

function paramsOf(kernel: Kernel): readonly SizeParam[] {
  const params = new Map<string, SizeParam>()
  for (const extent of [...kernel.workgroups, ...kernel.params.flatMap(({ shape }) => shape)])
    sizeParams(extent, params)
  walkExprs(kernel.body, (expr) => {
    if (expr.kind === 'size') sizeParams(expr.size, params)
  })
  return [...params.values()]
}

/** The results of a graph of f32 tensors by definition. */
function byDefinition(graph: Graph, inputs: ReadonlyMap<string, Float32Array>, sizes: SizeValues) {
  const program = programOf(graph)
  const given = new Map<Buffer, TypedArray>([
    ...program.inputs.map(({ tensor, buffer }) => [buffer, inputs.get(tensor.name)!] as const),
    ...[...program.constants].map(([buffer, { data }]) => [buffer, data as TypedArray] as const),
  ])
  const computed = evaluateDefinition(definition('graph', [...given.keys()], [], program.equations), given, sizes)
  return program.outputs.map(({ buffer }) => computed.get(buffer)!)
}

/** Compiles a graph of f32 tensors once, to be run for many sizes. */
async function prepare(graph: Graph, { backend, device }: Simulated) {
  const { plan, constants, groups } = compile(graph, { backend, device })
  const session = await createSession({ plan, constants, device })
  const run = async (inputs: ReadonlyMap<string, Float32Array>, sizes: SizeValues) => {
    const given = graph.inputs.map(({ name, shape }) => {
      const extents = shape.map((extent) => evaluateSize(extent, sizes))
      return [name, { dtype: 'f32', shape: extents, data: inputs.get(name)! }] as const
    })
    const { outputs } = await session.run(Object.fromEntries(given))
    return graph.outputs.map(({ name }) => outputs[name]!.data)
  }
  return { plan, groups, run }
}

test('compiled and run = by definition, bit for bit', { timeout: 240_000 }, async () => {
  const settings = fc.record({
    fastWorkgroupMemory: fc.boolean(),
    order: fc.constantFrom<Order[]>('ascending', 'descending'),
  })
  let inPlace = 0
  const graphs = Math.ceil(propertyRuns() / 5)
  await fc.assert(
    fc.asyncProperty(arbitraryGraph(), settings, async ({ graph, runs }, setting) => {
      const { run, groups } = await prepare(graph, simulated(setting))
      if (groups.some(({ overwrites }) => overwrites !== undefined)) inPlace += 1
      for (const { sizes, inputs } of runs) {
        expect(await run(inputs, sizes)).toEqual(byDefinition(graph, inputs, sizes))
      }
    }),
    // Most of the time goes into lowering for a GPU.
    { numRuns: graphs },
  )
  if (graphs >= 100) expect(inPlace).toBeGreaterThanOrEqual(5)
})

describe('a transpose goes through tiles where workgroup memory is fast, wherever in a chain it stands', () => {
  type Chain = (g: GraphBuilder, x: Tensor) => Tensor
  const transposed: Chain = (g, x) => g.apply1(transposeOp(x, { perm: [0, 2, 1] }), [x])
  const active: Chain = (g, x) => g.apply1(reluOp(x), [x])
  const twice: Chain = (g, x) => g.apply1(addOp(x, x), [x, x])
  test.each<readonly [string, string, readonly Chain[]]>([
    ['alone', 'transpose/tiled', [transposed]],
    ['first', 'transpose/tiled', [transposed, active, twice]],
    ['last', 'transpose/tiled', [twice, active, transposed]],
    ['between', 'transpose/tiled', [twice, transposed, active]],
    ['there and back', 'elementwise', [transposed, active, transposed]],
  ])('%s: %s', async (_, template, chain) => {
    const g = buildGraph('chain')
    const x = g.input('x', { dtype: 'f32', shape: [2, size('n'), 33] })
    const graph = g.finish([{ name: 'y', tensor: chain.reduce((value, step) => step(g, value), x) }])
    const templatesOn = ({ backend, device }: Simulated) =>
      compile(graph, { backend, device }).groups.map(({ variants }) => variants.map((variant) => variant.template))
    const on = simulated()
    expect(templatesOn(on).flatMap((variants) => variants.at(-1) ?? [])).toEqual([template])
    expect(templatesOn(simulated({ fastWorkgroupMemory: false })).flat()).not.toContain('transpose/tiled')
    const { run } = await prepare(graph, on)
    for (const n of [0, 1, 7, 37]) {
      const inputs = new Map([['x', Float32Array.from({ length: 2 * n * 33 }, (_, i) => (i % 7) - 3)]])
      expect(await run(inputs, { n })).toEqual(byDefinition(graph, inputs, { n }))
    }
  })
})

describe('variants of a product with three symbolic sizes', () => {
  const [m, n, k] = [size('m', { max: 200 }), size('n', { max: 100 }), size('k', { max: 100 })]
  const g = buildGraph('product')
  const a = g.input('a', { dtype: 'f32', shape: [m, k] })
  const b = g.input('b', { dtype: 'f32', shape: [k, n] })
  const product = g.apply1(matmulOp(a, b), [a, b])
  const graph = g.finish([{ name: 'c', tensor: product }])
  const integers = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => (i % 7) - 3)

  /** Which branch of the plan's one choice a kernel belongs to. */
  const branchOf = ({ steps, kernels }: Plan, source: string): number => {
    const [choice] = steps
    if (choice?.kind !== 'choose') return -1
    return choice.branches.findIndex((branch) =>
      branch.steps.some((step) => step.kind === 'launch' && kernels[step.kernel]!.source === source),
    )
  }

  test.each([
    ['registers', false],
    ['workgroup memory', true],
  ])('every variant computes the product: %s', async (_, fastWorkgroupMemory) => {
    const cases = [
      [4, 5, 7],
      [1, 8, 8],
      [0, 8, 8],
      [17, 8, 7],
      [17, 12, 0],
      [19, 5, 8],
      [21, 6, 9],
      [9, 0, 9],
    ] as const
    const on = simulated({ fastWorkgroupMemory })
    const { plan, run } = await prepare(graph, on)
    const ran = new Set<number>()
    for (const [rows, columns, depth] of cases) {
      const sizes = { m: rows, n: columns, k: depth }
      const inputs = new Map([
        ['a', integers(rows * depth)],
        ['b', integers(depth * columns)],
      ])
      expect(await run(inputs, sizes)).toEqual(byDefinition(graph, inputs, sizes))
      const branches = on.launched.splice(0).map((source) => branchOf(plan, source))
      const expected = rows <= 4 ? 0 : columns % 4 === 0 ? 1 : depth % 4 === 0 ? 2 : 3
      expect(branches).toEqual(rows * columns === 0 ? [] : [expected])
      for (const branch of branches) ran.add(branch)
    }
    expect([...ran].sort()).toEqual([0, 1, 2, 3])
  })
})

test('attention of as many queries as a run decides: few share their keys, many are tiles', async () => {
  const g = buildGraph('attended')
  const input = (name: string, extent: SizeExpr) => g.input(name, { dtype: 'f32', shape: [1, 2, extent, 8] })
  const [query, key, value] = [input('query', size('q')), input('key', size('k')), input('value', size('k'))]
  const attributes = { queryHeads: undefined, keyHeads: undefined, scale: undefined, scores: 'products' } as const
  const rest = { outputs: 1, left: -1, right: -1, causal: false, softcap: 0 }
  const operation = attentionOp({ query, key, value, mask: undefined }, { ...attributes, ...rest })
  const graph = g.finish([{ name: 'y', tensor: g.apply1(operation, [query, key, value]) }])
  const { groups, run } = await prepare(graph, simulated())
  expect(groups.flatMap(({ variants }) => variants.map(({ when, template }) => [when, template]))).toEqual([
    [['q <= 4'], 'attention/shared-keys'],
    [[], 'attention/tiled'],
  ])
  const waves = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7))
  for (const [q, k] of [
    [1, 37],
    [5, 20],
    [0, 3],
  ] as const) {
    const inputs = new Map([
      ['query', waves(16 * q)],
      ['key', waves(16 * k)],
      ['value', waves(16 * k)],
    ])
    const [expected] = byDefinition(graph, inputs, { q, k })
    const [actual] = await run(inputs, { q, k })
    expect(actual).toHaveLength(16 * q)
    for (const [i, element] of [...expected!].entries()) expect(Number(actual![i])).toBeCloseTo(Number(element), 4)
  }
})
