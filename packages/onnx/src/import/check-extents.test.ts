import { thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { attribute, type GraphBuilder, graphBuilder, modelOf } from '../graph-builder.js'
import type { TensorData } from '../tensor-data.js'
import { importGraph } from './import-model.js'

const imported = (make: (b: GraphBuilder) => string, dtype: 'f32' | 'i64' = 'f32') => {
  const b = graphBuilder('g')
  b.output(make(b), dtype)
  return importGraph(modelOf(b.build(), { opset: 13 }))
}
const i64s = (...values: readonly number[]): TensorData => ({
  dtype: 'i64',
  dims: [values.length],
  data: BigInt64Array.from(values, BigInt),
})
const f32 = (dims: readonly number[], ...values: readonly number[]): TensorData => ({
  dtype: 'f32',
  dims,
  data: Float32Array.from(values),
})

describe('a result that no tensor can be is an error of the node', () => {
  const cases: readonly (readonly [string, (b: GraphBuilder) => string])[] = [
    ['Expand', (b) => b.node('Expand', [b.input('x', 'f32', [1]), b.initializer('s', i64s(-1))])],
    ['Split', (b) => b.node('Split', [b.input('x', 'f32', [4]), b.initializer('s', i64s(-2, 6))])],
    [
      'Range',
      (b) =>
        b.node(
          'Range',
          [0, Number.POSITIVE_INFINITY, 1].map((value, i) => b.initializer(`r${i}`, f32([], value))),
        ),
    ],
    [
      'Range',
      (b) =>
        b.node(
          'Range',
          [0, 5, Number.NaN].map((value, i) => b.initializer(`r${i}`, f32([], value))),
        ),
    ],
    ['Resize', (b) => b.node('Resize', [b.input('x', 'f32', [4]), '', '', b.initializer('s', i64s(-4))])],
    ['Resize', (b) => b.node('Resize', [b.input('x', 'f32', [4]), '', b.initializer('s', f32([1], 1e30))])],
    [
      'OneHot',
      (b) =>
        b.node('OneHot', [b.input('x', 'i64', [2]), b.initializer('d', i64s(-1)), b.initializer('v', f32([2], 0, 1))]),
    ],
    [
      'ConvTranspose',
      (b) =>
        b.node('ConvTranspose', [b.input('x', 'f32', [1, 1, 4]), b.initializer('w', f32([1, 1, 2], 1, 1))], {
          attributes: { output_shape: attribute.ints([-5]) },
        }),
    ],
  ]
  test.each(cases)('%s', (name, make) => {
    const error = thrownBy(() => imported(make))
    expect(error).toMatchObject({ code: 'graph/shape', where: `node "g/${name}_0"` })
  })
})

describe('sizes that grow with each node end soon', () => {
  test('in shapes: a gap', () => {
    const error = thrownBy(() =>
      imported((b) => {
        const pooled = { attributes: { kernel_shape: attribute.ints([2]), strides: attribute.ints([2]) } }
        let x = b.input('x', 'f32', [1, 1, 'n'])
        for (let i = 0; i < 40; i++) {
          x = b.node('Concat', [x, b.node('MaxPool', [x], pooled)], { attributes: { axis: attribute.int(2) } })
        }
        return x
      }),
    )
    expect(error).toMatchObject({ code: 'graph/symbolic-shape' })
  })

  test('in shape arithmetic: it is left to the device', () => {
    const graph = imported((b) => {
      let size = b.node('Shape', [b.input('x', 'f32', ['n'])])
      for (let i = 0; i < 40; i++) size = b.node('Mul', [size, size])
      return size
    }, 'i64')
    expect(graph.nodes.length).toBeGreaterThan(30)
  })
})
