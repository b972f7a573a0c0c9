import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { attribute, graphBuilder, modelOf } from '../../graph-builder.js'
import type { OnnxAttributeValue } from '../../model.js'
import { importGraph } from '../import-model.js'

type Attributes = Readonly<Record<string, OnnxAttributeValue>>

/** The operation of a model of one node over inputs x, y, … of shape [4]. */
function operationOf(
  opType: string,
  dtypes: readonly ('f32' | 'u8')[],
  opset: number,
  attributes: Attributes = {},
  result: 'f32' | 'u8' | 'bool' = dtypes[0] ?? 'f32',
) {
  const graph = graphBuilder('one')
  const inputs = dtypes.map((dtype, i) => graph.input(`x${i}`, dtype, [4]))
  graph.node(opType, inputs, { attributes, outputs: ['y'] })
  graph.output('y', result)
  return importGraph(modelOf(graph.build(), { opset })).nodes[0]!.operation
}

const floats = { type: { dtype: 'f32', shape: [4] }, data: Float32Array.of(-Infinity, -1, 0.75, Infinity) } as const
const floatOp = (opType: string, attributes: Attributes = {}, opset = 22) => [
  ...(runOperation(operationOf(opType, ['f32'], opset, attributes, opType.startsWith('Is') ? 'bool' : 'f32'), [
    floats,
  ])[0] ?? []),
]

test('IsInf detects both signs unless told otherwise', () => {
  expect(floatOp('IsInf')).toEqual([1, 0, 0, 1])
  expect(floatOp('IsInf', { detect_negative: attribute.int(0) })).toEqual([0, 0, 0, 1])
  expect(floatOp('IsInf', { detect_positive: attribute.int(0) })).toEqual([1, 0, 0, 0])
  expect(floatOp('IsNaN')).toEqual([0, 0, 0, 0])
})

test('Cast to and from bfloat16, whatever saturate says', () => {
  const cast = (from: 'f32' | 'bf16', to: 'f32' | 'bf16', attributes: Attributes = {}) => {
    const graph = graphBuilder('cast')
    const number = attribute.int(to === 'f32' ? 1 : 16)
    graph.node('Cast', [graph.input('x', from, [4])], { attributes: { to: number, ...attributes }, outputs: ['y'] })
    graph.output('y', to)
    return importGraph(modelOf(graph.build(), { opset: 22 })).nodes[0]!.operation
  }
  const wide = { type: { dtype: 'f32', shape: [4] }, data: Float32Array.of(1 + 2 ** -8, -3.4e38, -0, 1 / 3) } as const
  const narrow = { type: { dtype: 'bf16', shape: [4] }, data: Uint16Array.of(0x3f80, 0xff80, 0x8000, 0x3eab) } as const
  expect(runOperation(cast('f32', 'bf16'), [wide])).toEqual([narrow.data])
  expect(runOperation(cast('f32', 'bf16', { saturate: attribute.int(0) }), [wide])).toEqual([narrow.data])
  expect(runOperation(cast('bf16', 'f32'), [narrow])).toEqual([Float32Array.of(1, -Infinity, -0, 0.333984375)])
})

test('BitShift needs a direction', () => {
  const bytes = (...data: readonly number[]) =>
    ({ type: { dtype: 'u8', shape: [4] }, data: Uint8Array.from(data) }) as const
  const shift = (attributes: Attributes) =>
    runOperation(operationOf('BitShift', ['u8', 'u8'], 11, attributes), [bytes(1, 2, 3, 4), bytes(1, 1, 1, 1)])[0]
  expect(shift({ direction: attribute.string('LEFT') })).toEqual(Uint8Array.of(2, 4, 6, 8))
  expect(shift({ direction: attribute.string('RIGHT') })).toEqual(Uint8Array.of(0, 1, 1, 2))
  expect(thrownBy(() => shift({ direction: attribute.string('') })).message).toBe('direction of BitShift is ""')
})

test('attributes of activations have the defaults of ONNX', () => {
  const second = (opType: string, attributes: Attributes = {}) => floatOp(opType, attributes)[1]
  const third = (opType: string, attributes: Attributes = {}) => floatOp(opType, attributes)[2]
  expect(second('Selu')).toBeCloseTo(1.05070102214813 * 1.67326319217681 * Math.expm1(-1), 6)
  expect(second('Selu', { alpha: attribute.float(1), gamma: attribute.float(2) })).toBeCloseTo(2 * Math.expm1(-1), 6)
  expect(second('Celu', { alpha: attribute.float(2) })).toBeCloseTo(2 * Math.expm1(-0.5), 6)
  expect([third('ThresholdedRelu'), third('ThresholdedRelu', { alpha: attribute.float(0.5) })]).toEqual([0, 0.75])
  expect([third('Shrink'), third('Shrink', { lambd: attribute.float(1) })]).toEqual([0.75, 0])
  expect(third('Shrink', { bias: attribute.float(0.25) })).toBe(0.5)
  expect(second('Swish', { alpha: attribute.float(2) })).toBeCloseTo(-1 / (1 + Math.exp(2)), 6)
})
