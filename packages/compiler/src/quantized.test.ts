// What quantised networks become: what dequantises is computed as it is read, what quantises as results are written.
import { cpu } from '@tilewright/backend-cpu'
import {
  addOp,
  buildGraph,
  convOp,
  dequantizeLinearOp,
  type Graph,
  matmulIntegerOp,
  matmulOp,
  qLinearConvOp,
  qLinearMatmulOp,
  quantizeLinearOp,
  reluOp,
  type Tensor,
} from '@tilewright/graph'
import { definition } from '@tilewright/ir'
import { createSession } from '@tilewright/runtime'
import { evaluateDefinition } from '@tilewright/simulator'
import { expect, test } from 'vitest'
import { compile } from './compile.js'
import { programOf } from './program.js'

const perTensor = { axis: 1, blockSize: 0 }
const window = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], autoPad: 'NOTSET', group: 1 } as const

/** A graph of quantised inputs `x` and `w`, and of a bias, and how to get their numbers. */
function graphOf(
  shapes: { readonly x: readonly number[]; readonly w: readonly number[]; readonly bias: readonly number[] },
  biasType: 'f32' | 'i32',
  body: (g: ReturnType<typeof authoring>, x: Tensor, w: Tensor, bias: Tensor) => Tensor,
): Graph {
  const g = authoring()
  const [x, w] = [g.input('x', { dtype: 'u8', shape: shapes.x }), g.input('w', { dtype: 'u8', shape: shapes.w })]
  const bias = g.input('bias', { dtype: biasType, shape: shapes.bias })
  return g.finish([{ name: 'y', tensor: body(g, x, w, bias) }])
}

function authoring() {
  const g = buildGraph('quantised')
  return {
    ...g,
    numbersOf: (x: Tensor, scale: number, zeroPoint: number) =>
      g.apply1(dequantizeLinearOp(x, scale, zeroPoint, { ...perTensor, dtype: 'f32' }), [x]),
    quantised: (x: Tensor, scale: number, zeroPoint: number) =>
      g.apply1(quantizeLinearOp(x, scale, zeroPoint, { ...perTensor, dtype: 'u8' }), [x]),
  }
}

const products = { x: [5, 7], w: [7, 6], bias: [6] }
const convolutions = { x: [1, 3, 6, 5], w: [4, 3, 3, 3], bias: [4] }
const factor = (type: Tensor, zeroPoint: number, scale: number) => ({ type, zeroPoint, scale })
const result = { dtype: 'u8', scale: 32, zeroPoint: 99 } as const

const typedArray = (dtype: Tensor['dtype'], numbers: readonly number[]) =>
  dtype === 'u8' ? Uint8Array.from(numbers) : dtype === 'f32' ? Float32Array.from(numbers) : Int32Array.from(numbers)

test.each<[string, string, Graph]>([
  [
    'DequantizeLinear, MatMul, Add, QuantizeLinear',
    'matmul/register-tiled',
    graphOf(products, 'i32', (g, x, w, bias) => {
      const factors = [g.numbersOf(x, 0.5, 100), g.numbersOf(w, 0.25, 128)] as const
      const product = g.apply1(matmulOp(...factors), factors)
      const offset = g.numbersOf(bias, 0.125, 0)
      return g.quantised(g.apply1(addOp(product, offset), [product, offset]), 8, 130)
    }),
  ],
  [
    'DequantizeLinear, Conv with bias, Relu, QuantizeLinear',
    'conv/direct',
    graphOf(convolutions, 'f32', (g, x, w, bias) => {
      const operands = [g.numbersOf(x, 0.5, 100), g.numbersOf(w, 0.25, 128), bias] as const
      const conv = g.apply1(convOp(...operands, window), operands)
      return g.quantised(g.apply1(reluOp(conv), [conv]), 8, 3)
    }),
  ],
  [
    'MatMulInteger',
    'matmul/register-tiled',
    graphOf(products, 'i32', (g, x, w) => {
      const operation = matmulIntegerOp({ type: x, zeroPoint: 100 }, { type: w, zeroPoint: 128 })
      return g.apply1(operation, [x, w])
    }),
  ],
  [
    'QLinearMatMul',
    'matmul/register-tiled',
    graphOf(products, 'i32', (g, x, w) =>
      g.apply1(qLinearMatmulOp(factor(x, 100, 0.5), factor(w, 128, 0.25), result), [x, w]),
    ),
  ],
  [
    'QLinearConv',
    'conv/direct',
    graphOf(convolutions, 'i32', (g, x, w, bias) =>
      g.apply1(qLinearConvOp(factor(x, 100, 0.5), factor(w, 128, 0.25), bias, result, window), [x, w, bias]),
    ),
  ],
])('%s: one kernel, %s', async (_, template, graph) => {
  const backend = cpu()
  const { groups, ...compiled } = compile(graph, { backend })
  expect(groups.map(({ variants }) => variants.at(-1)?.template)).toEqual([template])

  const { inputs, outputs, equations } = programOf(graph)
  const given = inputs.map(({ tensor, buffer }) => {
    const elements = Array.from({ length: tensor.shape.reduce<number>((n, extent) => n * Number(extent), 1) })
    const bytes = elements.map((_element, i) => (i * i * 37 + i * 11) % 251)
    return { tensor, buffer, data: typedArray(tensor.dtype, bytes) }
  })
  const truth = evaluateDefinition(
    definition(
      'quantised',
      inputs.map(({ buffer }) => buffer),
      [],
      equations,
    ),
    new Map(given.map(({ buffer, data }) => [buffer, data])),
  )
  const session = await createSession({ ...compiled, device: await backend.open() })
  const run = await session.run(
    Object.fromEntries(
      given.map(({ tensor, data }) => [tensor.name, { dtype: tensor.dtype, shape: tensor.shape.map(Number), data }]),
    ),
  )
  const wanted = truth.get(outputs[0]!.buffer)!
  expect(new Set(wanted).size).toBeGreaterThan(10)
  expect(run.outputs.y?.data).toEqual(wanted)
})
