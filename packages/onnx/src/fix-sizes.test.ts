import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { fixSizes } from './fix-sizes.js'
import { graphBuilder, modelOf } from './graph-builder.js'
import { importGraph } from './import/import-model.js'

/** x + y, where y's dimension is another than that of x or has extent 1. */
const b = graphBuilder('g')
const [x, y] = [b.input('x', 'f32', ['n', 'n', undefined]), b.input('y', 'f32', ['m', 1, 1])]
b.output(b.node('Add', [x, y]), 'f32', ['n', 'n', undefined])
const model = modelOf(b.build(), { opset: 17 })

test('a dimension that is fixed is a number wherever its name stands in an input', () => {
  const [first, second] = importGraph(fixSizes(model, { n: 5 })).inputs
  expect(first?.shape.slice(0, 2)).toEqual([5, 5])
  expect(second?.shape).toEqual([{ kind: 'size', name: 'm', min: 0, max: expect.any(Number), multipleOf: 1 }, 1, 1])
  expect(importGraph(fixSizes(model, { 'x.2': 7 })).inputs[0]?.shape[2]).toBe(7)
  expect(fixSizes(model, {})).toEqual(model)
})

test('an extent of 1 that is fixed is broadcast', () => {
  const pairs = (sizes: Readonly<Record<string, number>>) =>
    importGraph(fixSizes(model, sizes)).nodes.flatMap(({ operation }) => operation.equalSizes ?? [])
  expect(pairs({})).toHaveLength(1)
  expect(pairs({ m: 1 })).toEqual([])
})

test('a size that no input has is an error that names those there are', () => {
  expect(thrownBy(() => fixSizes(model, { n: 1, k: 2 }))).toMatchObject({
    code: 'size/unknown',
    message: 'the model has no size "k"',
    help: 'its sizes are n, x.2, m',
  })
})

test.each([
  [new Map([['batch', 4]]), 'size/record', 'the sizes are a Map'],
  [undefined, 'size/record', 'the sizes are undefined'],
  [[4], 'size/record', 'the sizes are an Array'],
  [{ batch: '4' }, 'size/value', 'size "batch" is a non-negative integer, not the text "4"'],
  [{ batch: -1 }, 'size/value', 'size "batch" is a non-negative integer, not -1'],
])('%o are no sizes', (sizes, code, message) => {
  const b = graphBuilder('g')
  b.output(b.node('Relu', [b.input('x', 'f32', ['batch'])]), 'f32')
  const model = modelOf(b.build(), { opset: 17 })
  expect(thrownBy(() => Reflect.apply(fixSizes, undefined, [model, sizes]))).toMatchObject({ code, message })
})
