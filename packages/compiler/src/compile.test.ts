import { cpu } from '@tilewright/backend-cpu'
import { cuda } from '@tilewright/backend-cuda'
import {
  addOp,
  buildGraph,
  convOp,
  eluOp,
  type Graph,
  gemmOp,
  matmulOp,
  maxOp,
  mulOp,
  reluOp,
  reshapeOp,
  type Tensor,
  type TensorType,
} from '@tilewright/graph'
import {
  type Buffer,
  buildKernel,
  definition,
  type Equation,
  evaluateSize,
  type Kernel,
  type ScheduleTemplate,
  size,
} from '@tilewright/ir'
import { createSession, type HostTensor, type RunResult } from '@tilewright/runtime'
import { ruleBased } from '@tilewright/schedules'
import { evaluateDefinition, type TypedArray } from '@tilewright/simulator'
import { spatial } from '@tilewright/task-mapping'
import { arbitraryGraph, propertyRuns, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { compile } from './compile.js'
import { type Program, programOf } from './program.js'

type Given = Readonly<Record<string, HostTensor>>

/** Compiles a graph once, to be run on any inputs. */
async function prepareOnCpu(graph: Graph): Promise<(inputs: Given) => Promise<RunResult>> {
  const backend = cpu()
  const device = await backend.open()
  const session = await createSession({ ...compile(graph, { backend, device }), device })
  return (inputs) => session.run(inputs)
}

async function runOnCpu(graph: Graph, inputs: Given): Promise<RunResult> {
  const run = await prepareOnCpu(graph)
  return run(inputs)
}

/** The outputs by definition, on the simulator. */
function byDefinition(program: Program, inputs: Given, sizes = {}): TypedArray[] {
  const given = new Map<Buffer, TypedArray>([
    ...program.inputs.map(({ tensor, buffer }) => [buffer, inputs[tensor.name]!.data as TypedArray] as const),
    ...[...program.constants].map(([buffer, { data }]) => [buffer, data as TypedArray] as const),
  ])
  const computed = evaluateDefinition(definition('graph', [...given.keys()], [], program.equations), given, sizes)
  return program.outputs.map(({ buffer }) => computed.get(buffer)!)
}

const f32 = (...shape: TensorType['shape']): TensorType => ({ dtype: 'f32', shape })
const iota = (count: number, from = 0): Float32Array => Float32Array.from({ length: count }, (_, i) => from + i)
const tensor = (
  shape: readonly number[],
  data: HostTensor['data'],
  dtype: HostTensor['dtype'] = 'f32',
): HostTensor => ({
  dtype,
  shape,
  data,
})
const count = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1)

test('compiled and run on the cpu = by definition, bit for bit', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryGraph(), async ({ graph, runs }) => {
      const run = await prepareOnCpu(graph)
      for (const { sizes, inputs } of runs) {
        const given = Object.fromEntries(
          graph.inputs.map(({ name, shape }) => {
            const extents = shape.map((extent) => evaluateSize(extent, sizes))
            return [name, tensor(extents, inputs.get(name)!)]
          }),
        )
        const { outputs } = await run(given)
        const expected = byDefinition(programOf(graph), given, sizes)
        expect(graph.outputs.map(({ name }) => outputs[name]!.data)).toEqual(expected)
      }
    }),
    { numRuns: propertyRuns() },
  )
})

/** A graph of one input x that `build` makes a result of. */
function graphOf(type: TensorType, build: (g: ReturnType<typeof buildGraph>, x: Tensor) => Tensor): Graph {
  const g = buildGraph('small')
  const y = build(g, g.input('x', type))
  return g.finish([{ name: 'y', tensor: y }])
}

