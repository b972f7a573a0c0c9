import { thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { attribute, graphBuilder, modelOf } from './graph-builder.js'

test('a graph reads as the computation it is', () => {
  const builder = graphBuilder('dense')
  const x = builder.input('x', 'f32', ['batch', 2, undefined])
  const mask = builder.input('mask', 'bool')
  const weight = builder.initializer('weight', { dtype: 'f32', dims: [1], data: Float32Array.of(1) })
  const product = builder.node('MatMul', [x, weight])
  const y = builder.node('Own', [product, '', mask], {
    domain: 'my.domain',
    name: 'last',
    outputs: ['y', ''],
    attributes: { axis: attribute.int(-1), alpha: attribute.float(0.5) },
  })
  builder.output(y, 'f32', ['batch'])
  expect(builder.build()).toEqual({
    name: 'dense',
    inputs: [
      { name: 'x', type: { kind: 'tensor', dtype: 'f32', shape: [{ param: 'batch' }, 2, 'unknown'] } },
      { name: 'mask', type: { kind: 'tensor', dtype: 'bool', shape: 'unknown' } },
    ],
    initializers: [
      {
        name: 'weight',
        dtype: 'f32',
        dims: [1],
        data: { kind: 'raw-data', bytes: Uint8Array.of(0, 0, 0x80, 0x3f) },
      },
    ],
    nodes: [
      {
        name: 'dense/MatMul_0',
        opType: 'MatMul',
        domain: '',
        inputs: ['x', 'weight'],
        outputs: ['dense/MatMul_0'],
        attributes: [],
      },
      {
        name: 'last',
        opType: 'Own',
        domain: 'my.domain',
        inputs: ['dense/MatMul_0', '', 'mask'],
        outputs: ['y', ''],
        attributes: [
          { name: 'axis', kind: 'int', value: -1n },
          { name: 'alpha', kind: 'float', value: 0.5 },
        ],
      },
    ],
    outputs: [{ name: 'y', type: { kind: 'tensor', dtype: 'f32', shape: [{ param: 'batch' }] } }],
    valueInfos: [],
  })
})

test('a graph that was built does not change when more is added', () => {
  const builder = graphBuilder('g')
  const before = builder.build()
  builder.node('Relu', [builder.input('x', 'f32')])
  expect(before).toEqual({ name: 'g', nodes: [], inputs: [], outputs: [], initializers: [], valueInfos: [] })
})

test('a model has one operator set', () => {
  const graph = graphBuilder('g').build()
  expect(modelOf(graph, { opset: 17 })).toEqual({
    irVersion: 8,
    producerName: 'tilewright',
    producerVersion: '',
    opsetImports: [{ domain: '', version: 17 }],
    graph,
    functions: [],
  })
})

describe('what is something else than its type says is refused', () => {
  const g = graphBuilder('g')
  const data = Float32Array.of(1, 2)
  const f32 = { dtype: 'f32', dims: [2], data }
  test.each<[string, (...args: never[]) => unknown, readonly unknown[], string, string]>([
    ['a name', g.input, [4, 'f32'], 'the name of input is a text, not 4', "'x'"],
    [
      'the dtype of others',
      g.input,
      ['x', 'float32'],
      'input "x" has elements of a dtype of ONNX, not the text "float32"',
      'dtypes are named f32, ',
    ],
    [
      'a shape',
      g.input,
      ['x', 'f32', 4],
      'the shape of input "x" is an array of sizes and names, not 4',
      "['batch', 4]",
    ],
    [
      'an extent',
      g.output,
      ['y', 'f32', [2, null]],
      'the shape of output "y" is an array of sizes and names, not null',
      "['batch', 4]",
    ],
    ['no elements', g.initializer, ['w'], 'the options of tensor "w" are undefined', 'dtype, dims, data'],
    [
      'a shape for dims',
      g.initializer,
      ['w', { dtype: 'f32', shape: [2], data }],
      'tensor "w" has no option "shape"',
      'dtype, dims, data',
    ],
    [
      'a dtype of elements',
      g.initializer,
      ['w', { ...f32, dtype: 'float32' }],
      'tensor "w" has elements of a dtype of ONNX, not the text "float32"',
      'f32, ',
    ],
    [
      'elements without an array',
      g.initializer,
      ['w', { ...f32, dtype: 'string' }],
      'tensor "w" is of a dtype with elements in an array, not the text "string"',
      'dtype: ',
    ],
    [
      'the wrong array',
      g.initializer,
      ['w', { ...f32, data: Float64Array.of(1, 2) }],
      'the data of tensor "w", which is f32, is a Float32Array, not a Float64Array',
      'Float32Array.of',
    ],
    [
      'an array of numbers',
      g.initializer,
      ['w', { dtype: 'i64', dims: [1], data: [1] }],
      'the data of tensor "w", which is i64, is a BigInt64Array, not an Array',
      'data: ',
    ],
    ['one input', g.node, ['Relu', 'x'], 'the inputs of "Relu" are an array of names, not the text "x"', '[x, y]'],
    [
      'an option',
      g.node,
      ['Relu', ['x'], { attrs: {} }],
      'node "Relu" has no option "attrs"',
      'attributes, outputs, name, domain',
    ],
    [
      'attributes',
      g.node,
      ['Elu', ['x'], { attributes: new Map() }],
      'the attributes of "Elu" are a Map',
      'Object.fromEntries',
    ],
    [
      'no number',
      g.input,
      ['x', 'f32', [Number.NaN, 3]],
      'the shape of input "x" is an array of sizes and names, not NaN',
      "['batch', 4]",
    ],
    [
      'a fraction',
      g.input,
      ['x', 'f32', [1.5, 3]],
      'the shape of input "x" is an array of sizes and names, not 1.5',
      "['batch', 4]",
    ],
    [
      'an attribute',
      g.node,
      ['Elu', ['x'], { attributes: { alpha: 1 } }],
      'attribute "alpha" of "Elu" is a value with a kind, not 1',
      'attribute.int(1)',
    ],
    ['an integer', attribute.int, [1.5], 'an attribute of this kind is an integer, not 1.5', 'attribute.int(1)'],
    ['integers', attribute.ints, [4], 'an attribute of this kind is an array, not 4', 'attribute.int(1)'],
    ['a builder', modelOf, [g, { opset: 17 }], 'a graph is what a builder builds, not an object', 'graph.build()'],
    ['no version', modelOf, [g.build()], 'the options of modelOf are undefined', 'opset'],
    ['a version alone', modelOf, [g.build(), 17], 'the options of modelOf are 17', 'opset'],
    [
      'a version that is none',
      modelOf,
      [g.build(), { opset: '17' }],
      'an opset is a version number, not the text "17"',
      'opset: 17',
    ],
  ])('%s', (_, call, given, message, help) => {
    expect(thrownBy(() => Reflect.apply(call, undefined, given))).toMatchObject({
      code: 'onnx/argument',
      message,
      help: expect.stringContaining(help),
    })
  })
})
