import { propertyRuns, runOperation, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { logSoftmaxOp, softmaxOp } from './softmax.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5))

test('Softmax and LogSoftmax normalise a dimension', () => {
  const elements = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 6, maxLength: 6 })
  fc.assert(
    fc.property(elements, fc.constantFrom(0, 1, -1), (values, axis) => {
      const type = f32(2, 3)
      const isColumn = axis === 0
      const rowOf = (i: number) => values.filter((_, j) => (isColumn ? i % 3 === j % 3 : i >= 3 === j >= 3))
      const expected = values.map((value, i) => {
        return Math.exp(value) / rowOf(i).reduce((sum, other) => sum + Math.exp(other), 0)
      })
      const x = { type, data: Float32Array.from(values) }
      const [share] = runOperation(softmaxOp(type, { axes: [axis] }), [x])
      const [logarithm] = runOperation(logSoftmaxOp(type, { axes: [axis] }), [x])
      expect(Array.from(share ?? [], Number)).toEqual(close(expected))
      expect(Array.from(logarithm ?? [], Number)).toEqual(close(expected.map(Math.log)))
    }),
    { numRuns: propertyRuns() },
  )
})

test('several dimensions are one row, and large elements do not overflow', () => {
  const x = { type: f32(1, 2, 2), data: Float32Array.of(1000, 1000, 1000, 1000) }
  expect(runOperation(softmaxOp(x.type, { axes: [1, 2] }), [x])[0]).toEqual(Float32Array.of(0.25, 0.25, 0.25, 0.25))
  const [logarithm] = runOperation(logSoftmaxOp(x.type, { axes: [1, 2] }), [x])
  expect(Array.from(logarithm ?? [], Number)).toEqual(close([1, 1, 1, 1].map(() => -Math.log(4))))
})

test('refuse integers', () => {
  expect(thrownBy(() => softmaxOp({ dtype: 'i32', shape: [2] }, { axes: [0] }))).toMatchObject({ code: 'graph/dtype' })
})