describe('what becomes one kernel', () => {
  test('a convolution with everything around it', () => {
    const graph = graphOf(f32(1, 2, 5, 5), (g, x) => {
      const w = g.constant('w', { dtype: 'f32', shape: [3, 2, 3, 3], data: iota(54) })
      const b = g.constant('b', { dtype: 'f32', shape: [3], data: iota(3) })
      const attributes = {
        strides: [1, 1],
        dilations: [1, 1],
        pads: [1, 1, 1, 1],
        autoPad: 'NOTSET',
        group: 1,
      } as const
      const before = g.apply1(eluOp(x, { alpha: 1 }), [x])
      const conv = g.apply1(convOp(before, w, b, attributes), [before, w, b])
      const relu = g.apply1(reluOp(conv), [conv])
      return g.apply1(reshapeOp(relu, { shape: [0, -1] }), [relu])
    })
    const { groups, plan } = compile(graph, { backend: cpu() })
    expect(groups).toEqual([
      {
        name: 'Reshape',
        anchor: 'reduce',
        prologues: 1,
        epilogues: 3,
        operators: [
          { node: 'Elu', operator: 'Elu', role: 'prologue' },
          { node: 'Conv', operator: 'Conv', role: 'member' },
          { node: 'Relu', operator: 'Relu', role: 'member' },
          { node: 'Reshape', operator: 'Reshape', role: 'member' },
        ],
        outputs: ['Reshape'],
        definition: expect.any(Function),
        variants: [
          {
            when: [],
            template: 'conv/direct',
            candidate: { ownM: 4, ownX: 4, ownY: 1, threads: 1 },
            rejected: [],
            launches: [{ kernel: 0, threads: 1, workgroups: ['10', '1', '1'] }],
          },
        ],
      },
    ])
    expect(plan.buffers.map(({ name, role }) => `${role} ${name}`)).toEqual([
      'input x',
      'output Reshape',
      'constant w',
      'constant b',
    ])
  })

  test('a long chain is cut before it nests too deep', async () => {
    const graph = graphOf(f32(3), (g, x) => {
      let y = x
      for (let i = 0; i < 300; i++) y = g.apply1(reluOp(y), [y])
      return y
    })
    const { groups, remarks } = compile(graph, { backend: cpu() })
    expect(groups.length).toBe(5)
    expect(remarks.filter(({ reason }) => reason === 'the kernel would have more than 64 operations').length).toBe(4)
    const { outputs } = await runOnCpu(graph, { x: tensor([3], Float32Array.of(-1, 0, 2)) })
    expect(outputs.y!.data).toEqual(Float32Array.of(0, 0, 2))
  })

  test('a chain that reads each result twice does not double its text at each link', async () => {
    const graph = graphOf({ dtype: 'i32', shape: [2] }, (g, x) => {
      let y = x
      for (let i = 0; i < 40; i++) y = g.apply1(addOp(y, y), [y, y])
      return y
    })
    const { plan } = compile(graph, { backend: cpu() })
    expect(Math.max(...plan.kernels.map(({ source }) => source.length))).toBeLessThan(2000)
    const { outputs } = await runOnCpu(graph, { x: tensor([2], Int32Array.of(1, 3), 'i32') })
    // 2^40 wraps to 0.
    expect(outputs.y!.data).toEqual(Int32Array.of(0, 0))
  })

  test('a maximum of many operands is as long as they are many', () => {
    const graph = graphOf(f32(2), (g, x) => {
      const operands = Array.from({ length: 30 }, () => x)
      return g.apply1(maxOp(...operands), operands)
    })
    const [kernel] = compile(graph, { backend: cpu() }).plan.kernels
    expect(kernel!.source.length).toBeLessThan(2000)
  })

  test('a convolution that nothing reads is not computed', () => {
    const g = buildGraph('dead')
    const x = g.input('x', f32(2, 2))
    const w = g.constant('w', { dtype: 'f32', shape: [2, 2], data: iota(4) })
    g.apply1(matmulOp(x, w), [x, w])
    const y = g.apply1(reluOp(x), [x])
    const { groups, plan } = compile(g.finish([{ name: 'y', tensor: y }]), { backend: cpu() })
    expect(groups.map(({ anchor }) => anchor)).toEqual(['compute'])
    expect(plan.constants).toEqual([])
  })
})

