/** Every documented function, called as one may from plain JavaScript: each argument in turn is something else. */
import { defineBackend, evaluatePlanSize, wholeBuffer } from '@tilewright/backend'
import { cpu } from '@tilewright/backend-cpu'
import { cuda, cudaPipeline, emitCuda } from '@tilewright/backend-cuda'
import { openCuda } from '@tilewright/backend-cuda/driver'
import { openEmulated } from '@tilewright/backend-cuda/emulated'
import { emitWgsl, makeDevice, wgsl, wgslPipeline, wgslTarget } from '@tilewright/backend-wgsl'
import { openNode } from '@tilewright/backend-wgsl/node'
import { runConformance } from '@tilewright/conformance'
import { buildGraph, reluOp } from '@tilewright/graph'
import {
  assertValid,
  buildKernel,
  definition,
  evaluateSize,
  formatSize,
  type KernelBuilder,
  printKernel,
  size,
} from '@tilewright/ir'
import {
  attribute,
  decodeModel,
  decodeTensor,
  encodeModel,
  encodeTensor,
  fixSizes,
  graphBuilder,
  hostInputs,
  importGraph,
  importModel,
  modelOf,
  tensorData,
  tensorOf,
} from '@tilewright/onnx'
import { runPipeline } from '@tilewright/passes'
import { createSession } from '@tilewright/runtime'
import { evaluateDefinition, runKernel, runKernelAllWays } from '@tilewright/simulator'
import { autoMap, compose, draw, repeat, spatial, taskShape, workers } from '@tilewright/task-mapping'
import { describe, expect, test } from 'vitest'
import { compile } from './index.js'

/** A function and arguments that it takes. */
type Call = readonly [call: unknown, ...given: readonly unknown[]]

const others: readonly unknown[] = [undefined, null, {}, 42, 'x', [], new Map(), () => undefined]

const f32 = { dtype: 'f32', dims: [1], data: Float32Array.of(1) } as const
const host = { dtype: 'f32', shape: [1], data: f32.data } as const
const relu = (() => {
  const g = graphBuilder('g')
  g.output(g.node('Relu', [g.input('x', 'f32', [1])], { outputs: ['y'] }), 'f32', [1])
  return modelOf(g.build(), { opset: 17 })
})()
const graph = importGraph(relu)
const kernel = buildKernel({ name: 'k', threads: 1, workgroups: [1, 1, 1] }, (g) =>
  g.param('y', 'f32', [1]).set([0], 1),
)
const [y] = kernel.params
const nothing = definition('none', [], [], [])

/** Methods of the handles that an author gets. */
const authored: Readonly<Record<string, (g: KernelBuilder) => Call>> = {
  param: (g) => [g.param, 'x', 'f32', [4]],
  use: (g) => [g.use, y],
  workgroupBuffer: (g) => [g.workgroupBuffer, 'x', 'f32', [4]],
  privateBuffer: (g) => [g.privateBuffer, 'x', 'f32', [4]],
  size: (g) => [g.size, 4],
  constant: (g) => [g.constant, 'f32', 1],
  let: (g) => [g.let, 'x', g.thread],
  loop: (g) => [g.loop, 'i', 4, () => undefined, { unroll: true }],
  forTask: (g) => [g.forTask, spatial(4), g.thread, () => undefined],
  if: (g) => [g.if, g.thread.lt(1), () => undefined, () => undefined],
  atomic: (g) => [g.atomic, 'add', g.param('x', 'i32', [4]), [0], 1],
  at: (g) => [g.param('x', 'f32', [4]).at, g.thread],
  set: (g) => [g.param('x', 'f32', [4]).set, [g.thread], 1],
  setIfInside: (g) => [g.param('x', 'f32', [4]).setIfInside, [g.thread], 1],
  update: (g) => [g.param('x', 'f32', [4]).update, [g.thread], () => 1],
  add: (g) => [g.thread.add.bind(g.thread), 1],
  cast: (g) => [g.thread.cast.bind(g.thread), 'f32'],
  select: (g) => {
    const isFirst = g.thread.lt(1)
    return [isFirst.select.bind(isFirst), 1, 2]
  },
}

