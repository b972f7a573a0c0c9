import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { attribute, graphBuilder, modelOf } from '../../graph-builder.js'
import type { OnnxAttributeValue } from '../../model.js'
import type { TensorData } from '../../tensor-data.js'
import { importGraph } from '../import-model.js'

interface Case {
  readonly opset: number
  readonly attributes?: Readonly<Record<string, OnnxAttributeValue>>
  readonly constants?: readonly (TensorData | undefined)[]
  readonly result?: 'f32' | 'i64'
}

/** A model of one node over x [1, 4, 1], where it has an input, and constants. */
function modelWith(
  opType: string,
  hasInput: boolean,
  { opset, attributes = {}, constants = [], result = 'f32' }: Case,
) {
  const graph = graphBuilder('one')
  const x = hasInput ? [graph.input('x', 'f32', [1, 4, 1])] : []
  const others = constants.map((value, i) => (value === undefined ? '' : graph.initializer(`c${i}`, value)))
  graph.node(opType, [...x, ...others], { attributes, outputs: ['y'] })
  graph.output('y', result)
  return importGraph(modelOf(graph.build(), { opset }))
}

const scalar = (value: number): TensorData => ({ dtype: 'i64', dims: [], data: BigInt64Array.of(BigInt(value)) })
const hertz = (value: number): TensorData => ({ dtype: 'f32', dims: [], data: Float32Array.of(value) })
const shapeOf = (opType: string, details: Case) => modelWith(opType, true, details).outputs[0]?.tensor.shape

test('the axis of DFT is an attribute before operator set 20, an input from then on', () => {
  expect(shapeOf('DFT', { opset: 17 })).toEqual([1, 4, 2])
  expect(shapeOf('DFT', { opset: 19, attributes: { axis: attribute.int(0) }, constants: [scalar(3)] })).toEqual([
    3, 4, 2,
  ])
  expect(shapeOf('DFT', { opset: 20, attributes: { onesided: attribute.int(1) } })).toEqual([1, 3, 2])
  expect(shapeOf('DFT', { opset: 20, constants: [undefined, scalar(-3)] })).toEqual([1, 4, 2])
  expect(shapeOf('DFT', { opset: 20, constants: [scalar(8), scalar(1)] })).toEqual([1, 8, 2])
})

test('STFT gives one side unless told otherwise', () => {
  const window: TensorData = { dtype: 'f32', dims: [2], data: Float32Array.of(1, 1) }
  expect(shapeOf('STFT', { opset: 17, constants: [scalar(1), window] })).toEqual([1, 3, 2, 2])
  const attributes = { onesided: attribute.int(0) }
  expect(shapeOf('STFT', { opset: 17, attributes, constants: [scalar(2), undefined, scalar(2)] })).toEqual([1, 2, 2, 2])
})

test('windows are periodic floats unless told otherwise', () => {
  const window = (attributes: Case['attributes'] = {}, result: Case['result'] = 'f32') =>
    modelWith('HannWindow', false, { opset: 17, attributes, constants: [scalar(4)], result }).outputs[0]?.tensor
  expect(window()).toMatchObject({ dtype: 'f32', shape: [4] })
  expect([...(window()?.constant?.data ?? [])].map(Number)).toEqual([0, 0.5, 1, 0.5].map((x) => expect.closeTo(x, 6)))
  const symmetric = [...(window({ periodic: attribute.int(0) })?.constant?.data ?? [])].map(Number)
  expect(symmetric).toEqual([0, 0.75, 0.75, 0].map((x) => expect.closeTo(x, 6)))
  expect(window({ output_datatype: attribute.int(7) }, 'i64')?.dtype).toBe('i64')
  expect(thrownBy(() => window({ output_datatype: attribute.int(11) })).message).toBe(
    'HannWindow to f64 is not supported',
  )
})

test('MelWeightMatrix places its edges by the mel scale', () => {
  const constants = [scalar(2), scalar(16), scalar(8192), hertz(0), hertz(4096)]
  const graph = modelWith('MelWeightMatrix', false, { opset: 17, constants })
  const [node] = graph.nodes
  const known = graph.outputs[0]?.tensor.constant?.data
  const mel = (f: number) => 2595 * Math.log10(1 + f / 700)
  const edges = [0, 1, 2, 3].map((i) => Math.floor((17 * 700 * (10 ** ((i * mel(4096)) / 4 / 2595) - 1)) / 8192))
  const at = edges[1] ?? 0
  const values = known ?? (node && runOperation(node.operation, [])[0])
  expect(graph.outputs[0]?.tensor.shape).toEqual([9, 2])
  expect(Number(values?.[2 * at])).toBe(1)
})
