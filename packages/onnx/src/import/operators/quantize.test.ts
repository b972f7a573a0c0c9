import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { attribute, graphBuilder, modelOf } from '../../graph-builder.js'
import type { OnnxAttributeValue } from '../../model.js'
import type { TensorData } from '../../tensor-data.js'
import { importGraph } from '../import-model.js'

type Known = TensorData | { readonly dtype: 'f32' | 'f16' | 'u8' | 'i8'; readonly input: readonly number[] }

/** A model of one node over constants and inputs; an input left out is undefined. */
function modelWith(
  opType: string,
  inputs: readonly (Known | undefined)[],
  attributes: Readonly<Record<string, OnnxAttributeValue>> = {},
  opset = 21,
  result: 'f32' | 'f16' | 'u8' | 'i8' = opType.startsWith('Q') ? 'u8' : 'f32',
) {
  const graph = graphBuilder('one')
  const names = inputs.map((value, i) => {
    if (value === undefined) return ''
    return 'input' in value ? graph.input(`i${i}`, value.dtype, value.input) : graph.initializer(`i${i}`, value)
  })
  graph.output(graph.node(opType, names, { attributes }), result)
  return importGraph(modelOf(graph.build(), { opset }))
}

const f32 = (...values: readonly number[]): TensorData => ({
  dtype: 'f32',
  dims: values.length === 1 ? [] : [values.length],
  data: Float32Array.from(values),
})
const u8 = (...values: readonly number[]): TensorData => ({
  dtype: 'u8',
  dims: values.length === 1 ? [] : [values.length],
  data: Uint8Array.from(values),
})
const x = { dtype: 'f32', input: [2, 2] } as const
const q = { dtype: 'u8', input: [2, 2] } as const

const nodeOf = (...model: Parameters<typeof modelWith>) => modelWith(...model).nodes[0]!

test('the element type of QuantizeLinear is that of the zero point, of an attribute, or uint8', () => {
  const dtypeOf = (...model: Parameters<typeof modelWith>) => nodeOf(...model).outputs[0]?.dtype
  expect(dtypeOf('QuantizeLinear', [x, f32(1)])).toBe('u8')
  expect(dtypeOf('QuantizeLinear', [x, f32(1)], { output_dtype: attribute.int(3) }, 21, 'i8')).toBe('i8')
  const zero: TensorData = { dtype: 'i8', dims: [], data: Int8Array.of(0) }
  expect(dtypeOf('QuantizeLinear', [x, f32(1), zero], {}, 21, 'i8')).toBe('i8')
  const f8 = thrownBy(() => modelWith('QuantizeLinear', [x, f32(1)], { output_dtype: attribute.int(17) }))
  expect(f8).toMatchObject({ code: 'onnx/dtype', message: 'element type f8e4m3fn is not supported' })
  const wide = thrownBy(() => modelWith('QuantizeLinear', [x, f32(1)], { output_dtype: attribute.int(6) }))
  expect(wide).toMatchObject({ code: 'onnx/dtype' })
})

test('DequantizeLinear gives the type of the scale, or what an attribute says', () => {
  const half: TensorData = { dtype: 'f16', dims: [], data: Uint16Array.of(0x3c00) }
  expect(nodeOf('DequantizeLinear', [q, half], {}, 21, 'f16').outputs[0]?.dtype).toBe('f16')
  const declared = { output_dtype: attribute.int(1) }
  expect(nodeOf('DequantizeLinear', [q, half], declared, 23).outputs[0]?.dtype).toBe('f32')
})

test('parameters that are one known number are no operands', () => {
  const inputsOf = (...model: Parameters<typeof modelWith>) => nodeOf(...model).inputs.map(({ name }) => name)
  expect(inputsOf('DequantizeLinear', [q, f32(2), u8(3)])).toEqual(['i0'])
  expect(inputsOf('DequantizeLinear', [q, f32(2), { dtype: 'u8', input: [] }])).toEqual(['i0', 'i2'])
  expect(inputsOf('DequantizeLinear', [q, f32(2, 3), u8(3, 4)])).toEqual(['i0', 'i1', 'i2'])
  expect(inputsOf('QLinearMatMul', [q, f32(1), u8(0), q, f32(1, 2), u8(0, 1), f32(1), u8(0)])).toEqual([
    'i0',
    'i3',
    'i5',
    'i4',
  ])
})

test('the axis is 1 unless it is given', () => {
  const data = Uint8Array.of(1, 2, 3, 4)
  const rows = (attributes: Readonly<Record<string, OnnxAttributeValue>>) => {
    const { operation, inputs } = nodeOf('DequantizeLinear', [q, f32(1, 10)], attributes, 13)
    const scale = { type: inputs[1]!, data: Float32Array.of(1, 10) }
    return runOperation(operation, [{ type: inputs[0]!, data }, scale])[0]
  }
  expect(rows({})).toEqual(Float32Array.of(1, 20, 3, 40))
  expect(rows({ axis: attribute.int(0) })).toEqual(Float32Array.of(1, 2, 30, 40))
  expect(rows({ axis: attribute.int(-2) })).toEqual(Float32Array.of(1, 2, 30, 40))
})

test('QLinearConv takes its operands in the order of ONNX', () => {
  const image = { dtype: 'u8', input: [1, 1, 2] } as const
  const w: TensorData = { dtype: 'i8', dims: [1, 1, 1], data: Int8Array.of(3) }
  const bias: TensorData = { dtype: 'i32', dims: [1], data: Int32Array.of(-4) }
  const zero: TensorData = { dtype: 'i8', dims: [], data: Int8Array.of(1) }
  const inputs = [image, f32(2), u8(5), w, f32(0.5), zero, f32(0.25), u8(7), bias]
  const { operation, inputs: operands } = nodeOf('QLinearConv', inputs)
  expect(operands.map(({ name }) => name)).toEqual(['i0', 'i3', 'i8'])
  const given = [Uint8Array.of(6, 20), Int8Array.of(3), Int32Array.of(-4)]
  const results = runOperation(
    operation,
    operands.map((type, i) => ({ type, data: given[i]! })),
  )
  // ((6 - 5) · 2 - 4) · 4 + 7, below zero; ((20 - 5) · 2 - 4) · 4 + 7.
  expect(results).toEqual([Uint8Array.of(0, 111)])
  const disagreeing = { kernel_shape: attribute.ints([2]) }
  expect(thrownBy(() => modelWith('QLinearConv', inputs, disagreeing))).toMatchObject({ code: 'onnx/attribute' })
})
