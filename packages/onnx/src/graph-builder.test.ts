import { expect, test } from 'vitest'
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
