// Products of f32 on a CUDA device that may round their factors: they do, and only where that was asked for.
import { evaluate } from '@tilewright/backend-cpu/evaluate'
import { compile, programOf } from '@tilewright/compiler'
import { buildGraph, convOp, type Graph, matmulOp, reluOp, type Tensor } from '@tilewright/graph'
import { createSession } from '@tilewright/runtime'
import { openTestedCuda } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { cuda } from '../index.js'

const count = ({ shape }: Tensor): number => shape.reduce<number>((all, extent) => all * Number(extent), 1)
/** Whole numbers, and what is rounded away. */
const numbers = (tensor: Tensor, rest: number): Float32Array =>
  Float32Array.from({ length: count(tensor) }, (_, i) => (((i * i * 7 + i) % 13) - 6) * (1 + rest))

function product(): Graph {
  const g = buildGraph('product')
  const [a, b] = [g.input('a', { dtype: 'f32', shape: [3, 50, 72] }), g.input('b', { dtype: 'f32', shape: [72, 40] })]
  const left = g.apply1(reluOp(a), [a])
  const sum = g.apply1(matmulOp(left, b), [left, b])
  return g.finish([{ name: 'y', tensor: g.apply1(reluOp(sum), [sum]) }])
}

function convolution(): Graph {
  const g = buildGraph('convolution')
  const [x, w] = [
    g.input('a', { dtype: 'f32', shape: [2, 24, 9, 7] }),
    g.input('b', { dtype: 'f32', shape: [32, 24, 3, 3] }),
  ]
  const window = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], autoPad: 'NOTSET', group: 1 } as const
  return g.finish([{ name: 'y', tensor: g.apply1(convOp(x, w, undefined, window), [x, w]) }])
}

test.each([
  ['product', product()],
  ['convolution', convolution()],
])('a %s', async (_, graph) => {
  const program = programOf(graph)
  const device = await openTestedCuda()
  const result = async (products: 'exact' | 'tf32') => {
    const compiled = compile(graph, { backend: cuda(), device, products })
    const session = await createSession({ ...compiled, device })
    const given = program.inputs.map(({ tensor }) => [
      tensor.name,
      { dtype: 'f32', shape: tensor.shape.map(Number), data: numbers(tensor, 2 ** -12) } as const,
    ])
    const { outputs } = await session.run(Object.fromEntries(given))
    session.dispose()
    return { template: compiled.groups.at(-1)?.variants.at(-1)?.template, data: outputs.y?.data }
  }
  const meaning = (rest: number) =>
    evaluate(program, new Map(program.inputs.map(({ tensor, buffer }) => [buffer, numbers(tensor, rest)])), {}).get(
      program.outputs[0]!.buffer,
    )
  expect(await result('tf32')).toEqual({ template: 'matmul/matrix-units-tf32', data: meaning(0) })
  const exact = await result('exact')
  expect(exact.template).not.toMatch(/matrix-units/)
  const differences = Array.from(meaning(2 ** -12) ?? [], (value, i) => Math.abs(value - Number(exact.data?.[i])))
  expect(Math.max(...differences)).toBeLessThan(1e-3)
  device.dispose()
})