const device = await cpu().open()
const { pipeline } = cpu().emit(runPipeline(kernel, cpu().pipeline(device.target)))
const launched = await device.createPipeline(pipeline)
const buffer = device.createBuffer(16)
const session = await createSession({ ...compile(graph, { backend: cpu(), device }), device })
const g = graphBuilder('g')
const t = buildGraph('t')
const tensor = t.input('x', { dtype: 'f32', shape: [1] })

const calls: Readonly<Record<string, Call>> = {
  spatial: [spatial, [4], { order: [0] }],
  repeat: [repeat, [4], { unroll: true }],
  compose: [compose, spatial(4), repeat(2)],
  autoMap: [autoMap, [8], 4, { vector: 2 }],
  draw: [draw, spatial(4)],
  taskShape: [taskShape, spatial(4)],
  workers: [workers, spatial(4)],
  size: [size, 'N', { min: 1 }],
  evaluateSize: [evaluateSize, size('N'), { N: 1 }],
  formatSize: [formatSize, size('N')],
  evaluatePlanSize: [evaluatePlanSize, size('N'), new Map([['N', 1]])],
  buildKernel: [buildKernel, { name: 'k', threads: 1, workgroups: [1, 1, 1] }, () => undefined],
  printKernel: [printKernel, kernel],
  assertValid: [assertValid, kernel, {}],
  graphBuilder: [graphBuilder, 'g'],
  'graphBuilder.input': [g.input, 'x', 'f32', [1]],
  'graphBuilder.initializer': [g.initializer, 'w', f32],
  'graphBuilder.node': [g.node, 'Relu', ['x'], {}],
  'graphBuilder.output': [g.output, 'x', 'f32', [1]],
  modelOf: [modelOf, g.build(), { opset: 17 }],
  ...Object.fromEntries(Object.entries(attribute).map(([kind, make]) => [`attribute.${kind}`, [make, []]])),
  encodeModel: [encodeModel, relu],
  decodeModel: [decodeModel, encodeModel(relu)],
  encodeTensor: [encodeTensor, tensorOf('w', f32)],
  decodeTensor: [decodeTensor, encodeTensor(tensorOf('w', f32))],
  tensorOf: [tensorOf, 'w', f32],
  tensorData: [tensorData, tensorOf('w', f32)],
  fixSizes: [fixSizes, relu, {}],
  hostInputs: [hostInputs, relu],
  importModel: [importModel, encodeModel(relu), {}],
  importGraph: [importGraph, relu, {}],
  buildGraph: [buildGraph, 'g'],
  'buildGraph.input': [t.input, 'x', { dtype: 'f32', shape: [1] }],
  'buildGraph.constant': [t.constant, 'w', host],
  'buildGraph.apply': [t.apply, reluOp(tensor), [tensor], {}],
  'buildGraph.finish': [t.finish, [{ name: 'x', tensor }]],
  compile: [compile, graph, { backend: cpu() }],
  createSession: [createSession, { ...compile(graph, { backend: cpu(), device }), device }],
  run: [session.run, { x: host }, {}],
  runKernel: [runKernel, kernel, { buffers: new Map([[y, new Float32Array(1)]]) }],
  runKernelAllWays: [runKernelAllWays, kernel, { buffers: new Map([[y, new Float32Array(1)]]) }],
  evaluateDefinition: [evaluateDefinition, nothing, new Map(), {}],
  runPipeline: [runPipeline, kernel, [], {}],
  runConformance: [runConformance, { backend: cpu(), device }, { only: () => false }],
  defineBackend: [defineBackend, cpu()],
  wgslPipeline: [wgslPipeline, wgslTarget],
  cudaPipeline: [cudaPipeline, wgslTarget],
  emitWgsl: [emitWgsl, runPipeline(kernel, wgslPipeline(wgslTarget))],
  emitCuda: [emitCuda, runPipeline(kernel, cudaPipeline(wgslTarget))],
  'cpu.emit': [cpu().emit, runPipeline(kernel, cpu().pipeline(device.target))],
  wholeBuffer: [wholeBuffer, buffer],
  'device.createBuffer': [device.createBuffer, 16],
  'device.write': [device.write, buffer, new Uint8Array(4), 0],
  'device.read': [device.read, buffer, 4],
  'device.createPipeline': [device.createPipeline, pipeline],
  dispatch: [device.begin().dispatch, launched, [wholeBuffer(buffer)], new Uint32Array(), [1, 1, 1]],
  makeDevice: [makeDevice, undefined, {}],
  openNode: [openNode, null],
  openCuda: [openCuda, null],
  openEmulated: [openEmulated, null],
}

