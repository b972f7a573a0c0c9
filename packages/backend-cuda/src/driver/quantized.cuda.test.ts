// Products of quantised tensors on a CUDA device, where matrix units multiply their bytes: the bits of the definition.
import { type ElementArray, evaluate } from '@tilewright/backend-cpu/evaluate'
import { compile, programOf } from '@tilewright/compiler'
import {
  buildGraph,
  convIntegerOp,
  dequantizeLinearOp,
  dynamicQuantizeLinearOp,
  type Graph,
  type GraphBuilder,
  matmulIntegerOp,
  matmulOp,
  qLinearConvOp,
  qLinearMatmulOp,
  type Tensor,
  type TensorType,
} from '@tilewright/graph'
import { type Buffer, size } from '@tilewright/ir'
import { createSession } from '@tilewright/runtime'
import { openTestedCuda } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { cuda } from '../index.js'

const rows = size('rows')
const sizes = { rows: 37 }
const window = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], autoPad: 'NOTSET', group: 1 } as const
const result = { dtype: 'u8', scale: 64, zeroPoint: 99 } as const

function numbers({ dtype, shape }: Pick<Buffer, 'shape'> & { readonly dtype: string }): ElementArray {
  const count = shape.reduce<number>((all, extent) => all * (typeof extent === 'number' ? extent : sizes.rows), 1)
  const values = Array.from({ length: count }, (_, i) => (i * i * 37 + i * 11 + count) % 251)
  if (dtype === 'u8') return Uint8Array.from(values)
  if (dtype === 'i8') return Int8Array.from(values)
  return dtype === 'i32' ? Int32Array.from(values) : Float32Array.from(values, (value) => value / 8 - 15)
}

type Give = (name: string, type: TensorType) => Tensor

/** Graphs of one result, and the templates of what is prepared and of what each run computes. */
interface Case {
  readonly of: string
  readonly prepared: readonly string[]
  readonly run: readonly string[]
  readonly result: (g: GraphBuilder, input: Give, constant: Give) => Tensor
}

