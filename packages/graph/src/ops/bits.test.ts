import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import type { TensorDType, TensorType } from '../tensor.js'
import {
  bitCastOp,
  bitShiftOp,
  bitwiseAndOp,
  bitwiseNotOp,
  bitwiseOrOp,
  bitwiseXorOp,
  isInfOp,
  isNanOp,
} from './bits.js'

const of = (dtype: TensorDType, ...shape: readonly number[]): TensorType => ({ dtype, shape })

test('logic on bits, operands broadcast', () => {
  const [a, b] = [
    { type: of('i32', 2, 1), data: Int32Array.of(0b1100, -1) },
    { type: of('i32', 2), data: Int32Array.of(0b1010, -(2 ** 31)) },
  ]
  const run = (op: typeof bitwiseAndOp) => [...(runOperation(op(a.type, b.type), [a, b])[0] ?? [])]
  expect(run(bitwiseAndOp)).toEqual([0b1000, 0, 0b1010, -(2 ** 31)])
  expect(run(bitwiseOrOp)).toEqual([0b1110, 0b1100 - 2 ** 31, -1, -1])
  expect(run(bitwiseXorOp)).toEqual([0b0110, 0b1100 - 2 ** 31, ~0b1010, 2 ** 31 - 1])
  for (const dtype of ['f32', 'bf16', 'bool'] as const) {
    expect(thrownBy(() => bitwiseAndOp(of(dtype), of(dtype))).message).toBe(`BitwiseAnd is not defined on ${dtype}`)
  }
})

test.each([
  ['i32', Int32Array.of(0, -1, 5), Int32Array.of(-1, 0, -6)],
  ['u32', Uint32Array.of(0, 5), Uint32Array.of(2 ** 32 - 1, 2 ** 32 - 6)],
  ['i8', Int8Array.of(-128, 0), Int8Array.of(127, -1)],
  ['u8', Uint8Array.of(1, 255), Uint8Array.of(254, 0)],
] as const)('BitwiseNot of %s', (dtype, data, expected) => {
  const type = of(dtype, data.length)
  expect(runOperation(bitwiseNotOp(type), [{ type, data }])[0]).toEqual(expected)
})

test('BitShift keeps the width; from it on nothing is left', () => {
  const x = { type: of('u8', 3), data: Uint8Array.of(129, 3, 255) }
  const by = { type: of('u8', 3), data: Uint8Array.of(1, 7, 40) }
  const shift = (left: boolean) => runOperation(bitShiftOp(x.type, by.type, { left }), [x, by])[0]
  expect(shift(true)).toEqual(Uint8Array.of(2, 128, 0))
  expect(shift(false)).toEqual(Uint8Array.of(64, 0, 0))
  expect(thrownBy(() => bitShiftOp(of('i32'), of('i32'), { left: true })).message).toBe(
    'BitShift is not defined on i32',
  )
})

test('IsNaN and IsInf', () => {
  const values = [0, -0, 1e-40, 3e38, Infinity, -Infinity, Number.NaN]
  const x = { type: of('f32', values.length), data: Float32Array.from(values) }
  const run = (operation: ReturnType<typeof isNanOp>) => [...(runOperation(operation, [x])[0] ?? [])]
  expect(run(isNanOp(x.type))).toEqual([0, 0, 0, 0, 0, 0, 1])
  const infinite = (positive: boolean, negative: boolean) => run(isInfOp(x.type, { positive, negative }))
  expect(infinite(true, true)).toEqual([0, 0, 0, 0, 1, 1, 0])
  expect(infinite(true, false)).toEqual([0, 0, 0, 0, 1, 0, 0])
  expect(infinite(false, true)).toEqual([0, 0, 0, 0, 0, 1, 0])
  expect(infinite(false, false)).toEqual([0, 0, 0, 0, 0, 0, 0])
  // Bits of f16: infinity, the largest number, a NaN.
  const half = { type: of('f16', 3), data: Uint16Array.of(0x7c00, 0x7bff, 0x7e01) }
  expect(runOperation(isNanOp(half.type), [half])[0]).toEqual(Uint8Array.of(0, 0, 1))
  const bfloat = { type: of('bf16', 3), data: Uint16Array.of(0x7f80, 0x7f7f, 0xffc0) }
  expect(runOperation(isNanOp(bfloat.type), [bfloat])[0]).toEqual(Uint8Array.of(0, 0, 1))
  expect(thrownBy(() => isNanOp(of('i32'))).message).toBe('IsNaN is not defined on i32')
})

test.each([
  ['f32', Float32Array.of(1.5, -0), 'i32', Int32Array.of(0x3fc00000, -(2 ** 31))],
  ['i32', Int32Array.of(0x3fc00000, -8388608), 'f32', Float32Array.of(1.5, -Infinity)],
  ['u32', Uint32Array.of(2 ** 32 - 1), 'i32', Int32Array.of(-1)],
  ['i8', Int8Array.of(-1, 5), 'u8', Uint8Array.of(255, 5)],
  ['u8', Uint8Array.of(255, 5), 'i8', Int8Array.of(-1, 5)],
] as const)('BitCast %s %j to %s', (from, data, to, expected) => {
  const type = of(from, data.length)
  expect(runOperation(bitCastOp(type, to), [{ type, data }])[0]).toEqual(expected)
})

test('BitCast keeps the width', () => {
  expect(thrownBy(() => bitCastOp(of('f32'), 'i64')).message).toBe('BitCast of f32 to i64')
  expect(thrownBy(() => bitCastOp(of('bool'), 'u8')).message).toBe('BitCast of bool to u8')
  expect(thrownBy(() => bitCastOp(of('bf16'), 'f32'))).toMatchObject({ name: 'CompileError', code: 'graph/dtype' })
})

test('BitCast between f16 and bf16 is a gap, and to the same type nothing', () => {
  const gap = thrownBy(() => bitCastOp(of('f16'), 'bf16'))
  expect(gap).toMatchObject({ name: 'UnsupportedError', message: 'BitCast of f16 to bf16' })
  const x = { type: of('bf16', 2), data: Uint16Array.of(0x3fc0, 0x8000) }
  expect(runOperation(bitCastOp(x.type, 'bf16'), [x])[0]).toEqual(x.data)
})
