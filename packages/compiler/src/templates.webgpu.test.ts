// The templates on SwiftShader, as models use them: by the facts of the device, and as if its workgroup memory were fast.
import type { Device } from '@tilewright/backend'
import { evaluate } from '@tilewright/backend-cpu/evaluate'
import { wgsl } from '@tilewright/backend-wgsl'
import { openNode } from '@tilewright/backend-wgsl/node'
import {
  addOp,
  attentionOp,
  buildGraph,
  type Graph,
  greaterOp,
  type Operation,
  type TensorType,
  topKOp,
  transposeOp,
  whereOp,
} from '@tilewright/graph'
import {
  add,
  type Buffer,
  binary,
  buffer,
  compute,
  constant,
  div,
  type Expr,
  int,
  load,
  mul,
  type Reduce,
  reduce,
  type SizeExpr,
  size,
  sub,
  unary,
} from '@tilewright/ir'
import { createSession } from '@tilewright/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile } from './compile.js'
import { programOf } from './program.js'

let device: Device
beforeAll(async () => {
  device = await openNode({ software: true })
})
afterAll(() => device.dispose())

const f32 = (value: number): Expr => constant('f32', value)

function foldOver(op: 'max' | 'add', output: Buffer, from: Buffer, dimension: number): Reduce {
  return reduce({
    outputs: [output],
    domain: [{ hint: 'k', extent: from.shape[dimension] ?? 1 }],
    identity: [f32(op === 'max' ? Number.NEGATIVE_INFINITY : 0)],
    value: (axes, [k]) => [load(from, axes.with(dimension, k!))],
    combine: ([left], [right]) => [binary(op, left!, right!)],
    commutative: true,
  })
}

function softmax({ dtype, shape }: TensorType, dimension: number): Operation {
  return {
    name: 'Softmax',
    outputs: [{ dtype, shape }],
    define: ([x], [y]) => {
      const rows = shape.with(dimension, 1)
      const [peak, total] = [buffer('peak', 'f32', rows, 'storage'), buffer('total', 'f32', rows, 'storage')]
      const power = buffer('power', 'f32', shape, 'storage')
      const row = (of: Buffer, axes: readonly Expr[]): Expr => load(of, axes.with(dimension, int(0)))
      return [
        foldOver('max', peak, x!, dimension),
        compute(power, (...axes) => unary('exp', sub(load(x!, axes), row(peak, axes)))),
        foldOver('add', total, power, dimension),
        compute(y!, (...axes) => div(load(power, axes), row(total, axes))),
      ]
    },
  }
}

/** y = tanh(x) · x + xᵀ, for square x. */
const mixed = ({ dtype, shape }: TensorType): Operation => ({
  name: 'Mixed',
  outputs: [{ dtype, shape }],
  define: ([x], [y]) => [
    compute(y!, (i, j) => add(mul(unary('tanh', load(x!, [i!, j!])), load(x!, [i!, j!])), load(x!, [j!, i!]))),
  ],
})

const concrete = (shape: readonly SizeExpr[], sizes: Readonly<Record<string, number>>): readonly number[] =>
  shape.map((extent) => (typeof extent === 'number' ? extent : extent.kind === 'size' ? (sizes[extent.name] ?? 0) : 0))

/** Runs on the device, and by definition. */
async function expectByDefinition(
  graph: Graph,
  sizes: Readonly<Record<string, number>>,
  on: Device,
): Promise<string[]> {
  const model = compile(graph, { backend: wgsl(), device: on })
  const session = await createSession({ ...model, device: on })
  const program = programOf(graph)
  const data = program.inputs.map(({ tensor, buffer }) => {
    const shape = concrete(tensor.shape, sizes)
    const length = shape.reduce((product, extent) => product * extent, 1)
    const values = Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(i * 1.7) * 3))
    return { buffer, values, name: tensor.name, shape }
  })
  const { outputs } = await session.run(
    Object.fromEntries(data.map(({ name, shape, values }) => [name, { dtype: 'f32' as const, shape, data: values }])),
  )
  session.dispose()
  const truth = evaluate(program, new Map(data.map(({ buffer, values }) => [buffer, values])), sizes)
  for (const { name, buffer } of program.outputs) {
    const expected = truth.get(buffer)!
    const actual = outputs[name]!.data
    expect(actual.length).toBe(expected.length)
    const worst = Array.from(expected).reduce(
      (most, value, i) => Math.max(most, Math.abs(value - Number(actual[i]))),
      0,
    )
    expect(worst).toBeLessThan(1e-5)
  }
  return model.groups.flatMap(({ variants }) => variants.map(({ template }) => template))
}

