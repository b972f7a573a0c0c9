import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attributeKinds } from './attribute-kind.js'
import { decodeModel } from './decode-model.js'
import { encodeModel } from './encode-model.js'
import { attribute, graphBuilder, modelOf } from './graph-builder.js'
import type {
  OnnxAttribute,
  OnnxAttributeValue,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxOpset,
  OnnxTensor,
  OnnxType,
  OnnxValueInfo,
} from './model.js'

const text = fc.string({ unit: 'grapheme', maxLength: 8 })
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
const domain = text.filter((value) => value !== 'ai.onnx')
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const float = fc.float()
const few = { maxLength: 3 }

function tensorOfCount(dims: readonly number[]): fc.Arbitrary<OnnxTensor> {
  const count = dims.reduce((product, dim) => product * dim, 1)
  const exactly = { minLength: count, maxLength: count }
  const bytes = (width: number): fc.Arbitrary<OnnxTensor['data']> =>
    fc
      .uint8Array({ minLength: count * width, maxLength: count * width })
      .map((values) => ({ kind: 'raw-data', bytes: values }))
  const kinds: fc.Arbitrary<Pick<OnnxTensor, 'dtype' | 'data'>>[] = [
    fc.record({ dtype: fc.constantFrom('f32', 'i32', 'u32'), data: bytes(4) }),
    fc.record({ dtype: fc.constantFrom('f16', 'bf16', 'i16', 'u16'), data: bytes(2) }),
    fc.record({ dtype: fc.constantFrom('i8', 'u8', 'bool'), data: bytes(1) }),
    fc.record({ dtype: fc.constantFrom('i64', 'u64', 'f64'), data: bytes(8) }),
  ]
  if (count > 0) {
    kinds.push(
      fc.record({
        dtype: fc.constant('f32'),
        data: fc.float32Array(exactly).map((values) => ({ kind: 'float-data', values })),
      }),
      fc.record({
        dtype: fc.constantFrom('i32', 'i8', 'bool', 'f16'),
        data: fc.int32Array(exactly).map((values) => ({ kind: 'int32-data', values })),
      }),
      fc.record({
        dtype: fc.constant('i64'),
        data: fc.bigInt64Array(exactly).map((values) => ({ kind: 'int64-data', values })),
      }),
      fc.record({
        dtype: fc.constantFrom('u64', 'u32'),
        data: fc.bigUint64Array(exactly).map((values) => ({ kind: 'uint64-data', values })),
      }),
      fc.record({
        dtype: fc.constant('string'),
        data: fc.array(text, exactly).map((values) => ({ kind: 'string-data', values })),
      }),
    )
  }
  return fc.tuple(text, fc.oneof(...kinds)).map(([tensorName, kind]) => ({ name: tensorName, dims, ...kind }))
}

const tensor = fc.array(fc.nat(3), few).chain(tensorOfCount)

const type: fc.Arbitrary<OnnxType> = fc.oneof(
  fc.record({
    kind: fc.constant('tensor'),
    dtype: fc.constantFrom('f32', 'i64', 'bool', 'f8e5m2', 'i2'),
    shape: fc.oneof(
      fc.constant('unknown'),
      fc.array(fc.oneof(fc.nat(2 ** 31 - 1), fc.record({ param: name }), fc.constant('unknown')), few),
    ),
  }),
  fc.record({ kind: fc.constantFrom('sequence', 'map', 'opaque', 'sparse-tensor', 'optional', 'unknown') }),
)

const valueInfo: fc.Arbitrary<OnnxValueInfo> = fc.record({ name: text, type })
const opset: fc.Arbitrary<OnnxOpset> = fc.record({ domain, version: fc.integer({ min: 1, max: 1000 }) })

