// A model of bfloat16, from its file to numbers on a CUDA device: matrix units multiply it, and what it gives is rounded once.
import { elementFor, elementValue } from '@tilewright/backend'
import { evaluate } from '@tilewright/backend-cpu/evaluate'
import { compile, programOf } from '@tilewright/compiler'
import { buildGraph, convOp, reluOp } from '@tilewright/graph'
import { attribute, graphBuilder, importGraph, modelOf } from '@tilewright/onnx'
import { createSession } from '@tilewright/runtime'
import { openTestedCuda } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { cuda } from '../index.js'

const [rows, depth, columns] = [37, 72, 40]
/** Sums of their products stay within 8 bits, whose halves bf16 holds. */
const value = (i: number, seed: number): number => (((Math.imul(i * 31 + seed, 0x9e3779b1) >>> 20) % 5) - 2) * 0.5
const bits = (count: number, seed: number): Uint16Array =>
  Uint16Array.from({ length: count }, (_, i) => elementFor('bf16', value(i, seed)))

/** The sums of row i of x · w + b, without what is negative. */
const expected = (i: number, j: number): number => {
  let sum = value(j, 3)
  for (let k = 0; k < depth; k++) sum += value(i * depth + k, 1) * value(k * columns + j, 2)
  return Math.max(0, sum)
}

test('MatMul, Add and Relu of bf16, and a Cast of the result', async () => {
  const g = graphBuilder('bfloat')
  const w = g.initializer('w', { dtype: 'bf16', dims: [depth, columns], data: bits(depth * columns, 2) })
  const b = g.initializer('b', { dtype: 'bf16', dims: [columns], data: bits(columns, 3) })
  const sum = g.node('Add', [g.node('MatMul', [g.input('x', 'bf16', ['rows', depth]), w]), b])
  g.output(g.node('Relu', [sum], { outputs: ['y'] }), 'bf16')
  g.output(g.node('Cast', ['y'], { attributes: { to: attribute.int(1) }, outputs: ['z'] }), 'f32')

  const device = await openTestedCuda()
  const compiled = compile(importGraph(modelOf(g.build(), { opset: 22 })), { backend: cuda(), device })
  expect(compiled.groups.flatMap(({ variants }) => variants.map(({ template }) => template))).toContain(
    'matmul/matrix-units',
  )
  const session = await createSession({ ...compiled, device })
  const x = { dtype: 'bf16', shape: [rows, depth], data: bits(rows * depth, 1) } as const
  const { outputs } = await session.run({ x })
  const all = Array.from({ length: rows * columns }, (_, at) => expected(Math.floor(at / columns), at % columns))
  expect(new Set(all).size).toBeGreaterThan(20)
  expect(outputs.y).toEqual({
    dtype: 'bf16',
    shape: [rows, columns],
    data: Uint16Array.from(all, (of) => elementFor('bf16', of)),
  })
  expect(Array.from(outputs.z?.data ?? [], Number)).toEqual(
    all.map((of) => elementValue('bf16', elementFor('bf16', of))),
  )
  session.dispose()
  device.dispose()
})

test('a convolution of bf16 is a product on matrix units', async () => {
  const g = buildGraph('convolution')
  const x = g.input('x', { dtype: 'bf16', shape: [2, 24, 9, 7] })
  const w = g.input('w', { dtype: 'bf16', shape: [32, 24, 3, 3] })
  const window = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], autoPad: 'NOTSET', group: 1 } as const
  const y = g.apply1(convOp(x, w, undefined, window), [x, w])
  const graph = g.finish([{ name: 'y', tensor: g.apply1(reluOp(y), [y]) }])

  const device = await openTestedCuda()
  const compiled = compile(graph, { backend: cuda(), device })
  expect(compiled.groups.map(({ variants }) => variants.at(-1)?.template)).toEqual(['matmul/matrix-units'])
  const session = await createSession({ ...compiled, device })
  const data = { x: bits(2 * 24 * 9 * 7, 4), w: bits(32 * 24 * 9, 5) }
  const { outputs } = await session.run({
    x: { dtype: 'bf16', shape: [2, 24, 9, 7], data: data.x },
    w: { dtype: 'bf16', shape: [32, 24, 3, 3], data: data.w },
  })
  const program = programOf(graph)
  const values = (of: Uint16Array): Float32Array => Float32Array.from(of, (element) => elementValue('bf16', element))
  const known = new Map(
    program.inputs.map(({ tensor, buffer }) => [buffer, values(tensor.name === 'x' ? data.x : data.w)]),
  )
  const meaning = evaluate(program, known, {}).get(program.outputs[0]!.buffer)
  expect(new Set(meaning).size).toBeGreaterThan(20)
  expect(values(outputs.y?.data as Uint16Array)).toEqual(meaning)
  session.dispose()
  device.dispose()
})
