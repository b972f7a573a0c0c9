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

test('axes that the tensor lacks, or that are named twice', () => {
  const ints = (b: GraphBuilder, ...values: readonly number[]): string =>
    b.initializer(`c${values.join()}`, {
      dtype: 'i64',
      dims: [values.length],
      data: BigInt64Array.from(values, BigInt),
    })
  const pad =
    (...axes: readonly number[]) =>
    (b: GraphBuilder) =>
      b.node('Pad', [b.input('x', 'f32', [2]), ints(b, ...axes, ...axes), '', ints(b, ...axes)])
  expect(codeOf(18, pad(7))).toBe('graph/shape')
  expect(codeOf(18, pad(0, -1))).toBe('graph/shape')
  const resize = (b: GraphBuilder) =>
    b.node('Resize', [b.input('x', 'f32', [2]), '', '', ints(b, 4)], { attributes: { axes: attribute.ints([7]) } })
  expect(codeOf(18, resize)).toBe('graph/shape')
})

test('no depth', () => {
  const empty = { dtype: 'i64', dims: [0], data: BigInt64Array.of() } as const
  const values = { dtype: 'f32', dims: [2], data: Float32Array.of(0, 1) } as const
  expect(
    codeOf(13, (b) =>
      b.node('OneHot', [b.input('x', 'i64', [2]), b.initializer('depth', empty), b.initializer('values', values)]),
    ),
  ).toBe('onnx/host-value')
})

test('an int64 beyond 32 bits saturates', () => {
  const b = graphBuilder('g')
  const one = b.initializer('one', { dtype: 'i64', dims: [1], data: BigInt64Array.of(1n) })
  const value = attribute.tensor({ dtype: 'i64', dims: [1], data: BigInt64Array.of(2n ** 63n - 1n) })
  b.output(b.node('ConstantOfShape', [one], { attributes: { value } }), 'i64')
  const [output] = importGraph(modelOf(b.build(), { opset: 13 })).outputs
  expect(output?.tensor.constant?.data).toEqual(BigInt64Array.of(2n ** 31n - 1n))
})

test('Split into another number of parts than it has outputs', () => {
  const split = (parts: number) => (b: GraphBuilder) =>
    b.node('Split', [b.input('x', 'f32', [4])], { attributes: { num_outputs: attribute.int(parts) } })
  expect(codeOf(18, split(largest))).toBe('onnx/attribute')
  expect(codeOf(18, split(0))).toBe('onnx/attribute')
})
