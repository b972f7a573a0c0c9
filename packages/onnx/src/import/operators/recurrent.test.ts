import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { attribute, graphBuilder, modelOf } from '../../graph-builder.js'
import type { OnnxAttributeValue } from '../../model.js'
import { importGraph } from '../import-model.js'

type Attributes = Readonly<Record<string, OnnxAttributeValue>>

/** The last hidden state of an RNN of one unit over 1 and −3: h' = f(x − 2). */
function lastOf(attributes: Attributes, directions = 1): readonly number[] {
  const graph = graphBuilder('one')
  graph.input('x', 'f32', [2, 1, 1])
  const weights = (name: string, value: number, ...dims: readonly number[]) =>
    graph.initializer(name, { dtype: 'f32', dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(value) })
  const inputs = [
    'x',
    weights('w', 1, directions, 1, 1),
    weights('r', 0, directions, 1, 1),
    weights('b', -1, directions, 2),
  ]
  graph.node('RNN', inputs, { attributes, outputs: ['', 'h'] })
  graph.output('h', 'f32')
  const [node] = importGraph(modelOf(graph.build(), { opset: 14 })).nodes
  if (node === undefined) return []
  const operands = node.inputs.map((tensor) => {
    const data = tensor.constant?.data ?? Float32Array.of(1, -3)
    return { type: tensor, data: data instanceof BigInt64Array ? Int32Array.from(data, Number) : data }
  })
  return Array.from(runOperation(node.operation, operands)[1] ?? [], Number)
}

const close = (value: number) => expect.closeTo(value, 5)

test('RNN reads direction, activations with their parameters, and clip', () => {
  expect(lastOf({})).toEqual([close(Math.tanh(-5))])
  expect(lastOf({ direction: attribute.string('reverse') })).toEqual([close(Math.tanh(-1))])
  const leaky = { activations: attribute.strings(['LeakyRelu']), activation_alpha: attribute.floats([0.5]) }
  expect(lastOf(leaky)).toEqual([-2.5])
  expect(lastOf({ ...leaky, clip: attribute.float(2) })).toEqual([-1])
  const both = { direction: attribute.string('bidirectional'), activations: attribute.strings(['Relu', 'Affine']) }
  expect(lastOf(both, 2)).toEqual([0, -1])
})

test('RNN refuses activations that are too few or unknown', () => {
  const code = (attributes: Attributes, directions = 1) => thrownBy(() => lastOf(attributes, directions))
  const few = { direction: attribute.string('bidirectional'), activations: attribute.strings(['Relu']) }
  expect(code(few, 2)).toMatchObject({ code: 'onnx/attribute' })
  expect(code({ activations: attribute.strings(['Tan']) })).toMatchObject({ code: 'graph/activation' })
  expect(code({ direction: attribute.string('sideways') })).toMatchObject({ code: 'onnx/attribute' })
})
