/** Numbers of a model that no exporter writes: each ends in an error, at once. */
import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { attribute, type GraphBuilder, graphBuilder, modelOf } from '../../graph-builder.js'
import { importGraph } from '../import-model.js'

const codeOf = (opset: number, make: (b: GraphBuilder) => string): unknown => {
  const b = graphBuilder('g')
  b.output(make(b), 'f32')
  const start = performance.now()
  const error = thrownBy(() => importGraph(modelOf(b.build(), { opset })))
  expect(performance.now() - start).toBeLessThan(1000)
  return Reflect.get(Object(error), 'code')
}
const largest = 2 ** 31 - 1

test('a shape of two thousand million elements that is not known', () => {
  expect(
    codeOf(13, (b) => b.node('Reshape', [b.input('x', 'f32', [4]), b.node('Neg', [b.input('s', 'i64', [largest])])])),
  ).toBe('onnx/host-value')
})

test('an axis of Softmax far outside', () => {
  const softmax = (axis: number) => (b: GraphBuilder) =>
    b.node('Softmax', [b.input('x', 'f32', [2, 3])], { attributes: { axis: attribute.int(axis) } })
  expect(codeOf(11, softmax(-largest))).toBe('graph/shape')
  expect(codeOf(11, softmax(largest))).toBe('graph/shape')
})

test('Split into another number of parts than it has outputs', () => {
  const split = (parts: number) => (b: GraphBuilder) =>
    b.node('Split', [b.input('x', 'f32', [4])], { attributes: { num_outputs: attribute.int(parts) } })
  expect(codeOf(18, split(largest))).toBe('onnx/attribute')
  expect(codeOf(18, split(0))).toBe('onnx/attribute')
})
