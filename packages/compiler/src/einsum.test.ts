// What Einsum in f32 becomes: products of matrices where two operands share what is summed, other reductions, or neither.
import { cpu } from '@tilewright/backend-cpu'
import { buildGraph, einsumOp } from '@tilewright/graph'
import { definition, elementCount, evaluateSize, type SizeExpr, size } from '@tilewright/ir'
import { createSession } from '@tilewright/runtime'
import { evaluateDefinition } from '@tilewright/simulator'
import { expect, test } from 'vitest'
import { compile } from './compile.js'
import { programOf } from './program.js'

const n = size('n')

test.each<readonly [string, string, readonly (readonly SizeExpr[])[]]>([
  [
    'ij,jk->ik',
    'matmul',
    [
      [9, n],
      [n, 11],
    ],
  ],
  [
    'bij,bkj->bik',
    'matmul',
    [
      [2, n, 5],
      [2, 7, 5],
    ],
  ],
  [
    '...ij,jk',
    'matmul',
    [
      [2, 1, n, 5],
      [5, 6],
    ],
  ],
  [
    '...j,...kj->k...',
    'matmul',
    [
      [n, 1, 5],
      [3, 4, 5],
    ],
  ],
  ['ii', 'reduce', [[n, n]]],
  ['bii->bi', 'elementwise', [[3, n, n]]],
  ['ijk->kj', 'reduce', [[6, n, 3]]],
  ['i,jk->kij', 'elementwise', [[n], [3, 4]]],
  [
    'ij,jk,kl->li',
    'matmul, matmul',
    [
      [4, n],
      [n, 6],
      [6, 3],
    ],
  ],
  [
    'aij,aj,ik->ak',
    'matmul, matmul',
    [
      [3, n, 5],
      [3, 5],
      [n, 4],
    ],
  ],
])('%s: %s', async (equation, templates, shapes) => {
  const g = buildGraph('labels')
  const operands = shapes.map((shape, i) => g.input(`x${i}`, { dtype: 'f32', shape }))
  const graph = g.finish([{ name: 'y', tensor: g.apply1(einsumOp(operands, { equation }), operands) }])
  const backend = cpu()
  const compiled = compile(graph, { backend })
  const families = compiled.groups.map(({ variants }) => variants.at(-1)?.template.split('/')[0])
  expect(families.join(', ')).toBe(templates)
  const session = await createSession({ ...compiled, device: await backend.open!() })
  const { inputs, outputs, equations } = programOf(graph)
  const meaning = definition(
    'labels',
    inputs.map(({ buffer }) => buffer),
    [],
    equations,
  )
  for (const value of [0, 1, 7, 18]) {
    const sizes = { n: value }
    const given = inputs.map(({ tensor, buffer }, i) => {
      const length = evaluateSize(elementCount(tensor.shape), sizes)
      const data = Float32Array.from({ length }, (_, at) => ((at * (i + 3)) % 7) - 3)
      return { buffer, name: tensor.name, shape: tensor.shape.map((extent) => evaluateSize(extent, sizes)), data }
    })
    const truth = evaluateDefinition(meaning, new Map(given.map(({ buffer, data }) => [buffer, data])), sizes)
    const run = await session.run(
      Object.fromEntries(given.map(({ name, shape, data }) => [name, { dtype: 'f32', shape, data }])),
    )
    expect(run.outputs.y?.data).toEqual(truth.get(outputs[0]!.buffer))
  }
})
