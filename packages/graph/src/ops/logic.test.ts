import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import type { TensorDType, TensorType } from '../tensor.js'
import {
  andOp,
  castOp,
  equalOp,
  greaterOp,
  greaterOrEqualOp,
  lessOp,
  lessOrEqualOp,
  notOp,
  orOp,
  whereOp,
  xorOp,
} from './logic.js'

const of = (dtype: TensorDType, ...shape: readonly number[]): TensorType => ({ dtype, shape })

test('comparisons give bools', () => {
  const [a, b] = [
    { type: of('i32', 3), data: Int32Array.of(1, 2, 3) },
    { type: of('i32'), data: Int32Array.of(2) },
  ]
  const compared = [equalOp, lessOp, lessOrEqualOp, greaterOp, greaterOrEqualOp].map((op) => op(a.type, b.type))
  expect(compared.map((operation) => operation.outputs)).toEqual(compared.map(() => [of('bool', 3)]))
  expect(compared.map((operation) => [...(runOperation(operation, [a, b])[0] ?? [])])).toEqual([
    [0, 1, 0],
    [1, 0, 0],
    [1, 1, 0],
    [0, 0, 1],
    [0, 1, 1],
  ])
  expect(thrownBy(() => lessOp(of('f32', 1), of('i32', 1))).message).toBe('Less: operands are f32 and i32')
})

test('logic is on bools', () => {
  const [a, b] = [
    { type: of('bool', 2, 1), data: Uint8Array.of(0, 1) },
    { type: of('bool', 2), data: Uint8Array.of(0, 1) },
  ]
  expect(runOperation(andOp(a.type, b.type), [a, b])[0]).toEqual(Uint8Array.of(0, 0, 0, 1))
  expect(runOperation(orOp(a.type, b.type), [a, b])[0]).toEqual(Uint8Array.of(0, 1, 1, 1))
  expect(runOperation(xorOp(a.type, b.type), [a, b])[0]).toEqual(Uint8Array.of(0, 1, 1, 0))
  expect(runOperation(equalOp(a.type, b.type), [a, b])[0]).toEqual(Uint8Array.of(1, 0, 0, 1))
  expect(runOperation(notOp(b.type), [b])[0]).toEqual(Uint8Array.of(1, 0))
  expect(thrownBy(() => andOp(a.type, of('i32', 2))).message).toBe('And is not defined on i32')
})

test('Where broadcasts condition and values', () => {
  const condition = { type: of('bool', 2, 1), data: Uint8Array.of(1, 0) }
  const x = { type: of('f32', 2), data: Float32Array.of(1, 2) }
  const y = { type: of('f32'), data: Float32Array.of(9) }
  const [result] = runOperation(whereOp(condition.type, x.type, y.type), [condition, x, y])
  expect(result).toEqual(Float32Array.of(1, 2, 9, 9))
})

test.each([
  ['f32', Float32Array.of(-1.9, 0, 2.5), 'i32', Int32Array.of(-1, 0, 2)],
  ['f32', Float32Array.of(-1.9, 0, 0.1), 'bool', Uint8Array.of(1, 0, 1)],
  ['f32', Float32Array.of(1.1, 2, 3), 'f32', Float32Array.of(1.1, 2, 3)],
  ['i32', Int32Array.of(-1, 300, 5), 'i8', Int8Array.of(-1, 44, 5)],
  ['i32', Int32Array.of(-1, 300, 5), 'u8', Uint8Array.of(255, 44, 5)],
  ['i64', Int32Array.of(-1, 0, 5), 'f32', Float32Array.of(-1, 0, 5)],
  ['bool', Uint8Array.of(0, 1, 1), 'f32', Float32Array.of(0, 1, 1)],
  ['u8', Uint8Array.of(255, 0, 7), 'i64', Int32Array.of(255, 0, 7)],
] as const)('Cast %s %j to %s', (from, data, to, expected) => {
  const type = of(from, 3)
  const operation = castOp(type, to)
  expect(operation.outputs).toEqual([of(to, 3)])
  expect(runOperation(operation, [{ type, data }])[0]).toEqual(expected)
})