function graphOf(shape: readonly SizeExpr[], operation: (type: TensorType) => Operation): Graph {
  const g = buildGraph('one')
  const x = g.input('x', { dtype: 'f32', shape })
  return g.finish([{ name: 'y', tensor: g.apply1(operation(x), [x]) }])
}

const n = size('n')
const fast = (): Device => ({ ...device, target: { ...device.target, fastWorkgroupMemory: true } })

test.each([
  { shape: [7, 13], dimension: 1 },
  { shape: [3, 1024], dimension: 1 },
  { shape: [2, 5, 8, 8], dimension: 1 },
  { shape: [2, 37, 3], dimension: 1 },
  { shape: [3, 2500], dimension: 1 },
  { shape: [n, n], dimension: 1, sizes: { n: 0 } },
  { shape: [n, n], dimension: 1, sizes: { n: 37 } },
  { shape: [n, n], dimension: 0, sizes: { n: 64 } },
])('softmax of $shape over $dimension', async ({ shape, dimension, sizes = {} }) => {
  const graph = graphOf(shape, (type) => softmax(type, dimension))
  for (const schedule of await expectByDefinition(graph, sizes, device)) expect(schedule).toBe('rows/in-thread')
  for (const schedule of await expectByDefinition(graph, sizes, fast())) expect(schedule).toMatch(/^rows\//)
})

test('long rows are shared where workgroup memory is fast', async () => {
  const graph = graphOf([3, 1024], (type) => softmax(type, 1))
  expect(await expectByDefinition(graph, {}, fast())).toEqual(['rows/cooperative'])
})

test('a row of nothing but -infinity is no number, as the definition says', async () => {
  const [shape, long] = [[3, 64], 64]
  const graph = graphOf(shape, (type) => softmax(type, 1))
  const data = Float32Array.from({ length: 3 * long }, (_, i) => (i < long ? Number.NEGATIVE_INFINITY : i % 7))
  data[2 * long] = Number.NEGATIVE_INFINITY
  for (const on of [device, fast()]) {
    const session = await createSession({ ...compile(graph, { backend: wgsl(), device: on }), device: on })
    const { outputs } = await session.run({ x: { dtype: 'f32', shape, data } })
    session.dispose()
    const finite = Array.from(outputs.y!.data, Number.isFinite)
    expect(finite).toEqual([false, true, true].flatMap((is) => Array.from({ length: long }, () => is)))
  }
})

test.each([
  { shape: [17, 17] },
  { shape: [64, 64] },
  { shape: [512, 512] },
  { shape: [n, n], sizes: { n: 19 } },
  { shape: [n, n], sizes: { n: 20 } },
])('elementwise over $shape', async ({ shape, sizes = {} }) => {
  for (const schedule of await expectByDefinition(graphOf(shape, mixed), sizes, device)) {
    expect(schedule).toBe('elementwise')
  }
  expect(await expectByDefinition(graphOf(shape, mixed), sizes, fast())).toEqual(['transpose/tiled'])
})

test.each([
  { shape: [61, 67], perm: [1, 0] },
  { shape: [3, 32, 64], perm: [0, 2, 1] },
  { shape: [17, 3, 19], perm: [2, 1, 0] },
  { shape: [2, n, 3, 33], perm: [0, 2, 3, 1], sizes: { n: 35 } },
  { shape: [2, n, 3, 33], perm: [0, 2, 3, 1], sizes: { n: 1 } },
])('transpose of $shape to $perm', async ({ shape, perm, sizes = {} }) => {
  const graph = graphOf(shape, (type) => transposeOp(type, { perm }))
  for (const schedule of await expectByDefinition(graph, sizes, device)) expect(schedule).toBe('elementwise')
  expect(await expectByDefinition(graph, sizes, fast())).toEqual(['transpose/tiled'])
})

test.each([
  { queries: 33, keys: n, size: 13, valueSize: 16, causal: true, sizes: { n: 33 } },
  { queries: 2, keys: 300, size: 20, valueSize: 24, causal: false, template: 'shared-keys' },
])(
  'attention of $queries queries',
  async ({ queries, keys, size, valueSize, causal, sizes = {}, template = 'tiled' }) => {
    const g = buildGraph('attended')
    const input = (name: string, ...shape: readonly SizeExpr[]) => g.input(name, { dtype: 'f32', shape })
    const [query, key] = [input('query', 2, 4, queries, size), input('key', 2, 2, keys, size)]
    const value = input('value', 2, 2, keys, valueSize)
    const attributes = { queryHeads: undefined, keyHeads: undefined, scale: undefined, scores: 'products' } as const
    const rest = { outputs: 1, left: -1, right: -1, causal, softcap: 0 }
    const y = g.apply1(attentionOp({ query, key, value, mask: undefined }, { ...attributes, ...rest }), [
      query,
      key,
      value,
    ])
    const graph = g.finish([{ name: 'y', tensor: y }])
    expect(await expectByDefinition(graph, sizes, fast())).toEqual([`attention/${template}`])
    expect(await expectByDefinition(graph, sizes, device)).not.toContain(`attention/${template}`)
  },
)

test('a tile of booleans', async () => {
  const g = buildGraph('mask')
  const x = g.input('x', { dtype: 'f32', shape: [33, 35] })
  const y = g.input('y', { dtype: 'f32', shape: [35, 33] })
  const turned = g.apply1(transposeOp(y, { perm: [1, 0] }), [y])
  const isGreater = g.apply1(greaterOp(turned, x), [turned, x])
  const across = g.apply1(transposeOp(isGreater, { perm: [1, 0] }), [isGreater])
  const chosen = g.apply1(whereOp(across, y, y), [across, y, g.apply1(addOp(y, y), [y, y])])
  const graph = g.finish([{ name: 'chosen', tensor: chosen }])
  expect(await expectByDefinition(graph, {}, fast())).toEqual(['transpose/tiled'])
})

const sum = ({ dtype, shape }: TensorType, dimension: number): Operation => ({
  name: 'Sum',
  outputs: [{ dtype, shape: shape.toSpliced(dimension, 1) }],
  define: ([x], [y]) => [
    reduce({
      outputs: [y!],
      domain: [{ hint: 'k', extent: shape[dimension] ?? 1 }],
      identity: [f32(0)],
      value: (axes, [k]) => [div(load(x!, axes.toSpliced(dimension, 0, k!)), f32(64))],
      combine: ([left], [right]) => [add(left!, right!)],
      commutative: true,
    }),
  ],
})

test.each([
  { shape: [7, 13], dimension: 1, shared: false },
  { shape: [5, 1024], dimension: 1, shared: true },
  { shape: [100, 64], dimension: 0, shared: true },
  { shape: [n, n], dimension: 1, shared: true, sizes: { n: 0 } },
  { shape: [n, n], dimension: 1, shared: true, sizes: { n: 68 } },
])('sum of $shape over $dimension', async ({ shape, dimension, shared, sizes = {} }) => {
  const graph = graphOf(shape, (type) => sum(type, dimension))
  for (const schedule of await expectByDefinition(graph, sizes, device)) expect(schedule).toBe('reduce/in-thread')
  const wanted = shared ? 'reduce/cooperative' : 'reduce/in-thread'
  for (const schedule of await expectByDefinition(graph, sizes, fast())) expect(schedule).toBe(wanted)
})

test('a sort takes NaN for the largest and writes every place', async () => {
  const g = buildGraph('sorted')
  const x = g.input('x', { dtype: 'f32', shape: [7] })
  const [values, positions] = g.apply(topKOp(x, { k: 7, axis: 0, largest: true }), [x])
  const graph = g.finish([
    { name: 'values', tensor: values! },
    { name: 'positions', tensor: positions! },
  ])
  const session = await createSession({ ...compile(graph, { backend: wgsl(), device }), device })
  const { NaN: none, POSITIVE_INFINITY: most, NEGATIVE_INFINITY: least } = Number
  const data = Float32Array.of(none, most, -0, none, least, 0, -5)
  const { outputs } = await session.run({ x: { dtype: 'f32', shape: [7], data } })
  expect(Array.from(outputs.positions!.data, Number)).toEqual([0, 3, 1, 2, 5, 6, 4])
  // Whichever zero it is.
  expect(Array.from(outputs.values!.data as Float32Array, (value) => value + 0)).toEqual([
    none,
    none,
    most,
    0,
    0,
    -5,
    least,
  ])
})