describe('elements of every dtype', () => {
  const dtypes = ['f32', 'i32', 'u32', 'i8', 'u8'] as const

  test('the same operation on two dtypes is two kernels', async () => {
    const g = buildGraph('dtypes')
    const outputs = dtypes.map((dtype) => {
      const x = g.input(dtype, { dtype, shape: [4] })
      return { name: dtype, tensor: g.apply1(addOp(x, x), [x, x]) }
    })
    const graph = g.finish(outputs)
    const inputs = {
      f32: tensor([4], Float32Array.of(0.5, -1, 3e38, 0), 'f32'),
      i32: tensor([4], Int32Array.of(2 ** 30, -5, 2 ** 31 - 1, 0), 'i32'),
      u32: tensor([4], Uint32Array.of(2 ** 31, 5, 2 ** 32 - 1, 0), 'u32'),
      i8: tensor([4], Int8Array.of(64, -5, 127, 0), 'i8'),
      u8: tensor([4], Uint8Array.of(128, 5, 255, 0), 'u8'),
    }
    const result = await runOnCpu(graph, inputs)
    expect(dtypes.map((dtype) => result.outputs[dtype]!.data)).toEqual([
      Float32Array.of(1, -2, Number.POSITIVE_INFINITY, 0),
      Int32Array.of(-(2 ** 31), -10, -2, 0),
      Uint32Array.of(0, 10, 2 ** 32 - 2, 0),
      Int8Array.of(-128, -10, -2, 0),
      Uint8Array.of(0, 10, 254, 0),
    ])
    expect(dtypes.map((dtype) => result.outputs[dtype]!.data)).toEqual(byDefinition(programOf(graph), inputs))
  })

  test.each(['i8', 'u8'] as const)('an intermediate of %s that is fused away wraps all the same', async (dtype) => {
    const graph = graphOf({ dtype, shape: [256] }, (g, x) => {
      const square = g.apply1(mulOp(x, x), [x, x])
      const sum = g.apply1(addOp(square, x), [square, x])
      return g.apply1(maxOp(sum, x), [sum, x])
    })
    const inputs = { x: tensor([256], dtype === 'i8' ? Int8Array.from(iota(256)) : Uint8Array.from(iota(256)), dtype) }
    expect(compile(graph, { backend: cpu() }).groups.length).toBe(1)
    const { outputs } = await runOnCpu(graph, inputs)
    expect([outputs.y!.data]).toEqual(byDefinition(programOf(graph), inputs))
  })

  test('the result of an anchor wraps before its epilogue reads it', async () => {
    const graph = graphOf({ dtype: 'i8', shape: [4, 16] }, (g, x) => {
      const w = g.constant('w', { dtype: 'i8', shape: [16, 3], data: Int8Array.from(iota(48)) })
      const product = g.apply1(matmulOp(x, w), [x, w])
      return g.apply1(reluOp(product), [product])
    })
    const inputs = { x: tensor([4, 16], Int8Array.from(iota(64, -10)), 'i8') }
    expect(compile(graph, { backend: cpu() }).groups).toMatchObject([{ anchor: 'reduce', epilogues: 1 }])
    const { outputs } = await runOnCpu(graph, inputs)
    expect([outputs.y!.data]).toEqual(byDefinition(programOf(graph), inputs))
  })

  test('an int64 weight outside 32 bits is refused by name', () => {
    const graph = graphOf({ dtype: 'i64', shape: [1] }, (g, x) => {
      const w = g.constant('limit', { dtype: 'i64', shape: [1], data: BigInt64Array.of(2n ** 40n) })
      return g.apply1(addOp(x, w), [x, w])
    })
    expect(() => compile(graph, { backend: cpu() })).toThrow(
      '"limit" holds the int64 value 1099511627776 at element 0, which does not fit 32 bits',
    )
  })
})