const units = 'matmul/matrix-units'
const cases: readonly Case[] = [
  {
    of: 'MatMulInteger without zero points',
    ...{ prepared: [], run: [units] },
    result: (g, input) => {
      const [a, b] = [input('a', { dtype: 'i8', shape: [2, rows, 72] }), input('b', { dtype: 'u8', shape: [72, 40] })]
      return g.apply1(matmulIntegerOp({ type: a, zeroPoint: undefined }, { type: b, zeroPoint: 0 }), [a, b])
    },
  },
  {
    of: 'MatMulInteger with a zero point for each row and column',
    ...{ prepared: [], run: [units, 'reduce/cooperative', 'reduce/cooperative'] },
    result: (g, input) => {
      const [a, b] = [input('a', { dtype: 'u8', shape: [48, 70] }), input('b', { dtype: 'i8', shape: [70, 33] })]
      const zeroPoints = [input('za', { dtype: 'u8', shape: [48] }), input('zb', { dtype: 'i8', shape: [33] })] as const
      const [za, zb] = zeroPoints
      return g.apply1(matmulIntegerOp({ type: a, zeroPoint: za }, { type: b, zeroPoint: zb }), [a, b, za, zb])
    },
  },
  {
    of: 'DynamicQuantizeLinear and MatMulInteger by constant weights',
    ...{ prepared: ['reduce/cooperative'], run: ['elementwise', units, 'reduce/cooperative', 'reduce/cooperative'] },
    result: (g, input, constant) => {
      const [x, w] = [input('x', { dtype: 'f32', shape: [rows, 64] }), constant('w', { dtype: 'i8', shape: [64, 48] })]
      const [a, , zero] = g.apply(dynamicQuantizeLinearOp(x), [x])
      return g.apply1(matmulIntegerOp({ type: a!, zeroPoint: zero! }, { type: w, zeroPoint: 0 }), [a!, w, zero!])
    },
  },
  {
    of: 'QLinearMatMul',
    ...{ prepared: ['reduce/cooperative'], run: [units, 'reduce/cooperative'] },
    result: (g, input, constant) => {
      const [a, b] = [input('a', { dtype: 'u8', shape: [rows, 80] }), constant('b', { dtype: 'u8', shape: [80, 56] })]
      const [left, right] = [
        { type: a, scale: 0.5, zeroPoint: 100 },
        { type: b, scale: 0.25, zeroPoint: 128 },
      ] as const
      return g.apply1(qLinearMatmulOp(left, right, result), [a, b])
    },
  },
  {
    of: 'QLinearConv whose padding is a zero point',
    ...{ prepared: ['reduce/cooperative'], run: [units] },
    result: (g, input, constant) => {
      const x = input('x', { dtype: 'u8', shape: [2, 32, 7, 6] })
      const w = constant('w', { dtype: 'i8', shape: [24, 32, 3, 3] })
      const bias = constant('bias', { dtype: 'i32', shape: [24] })
      const [left, right] = [
        { type: x, scale: 0.5, zeroPoint: 100 },
        { type: w, scale: 0.25, zeroPoint: 0 },
      ] as const
      return g.apply1(qLinearConvOp(left, right, bias, result, window), [x, w, bias])
    },
  },
  {
    of: 'ConvInteger with zero points of both',
    ...{ prepared: [], run: [units, 'reduce/cooperative', 'reduce/cooperative'] },
    result: (g, input) => {
      const x = input('x', { dtype: 'u8', shape: [1, 40, 9, 5] })
      const w = input('w', { dtype: 'u8', shape: [17, 40, 3, 3] })
      const zero = input('zero', { dtype: 'u8', shape: [] })
      return g.apply1(convIntegerOp({ type: x, zeroPoint: zero }, { type: w, zeroPoint: 7 }, window), [x, w, zero])
    },
  },
  {
    of: 'numbers that were quantised, whose product is rounded as f32 is',
    ...{ prepared: [], run: ['matmul/workgroup-tiled'] },
    result: (g, input) => {
      const [a, b] = [input('a', { dtype: 'u8', shape: [64, 64] }), input('b', { dtype: 'u8', shape: [64, 64] })]
      const number = { axis: 1, blockSize: 0, dtype: 'f32' } as const
      const factors = [a, b].map((one) => g.apply1(dequantizeLinearOp(one, 0.5, 100, number), [one]))
      return g.apply1(matmulOp(factors[0]!, factors[1]!), factors)
    },
  },
]

function graphOf({ result: make }: Case): Graph {
  const g = buildGraph('quantised')
  const constant: Give = (name, { dtype, shape }) =>
    g.constant(name, { dtype, shape: shape.map(Number), data: numbers({ dtype, shape }) })
  return g.finish([{ name: 'y', tensor: make(g, (name, type) => g.input(name, type), constant) }])
}

test.each(cases)('$of', async ({ prepared, run, ...one }) => {
  const graph = graphOf({ prepared, run, ...one })
  const program = programOf(graph)
  const device = await openTestedCuda()
  const compiled = compile(graph, { backend: cuda(), device })
  const templates = (groups: typeof compiled.groups) => groups.map(({ variants }) => variants.at(-1)?.template).sort()
  expect([templates(compiled.prepared), templates(compiled.groups)]).toEqual([prepared, run])
  expect(compiled.unused).toEqual([])

  const given = program.inputs.map(({ tensor, buffer }) => ({ tensor, buffer, data: numbers(tensor) }))
  const contents = new Map<Buffer, ElementArray>(given.map(({ buffer, data }) => [buffer, data]))
  for (const buffer of program.constants.keys()) contents.set(buffer, numbers(buffer))
  const expected = evaluate(program, contents, sizes).get(program.outputs[0]!.buffer)
  const session = await createSession({ ...compiled, device })
  const { outputs } = await session.run(
    Object.fromEntries(
      given.map(({ tensor: { name, dtype, shape }, data }) => [
        name,
        { dtype, shape: shape.map((extent) => (typeof extent === 'number' ? extent : sizes.rows)), data },
      ]),
    ),
  )
  expect(new Set(expected).size).toBeGreaterThan(10)
  expect(outputs.y?.data).toEqual(expected)
  session.dispose()
  device.dispose()
})