function attributes(depth: number): fc.Arbitrary<readonly OnnxAttribute[]> {
  const values: fc.Arbitrary<OnnxAttributeValue>[] = [
    fc.record({ kind: fc.constant('float'), value: float }),
    fc.record({ kind: fc.constant('int'), value: int64 }),
    fc.record({ kind: fc.constant('string'), value: text }),
    fc.record({ kind: fc.constant('tensor'), value: tensor }),
    fc.record({ kind: fc.constant('floats'), value: fc.array(float, few) }),
    fc.record({ kind: fc.constant('ints'), value: fc.array(int64, few) }),
    fc.record({ kind: fc.constant('strings'), value: fc.array(text, few) }),
    fc.record({ kind: fc.constant('tensors'), value: fc.array(tensor, few) }),
    fc.record({ kind: fc.constant('reference'), value: name, of: fc.constantFrom(...attributeKinds) }),
  ]
  if (depth > 0) {
    values.push(
      fc.record({ kind: fc.constant('graph'), value: graph(depth - 1) }),
      fc.record({ kind: fc.constant('graphs'), value: fc.array(graph(depth - 1), { maxLength: 2 }) }),
    )
  }
  return fc.uniqueArray(
    fc.tuple(name, fc.oneof(...values)).map(([key, value]) => ({ name: key, ...value })),
    { ...few, selector: (item) => item.name },
  )
}

function node(depth: number): fc.Arbitrary<OnnxNode> {
  const names = fc.array(text, few)
  return fc.record({ name: text, opType: name, domain, inputs: names, outputs: names, attributes: attributes(depth) })
}

function graph(depth: number): fc.Arbitrary<OnnxGraph> {
  const infos = fc.array(valueInfo, few)
  return fc.record({
    name: text,
    nodes: fc.array(node(depth), few),
    inputs: infos,
    outputs: infos,
    initializers: fc.array(tensor, few),
    valueInfos: infos,
  })
}

const model: fc.Arbitrary<OnnxModel> = fc.record({
  irVersion: fc.integer({ min: 1, max: 100 }),
  producerName: text,
  producerVersion: text,
  opsetImports: fc.array(opset, few),
  graph: graph(2),
  functions: fc.array(
    fc.record({
      name,
      domain,
      inputs: fc.array(text, few),
      outputs: fc.array(text, few),
      attributeNames: fc.array(text, few),
      attributeDefaults: attributes(0),
      opsetImports: fc.array(opset, few),
      nodes: fc.array(node(0), few),
    }),
    { maxLength: 1 },
  ),
})

test('what is encoded decodes to an equal model', () => {
  fc.assert(
    fc.property(model, (value) => {
      expect(decodeModel(encodeModel(value))).toEqual(value)
    }),
    { numRuns: propertyRuns() },
  )
})

test('encodes a model byte by byte', () => {
  const builder = graphBuilder('g')
  builder.output(builder.node('Neg', [builder.input('x', 'f32', [2])], { outputs: ['y'], name: 'n' }), 'f32', ['k'])
  const bytes = encodeModel({ ...modelOf(builder.build(), { opset: 13 }), producerName: '' })
  const node = [0x0a, 13, 0x0a, 1, 0x78, 0x12, 1, 0x79, 0x1a, 1, 0x6e, 0x22, 3, 0x4e, 0x65, 0x67]
  const input = [0x5a, 15, 0x0a, 1, 0x78, 0x12, 10, 0x0a, 8, 0x08, 1, 0x12, 4, 0x0a, 2, 0x08, 2]
  const output = [0x62, 16, 0x0a, 1, 0x79, 0x12, 11, 0x0a, 9, 0x08, 1, 0x12, 5, 0x0a, 3, 0x12, 1, 0x6b]
  node[1] = node.length - 2
  const graphBytes = [...node, 0x12, 1, 0x67, ...input, ...output]
  expect([...bytes]).toEqual([0x08, 8, 0x3a, graphBytes.length, ...graphBytes, 0x42, 4, 0x0a, 0, 0x10, 13])
})

test.each([
  ['an integer of 2^63', attribute.int(2n ** 63n), 'onnx/bad-number'],
  ['integers of -2^63 - 1', attribute.ints([-(2n ** 63n) - 1n]), 'onnx/bad-number'],
])('refuses %s', (_, value, code) => {
  const builder = graphBuilder('g')
  builder.node('Own', [], { attributes: { value } })
  const wrong = modelOf(builder.build(), { opset: 13 })
  expect(() => encodeModel(wrong)).toThrow(expect.objectContaining({ code, where: 'attribute "value"' }))
})

test.each([-1, 2 ** 31])('refuses a size of %i', (size) => {
  const builder = graphBuilder('g')
  builder.input('x', 'f32', [size])
  const wrong = modelOf(builder.build(), { opset: 13 })
  expect(() => encodeModel(wrong)).toThrow(expect.objectContaining({ code: 'onnx/dimension', where: 'value "x"' }))
})
