import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { attribute, graphBuilder, modelOf } from '../../graph-builder.js'
import type { OnnxAttributeValue } from '../../model.js'
import { importGraph } from '../import-model.js'

type Attributes = Readonly<Record<string, OnnxAttributeValue>>

/** A model of one node over x [1, 1, 2, 2], int64 positions of the same shape where wanted, and int64 constants. */
function nodeWith(opType: string, opset: number, attributes: Attributes, constants: readonly (readonly number[])[]) {
  const graph = graphBuilder('one')
  const x = graph.input('x', 'f32', [1, 1, 2, 2])
  const positions = opType === 'MaxUnpool' ? [graph.input('at', 'i64', [1, 1, 2, 2])] : []
  const known = constants.map((values, i) =>
    graph.initializer(`c${i}`, { dtype: 'i64', dims: [values.length], data: BigInt64Array.from(values, BigInt) }),
  )
  const y = graph.node(opType, [x, ...positions, ...known], {
    attributes,
    outputs: ['y', 'z'].slice(0, opType === 'TopK' ? 2 : 1),
  })
  graph.output(y, 'f32')
  return importGraph(modelOf(graph.build(), { opset })).nodes[0]!
}

const type = { dtype: 'f32', shape: [1, 1, 2, 2] } as const
const data = Float32Array.of(1, 2, 4, 3)
const topK = (opset: number, attributes: Attributes, constants: readonly (readonly number[])[] = []) =>
  runOperation(nodeWith('TopK', opset, attributes, constants).operation, [{ type, data }])

test('the count of TopK is an attribute, then an input; the smallest come with operator set 11', () => {
  expect(topK(9, { k: attribute.int(1) })).toEqual([Float32Array.of(2, 4), Int32Array.of(1, 0)])
  expect(topK(10, {}, [[1]])).toEqual([Float32Array.of(2, 4), Int32Array.of(1, 0)])
  const smallest = { largest: attribute.int(0), axis: attribute.int(2), sorted: attribute.int(0) }
  expect(topK(11, smallest, [[2]])).toEqual([Float32Array.of(1, 2, 4, 3), Int32Array.of(0, 0, 1, 1)])
})

test('MaxUnpool finds the extents that were pooled', () => {
  const shapeOf = (attributes: Attributes, constants: readonly (readonly number[])[] = []) =>
    nodeWith('MaxUnpool', 11, attributes, constants).outputs[0]?.shape
  const kernel = { kernel_shape: attribute.ints([2, 3]) }
  expect(shapeOf(kernel)).toEqual([1, 1, 3, 4])
  expect(shapeOf({ ...kernel, strides: attribute.ints([2, 2]), pads: attribute.ints([0, 1, 0, 0]) })).toEqual([
    1, 1, 4, 4,
  ])
  expect(shapeOf(kernel, [[1, 1, 5, 6]])).toEqual([1, 1, 5, 6])
  expect(thrownBy(() => shapeOf({ kernel_shape: attribute.ints([2]) }))).toMatchObject({ code: 'onnx/attribute' })
})

test('reductions that ONNX does not define are refused', () => {
  const graph = graphBuilder('one')
  const x = graph.input('x', 'f32', [2])
  const at = graph.input('at', 'i64', [2])
  graph.output(
    graph.node('ScatterElements', [x, at, x], { attributes: { reduction: attribute.string('mean') } }),
    'f32',
  )
  expect(thrownBy(() => importGraph(modelOf(graph.build(), { opset: 18 })))).toMatchObject({ code: 'onnx/attribute' })
})

test('operators whose shapes depend on data are refused for that', () => {
  const graph = graphBuilder('one')
  graph.output(graph.node('NonZero', [graph.input('x', 'f32', [2])], { name: 'find' }), 'i64')
  expect(thrownBy(() => importGraph(modelOf(graph.build(), { opset: 18 })))).toMatchObject({
    code: 'onnx/unsupported',
    gaps: [{ where: 'node "find"', what: 'operator "NonZero", the shape of whose result depends on data' }],
  })
})
