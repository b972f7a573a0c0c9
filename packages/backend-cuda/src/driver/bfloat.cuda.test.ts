// A model of bfloat16, from its file to numbers on a CUDA device: matrix units multiply it, and what it gives is rounded once.
import { elementFor, elementValue } from '@tilewright/backend'
import { compile } from '@tilewright/compiler'
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