describe('limits', () => {
  const text = (run: () => unknown): string => {
    const { code, message, where, help } = thrownBy(run)
    return [`error[${code}]: ${message}`, where && `  at    ${where}`, `  help  ${help}`].filter(Boolean).join('\n')
  }

  test('more elements than 32-bit offsets reach', () => {
    const graph = graphOf(f32(2 ** 20, 1), (g, x) => {
      const row = g.input('row', f32(1, 2 ** 20))
      return g.apply1(addOp(x, row), [x, row], 'outer')
    })
    expect(text(() => compile(graph, { backend: cpu() }))).toMatchInlineSnapshot(`
      "error[limits/elements]: "outer" of shape [1048576, 1048576] has 1099511627776 elements; a tensor has at most 2147483647
        help  use smaller tensors: element offsets are 32-bit integers"
    `)
  })

  test('more bytes than one buffer may have', () => {
    const graph = graphOf(f32(2 ** 29), (g, x) => g.apply1(reluOp(x), [x]))
    expect(text(() => compile(graph, { backend: cpu() }))).toMatchInlineSnapshot(`
      "error[limits/binding-size]: "x" of shape [536870912] takes 2147483648 bytes; the device allows 2147483647 for one buffer
        help  use smaller tensors, or a device with larger buffers"
    `)
  })

  test('what is fused away takes no memory', () => {
    const graph = graphOf(f32(2 ** 16, 1), (g, x) => {
      const row = g.input('row', f32(1, 2 ** 14))
      const outer = g.apply1(addOp(x, row), [x, row], 'outer')
      const w = g.constant('w', { dtype: 'f32', shape: [2 ** 14, 1], data: new Float32Array(2 ** 14) })
      return g.apply1(matmulOp(outer, w), [outer, w])
    })
    const { plan } = compile(graph, { backend: cpu() })
    expect(plan.buffers.map(({ name }) => name)).toEqual(['x', 'row', 'MatMul', 'w'])
  })

  test('what is fused away may be too large for the positions computed in it', () => {
    const graph = graphOf(f32(2 ** 20, 1), (g, x) => {
      const row = g.input('row', f32(1, 2 ** 12))
      const outer = g.apply1(addOp(x, row), [x, row], 'outer')
      const flat = g.apply1(reshapeOp(outer, { shape: [2 ** 12, 2 ** 20] }), [outer])
      const w = g.constant('w', { dtype: 'f32', shape: [2 ** 20, 1], data: new Float32Array(2 ** 20) })
      return g.apply1(matmulOp(flat, w), [flat, w])
    })
    expect(thrownBy(() => compile(graph, { backend: cpu() })).code).toBe('limits/elements')
  })

  test('the weights together may be more than one buffer', async () => {
    const graph = graphOf(f32(8), (g, x) =>
      Array.from({ length: 4 }).reduce<Tensor>((sum, _, i) => {
        const w = g.constant(`w${i}`, { dtype: 'f32', shape: [8], data: iota(8, i) })
        return g.apply1(addOp(sum, w), [sum, w])
      }, x),
    )
    const backend = cpu()
    const limits = { ...backend.target.limits, bufferBytes: 32, bindingBytes: 32 }
    const { constants } = compile(graph, { backend: { ...backend, target: { ...backend.target, limits } } })
    const chunks = []
    for await (const chunk of constants()) chunks.push(...new Float32Array(chunk.slice().buffer))
    expect(chunks).toEqual([0, 1, 2, 3].flatMap((i) => [...iota(8, i)]))
  })
})

describe('templates of a backend', () => {
  /** Schedules reductions with the kernel that `build` makes. */
  const template = (build: (anchor: Equation) => Kernel): ScheduleTemplate => ({
    name: 'by-hand',
    space: {},
    matches: (anchor) => anchor.kind === 'reduce',
    refinements: () => [],
    check: () => undefined,
    level0: () => ({}),
    build: (_, { anchor }) => ({ kernels: [build(anchor)], workspaces: [] }),
  })
  const product = graphOf(f32(4, 4), (g, x) => g.apply1(matmulOp(x, x), [x, x]))
  const refused = (build: (anchor: Equation) => Kernel) =>
    thrownBy(() => compile(product, { backend: { ...cpu(), schedules: [template(build)] } }))

  test('are used before the rules', () => {
    const backend = { ...cpu(), schedules: [template((anchor) => ruleBased(anchor, cpu().target).kernels[0]!)] }
    expect(compile(product, { backend }).groups[0]?.variants).toMatchObject([{ when: [], template: 'by-hand' }])
  })

  const storing = (threads: number, body: Parameters<typeof buildKernel>[1]) => (anchor: Equation) => {
    const [output] = anchor.kind === 'reduce' ? anchor.outputs : []
    return buildKernel({ name: 'by_hand', threads, workgroups: [1, 1, 1] }, (g) => {
      body(g)
      g.use(output!).set([0, 0], 0)
    })
  }

  test('too many threads', () => {
    expect(refused(storing(64, () => undefined))).toMatchObject({
      name: 'CompileError',
      code: 'schedule/threads',
      message: 'a workgroup of 64 threads; cpu allows 1',
    })
  })

  test('a mapping with more workers than there are threads', () => {
    const error = refused(
      storing(1, (g) => {
        const own = g.privateBuffer('own', 'f32', [4])
        g.forTask(spatial(4), g.thread, (i) => own.set([i!], 0))
      }),
    )
    expect(error).toMatchObject({
      name: 'CompileError',
      code: 'schedule/workers',
      message: 'spatial(4) has 4 workers; there are 1 threads',
    })
  })

  test('too much workgroup memory', () => {
    expect(refused(storing(1, (g) => g.workgroupBuffer('tile', 'f32', [4, 4])))).toMatchObject({
      name: 'CompileError',
      code: 'schedule/workgroup-memory',
      message: '64 B of workgroup memory; cpu allows 0 B',
    })
  })

  test('a barrier that not all threads reach', () => {
    const error = refused(
      storing(1, (g) =>
        g.if(g.thread.lt(1), () => {
          g.barrier()
        }),
      ),
    )
    expect(error).toMatchObject({ name: 'CompileError', help: expect.any(String) })
    expect(error.where).toContain('compile.test.ts')
  })
})

