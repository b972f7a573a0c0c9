import { propertyRuns, runOperation, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { divOp, meanOp, minOp, modOp, sumOp } from './elementwise.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const i32 = (...shape: readonly number[]): TensorType => ({ dtype: 'i32', shape })

test('Min, Sum and Mean take any number of operands', () => {
  const operands = [
    { type: f32(2, 1), data: Float32Array.of(1, 8) },
    { type: f32(2), data: Float32Array.of(2, 4) },
    { type: f32(), data: Float32Array.of(3) },
  ]
  const types = operands.map((operand) => operand.type)
  expect(runOperation(minOp(...types), operands)[0]).toEqual(Float32Array.of(1, 1, 2, 3))
  expect(runOperation(sumOp(...types), operands)[0]).toEqual(Float32Array.of(6, 8, 13, 15))
  expect(runOperation(meanOp(...types), operands)[0]).toEqual(Float32Array.of(2, 8 / 3, 13 / 3, 5))
  expect(thrownBy(() => meanOp(i32(1))).message).toBe('Mean is not defined on i32')
})

test('integers that are divided by zero stay as they are, without remainder', () => {
  for (const dtype of ['i32', 'u32', 'i8'] as const) {
    const array = { i32: Int32Array, u32: Uint32Array, i8: Int8Array }[dtype]
    const type: TensorType = { dtype, shape: [3] }
    const operands = [
      { type, data: array.of(6, 7, 0) },
      { type, data: array.of(0, 2, 0) },
    ]
    expect(runOperation(divOp(type, type), operands)[0]).toEqual(array.of(6, 3, 0))
    for (const truncated of [true, false]) {
      expect(runOperation(modOp(type, type, { truncated }), operands)[0]).toEqual(array.of(0, 1, 0))
    }
  }
  const type = f32(2)
  const zeros = { type, data: Float32Array.of(0, 0) }
  expect(runOperation(divOp(type, type), [{ type, data: Float32Array.of(1, -1) }, zeros])[0]).toEqual(
    Float32Array.of(Infinity, -Infinity),
  )
})

test('the remainder has the sign of the divisor, or truncated of the dividend', () => {
  const divisors = fc.integer({ min: -9, max: 9 }).filter((y) => y !== 0)
  fc.assert(
    fc.property(fc.integer({ min: -100, max: 100 }), divisors, (x, y) => {
      const operands = [x, y].map((value) => ({ type: i32(1), data: Int32Array.of(value) }))
      const remainder = (truncated: boolean) => runOperation(modOp(i32(1), i32(1), { truncated }), operands)[0]
      expect(remainder(true)).toEqual(Int32Array.of((x % y) + 0))
      expect(remainder(false)).toEqual(Int32Array.of(x - y * Math.floor(x / y)))
    }),
    { numRuns: propertyRuns() },
  )
  const [result] = runOperation(modOp(f32(2), f32(2), { truncated: true }), [
    { type: f32(2), data: Float32Array.of(-7.5, 7.5) },
    { type: f32(2), data: Float32Array.of(2, -2) },
  ])
  expect(result).toEqual(Float32Array.of(-1.5, 1.5))
  expect(thrownBy(() => modOp(f32(1), f32(1), { truncated: false })).message).toBe('Mod of f32 must be truncated')
})