/** The call with each argument in turn something else, and with none. */
function* changed([call, ...given]: Call): Generator<Call> {
  for (const position of given.keys()) for (const other of others) yield [call, ...given.with(position, other)]
  yield [call]
}

/** What becomes of a call: the error, if there is one. */
async function errorOf(call: unknown, given: readonly unknown[]): Promise<unknown> {
  if (typeof call !== 'function') throw new TypeError('what is called is no function')
  try {
    await Reflect.apply(call, undefined, given)
    return undefined
  } catch (error) {
    return error
  }
}

/** An argument is taken, or refused in an error with a code that is not that of a bug. */
function expectTyped(error: unknown, given: readonly unknown[]): void {
  if (error === undefined) return
  if (!(error instanceof Error && 'code' in error)) throw new Error(`given ${JSON.stringify(given)}`, { cause: error })
  expect(error.code).toMatch(/^(?!internal)[a-z]+\/[a-z-]+$/)
}

describe('arguments of another type are refused in typed errors', () => {
  test.each(Object.entries(calls).filter(([name]) => !name.startsWith('open')))('%s', async (_, call) => {
    for (const [other, ...given] of changed(call)) expectTyped(await errorOf(other, given), given)
  })

  test.each(Object.entries(authored))('%s of an author', async (_, callOf) => {
    const made: (readonly [unknown, Promise<unknown>])[] = []
    const errors = (author: KernelBuilder): void => {
      // Calls are made while the author may record.
      for (const [call, ...given] of changed(callOf(author))) made.push([given, errorOf(call, given)])
    }
    // What remains of the kernel need not be one.
    await errorOf(buildKernel, [{ name: 'k', threads: 4, workgroups: [1, 1, 1] }, errors])
    for (const [given, error] of made) expectTyped(await error, [given])
  })
})

test.each<readonly [of: string, position: number]>([
  ['spatial', 1],
  ['repeat', 1],
  ['autoMap', 2],
  ['size', 1],
  ['buildKernel', 0],
  ['assertValid', 1],
  ['graphBuilder.initializer', 1],
  ['graphBuilder.node', 2],
  ['modelOf', 1],
  ['importModel', 1],
  ['importGraph', 1],
  ['buildGraph.apply', 2],
  ['compile', 1],
  ['createSession', 0],
  ['run', 1],
  ['runKernel', 1],
  ['runKernelAllWays', 1],
  ['runPipeline', 2],
  ['runConformance', 1],
  ['openNode', 0],
  ['openCuda', 0],
  ['openEmulated', 0],
])('%s refuses an option that it does not know', async (of, position) => {
  const [call, ...given] = calls[of] ?? []
  const misspelt = { ...Object(given[position]), misspelt: 1 }
  const error = await errorOf(call, given.with(position, misspelt))
  expect(error).toMatchObject({
    code: expect.stringMatching(/option|argument/),
    message: expect.stringContaining('misspelt'),
  })
})

test.each(Object.entries({ cpu, wgsl, cuda }))('%s takes no options', async (name, make) => {
  expect(await errorOf(make, [{ threads: 4 }])).toMatchObject({
    code: 'backend/option',
    message: `${name} takes no options`,
    help: `write ${name}()`,
  })
})

test.each<[what: string, emit: () => unknown, message: string]>([
  ['nothing', () => undefined, 'of backend "cpu", what emit returns is a printed kernel, not undefined'],
  ['an empty object', () => ({}), 'of backend "cpu", pipeline of what emit returns is an object, not undefined'],
  ['a promise', async () => ({}), 'of backend "cpu", what emit returns is a printed kernel, not a Promise'],
  [
    'no array',
    () => ({ pipeline: { source: '' } }),
    'of backend "cpu", buffers of what emit returns is an array, not undefined',
  ],
])('a printer that returns %s is told so', async (_, emit, message) => {
  const backend = Object.assign({ ...cpu() }, { emit })
  expect(await errorOf(compile, [graph, { backend }])).toMatchObject({ code: 'backend/emit', message })
})

test('openNode({ software }) is a flag', async () => {
  expect(await errorOf(openNode, [{ software: 'yes' }])).toMatchObject({
    code: 'device/option',
    message: 'software is true or false, not the text "yes"',
  })
})