test('symbolic sizes, empty and rank-0 tensors, results that are inputs, constants or each other', async () => {
  const n = size('n', { max: 100 })
  const g = buildGraph('results')
  const x = g.input('x', f32(n, 2))
  const scalar = g.input('scalar', f32())
  const w = g.constant('w', { dtype: 'f32', shape: [2, 3], data: iota(6) })
  const half = g.constant('half', { dtype: 'f32', shape: [], data: Float32Array.of(0.5) })
  const y = g.apply1(gemmOp(x, w, undefined, { alpha: 1, beta: 1, transA: false, transB: false }), [x, w])
  const scaled = g.apply1(mulOp(y, half), [y, half])
  const sum = g.apply1(addOp(scalar, half), [scalar, half])
  const graph = g.finish([
    { name: 'scaled', tensor: scaled },
    { name: 'again', tensor: scaled },
    { name: 'product', tensor: y },
    { name: 'echo', tensor: x },
    { name: 'weights', tensor: w },
    { name: 'sum', tensor: sum },
    { name: 'half', tensor: half },
  ])
  for (const rows of [0, 1, 3]) {
    const inputs = { x: tensor([rows, 2], iota(rows * 2)), scalar: tensor([], Float32Array.of(2)) }
    const { outputs } = await runOnCpu(graph, inputs)
    expect(graph.outputs.map(({ name }) => outputs[name]!.data)).toEqual(
      byDefinition(programOf(graph), inputs, { n: rows }),
    )
    expect(graph.outputs.map(({ name }) => [name, ...outputs[name]!.shape])).toEqual([
      ['scaled', rows, 3],
      ['again', rows, 3],
      ['product', rows, 3],
      ['echo', rows, 2],
      ['weights', 2, 3],
      ['sum'],
      ['half'],
    ])
    for (const { shape, data } of Object.values(outputs)) expect(data.length).toBe(count(shape))
  }
})

test('a plan is JSON', async () => {
  const graph = graphOf(f32(size('n', { max: 2 ** 20, multipleOf: 3 }), 2), (g, x) => {
    const low = g.constant('low', { dtype: 'f32', shape: [], data: Float32Array.of(Number.NEGATIVE_INFINITY) })
    return g.apply1(maxOp(x, low), [x, low])
  })
  const backend = cpu()
  const device = await backend.open()
  const { plan, constants } = compile(graph, { backend, device })
  const session = await createSession({ plan: JSON.parse(JSON.stringify(plan)), constants, device })
  const { outputs } = await session.run({ x: tensor([3, 2], iota(6)) })
  expect(outputs.y).toEqual(tensor([3, 2], iota(6)))
})

const openedCpu = await cpu().open()
afterAll(() => openedCpu.dispose())

describe('arguments of a caller without types', () => {
  const graph = graphOf(f32(2), (g, x) => g.apply1(reluOp(x), [x]))
  test.each([
    ['no graph', 'compile/graph', [undefined, { backend: cpu() }]],
    ["a model's bytes", 'compile/graph', [new Uint8Array(4), { backend: cpu() }]],
    ['no options', 'backend/descriptor', [graph]],
    ['an option misspelt', 'compile/option', [graph, { backend: cpu(), devise: openedCpu }]],
    ['no backend', 'backend/descriptor', [graph, {}]],
    ['a factory', 'backend/descriptor', [graph, { backend: cpu }]],
    ['a name', 'backend/descriptor', [graph, { backend: 'cpu' }]],
    ['a promise of a device', 'compile/device', [graph, { backend: cpu(), device: cpu().open() }]],
    ['null for a device', 'compile/device', [graph, { backend: cpu(), device: null }]],
    ['products of no kind', 'compile/option', [graph, { backend: cuda(), products: 'bf16' }]],
    ['a device of another backend', 'compile/device', [graph, { backend: cuda(), device: openedCpu }]],
  ])('%s: %s', (_, code, given) => {
    expect(thrownBy(() => Reflect.apply(compile, undefined, given))).toMatchObject({ code, help: expect.any(String) })
  })
})
