/** Nodes that no exporter should write, and whose result could only be guessed: each is refused by name. */
import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { attribute, type GraphBuilder, graphBuilder, modelOf, type NodeOptions } from '../../graph-builder.js'
import { importGraph } from '../import-model.js'

type Inputs = (b: GraphBuilder) => readonly string[]
const matrix: Inputs = (b) => [b.input('x', 'f32', [3, 4])]
const ints = (b: GraphBuilder, ...values: readonly number[]): string =>
  b.initializer(`c${values.join()}`, { dtype: 'i64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })

function imported(opType: string, opset: number, inputs: Inputs, options: NodeOptions): unknown {
  const b = graphBuilder('g')
  b.output(b.node(opType, inputs(b), options), 'f32')
  return importGraph(modelOf(b.build(), { opset }))
}

const parts = { outputs: ['y', 'z'] }
const cell: Inputs = (b) => [
  b.input('x', 'f32', [2, 1, 3]),
  b.input('w', 'f32', [1, 4, 3]),
  b.input('r', 'f32', [1, 4, 4]),
]

test.each<readonly [string, number, Inputs, NodeOptions, string]>([
  ['Gelu', 20, matrix, { attributes: { approximate: attribute.string('Tanh') } }, 'approximate of Gelu is "Tanh"'],
  ['Split', 13, matrix, parts, 'Split has 2 outputs of a dimension of 3, which does not divide, and no sizes'],
  ['Split', 18, matrix, parts, 'Split has neither of the input split and num_outputs'],
  [
    'Split',
    18,
    (b) => [...matrix(b), ints(b, 1, 2)],
    { ...parts, attributes: { num_outputs: attribute.int(2) } },
    'Split has both of the input split and num_outputs',
  ],
  ['RNN', 14, cell, { attributes: { hidden_size: attribute.int(7) } }, 'hidden_size of RNN is 7, its weights say 4'],
  ['Gather', 13, (b) => [...matrix(b), ints(b, 0, 3)], {}, 'index 3 of Gather is not in a dimension of 3'],
  [
    'Gather',
    13,
    (b) => [...matrix(b), ints(b, -5)],
    { attributes: { axis: attribute.int(1) } },
    'index -5 of Gather is not in a dimension of 4',
  ],
])('%s of operator set %i', (opType, opset, inputs, options, message) => {
  expect(thrownBy(() => imported(opType, opset, inputs, options))).toMatchObject({ message })
})

test('what is at the limit is taken', () => {
  imported('Split', 13, matrix, { ...parts, attributes: { axis: attribute.int(1) } })
  imported('Split', 18, matrix, { ...parts, attributes: { num_outputs: attribute.int(2) } })
  imported('RNN', 14, cell, { attributes: { hidden_size: attribute.int(4) } })
  imported('Gather', 13, (b) => [...matrix(b), ints(b, -3, 2)], {})
})
