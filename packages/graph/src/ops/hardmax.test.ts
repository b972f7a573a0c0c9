import { runOperation } from '@tilewright/testing'
import { expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { hardmaxOp } from './hardmax.js'

const type: TensorType = { dtype: 'f32', shape: [2, 2, 2] }
const data = Float32Array.of(1, 3, 3, 2, -1, -Infinity, -1, 5)
const run = (axes: readonly number[]) => runOperation(hardmaxOp(type, { axes }), [{ type, data }])[0]

test('Hardmax is 1 at the first largest element', () => {
  expect(run([-1])).toEqual(Float32Array.of(0, 1, 1, 0, 1, 0, 0, 1))
  expect(run([0])).toEqual(Float32Array.of(1, 1, 1, 0, 0, 0, 0, 1))
  expect(run([1, 2])).toEqual(Float32Array.of(0, 1, 0, 0, 0, 0, 0, 1))
})

test('Hardmax of rows without elements, and of one', () => {
  const empty: TensorType = { dtype: 'f32', shape: [2, 0] }
  expect(runOperation(hardmaxOp(empty, { axes: [1] }), [{ type: empty, data: new Float32Array() }])[0]).toHaveLength(0)
  const one: TensorType = { dtype: 'f32', shape: [2, 1] }
  const infinite = Float32Array.of(-Infinity, 3)
  expect(runOperation(hardmaxOp(one, { axes: [1] }), [{ type: one, data: infinite }])[0]).toEqual(Float32Array.of(1, 1))
})
