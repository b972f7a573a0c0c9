import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { attribute, graphBuilder, modelOf } from '../../graph-builder.js'
import type { OnnxAttributeValue } from '../../model.js'
import type { TensorData } from '../../tensor-data.js'
import { importGraph } from '../import-model.js'

interface Case {
  readonly opset: number
  readonly attributes?: Readonly<Record<string, OnnxAttributeValue>>
  readonly constants?: Readonly<Record<string, TensorData>>
  readonly outputs?: readonly string[]
}

/** A model of one node over x [2, 2, 2] and constants. */
function modelWith(opType: string, { opset, attributes = {}, constants = {}, outputs = ['y'] }: Case) {
  const graph = graphBuilder('one')
  const inputs = Object.entries(constants).map(([name, value]) => graph.initializer(name, value))
  graph.node(opType, [graph.input('x', 'f32', [2, 2, 2]), ...inputs], { attributes, outputs })
  graph.output('y', 'f32')
  return importGraph(modelOf(graph.build(), { opset }))
}

const data = Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1)
function valuesOf(opType: string, details: Case) {
  const [node] = modelWith(opType, details).nodes
  if (node === undefined) return undefined
  return runOperation(node.operation, [{ type: { dtype: 'f32', shape: [2, 2, 2] }, data }])[0]
}

const vector = (value: number): TensorData => ({ dtype: 'f32', dims: [2], data: Float32Array.of(value, value) })
const flag = (value: number): TensorData => ({ dtype: 'bool', dims: [], data: Uint8Array.of(value) })
const ratio = (value: number): TensorData => ({ dtype: 'f32', dims: [], data: Float32Array.of(value) })

test('Softmax is along one dimension, before operator set 13 over all from axis on', () => {
  expect(valuesOf('Softmax', { opset: 13 })).toEqual(data.map(() => 0.5))
  expect(valuesOf('Softmax', { opset: 11 })).toEqual(data.map(() => 0.25))
  expect(valuesOf('Softmax', { opset: 11, attributes: { axis: attribute.int(-1) } })).toEqual(data.map(() => 0.5))
})

test('Dropout is nothing, unless a mask is wanted or it trains', () => {
  const graph = modelWith('Dropout', { opset: 12, constants: { ratio: ratio(0.5), training: flag(0) } })
  expect(graph.nodes).toEqual([])
  expect(graph.outputs[0]?.tensor).toBe(graph.inputs[0])
  const masked = (opset: number) => modelWith('Dropout', { opset, outputs: ['y', 'mask'] }).nodes[0]?.outputs[1]?.dtype
  expect([masked(7), masked(12)]).toEqual(['f32', 'bool'])
  const training = (value: number) => ({ opset: 13, constants: { ratio: ratio(value), training: flag(1) } })
  expect(modelWith('Dropout', training(0)).nodes).toEqual([])
  expect(thrownBy(() => modelWith('Dropout', training(0.5)))).toMatchObject({ code: 'onnx/operator' })
})

test('BatchNormalization that trains is a gap', () => {
  const constants = { scale: vector(1), bias: vector(0), mean: vector(0), variance: vector(1) }
  const attributes = { training_mode: attribute.int(1) }
  expect(modelWith('BatchNormalization', { opset: 9, constants }).nodes).toHaveLength(1)
  expect(
    String(thrownBy(() => modelWith('BatchNormalization', { opset: 15, constants, attributes }))),
  ).toMatchInlineSnapshot(`"UnsupportedError: BatchNormalization that trains is not supported"`)
})

test('axes are an attribute first, then an input; without any all are meant, or none', () => {
  const axes = { axes: { dtype: 'i64', dims: [1], data: BigInt64Array.of(2n) } } as const
  const keepdims = attribute.int(0)
  const pairs = Float32Array.of(0, 0, 2, 2)
  expect(valuesOf('ReduceSum', { opset: 13, attributes: { keepdims }, constants: axes })).toEqual(pairs)
  expect(valuesOf('ReduceSum', { opset: 11, attributes: { keepdims, axes: attribute.ints([-1]) } })).toEqual(pairs)
  expect(valuesOf('ReduceMean', { opset: 17, attributes: { keepdims, axes: attribute.ints([2]) } })).toEqual(
    Float32Array.of(0, 0, 1, 1),
  )
  expect(valuesOf('ReduceMax', { opset: 18, attributes: { keepdims } })).toEqual(Float32Array.of(1))
  expect(valuesOf('ReduceSum', { opset: 13, attributes: { noop_with_empty_axes: attribute.int(1) } })).toEqual(data)
})
