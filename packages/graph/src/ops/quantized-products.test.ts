import { runOperation, thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import type { TensorDType, TensorType } from '../tensor.js'
import type { ConvAttributes } from './conv.js'
import { convIntegerOp, matmulIntegerOp, qLinearConvOp, qLinearMatmulOp } from './quantized-products.js'

const tensor = (dtype: TensorDType, ...shape: TensorType['shape']): TensorType => ({ dtype, shape })
const window: ConvAttributes = { strides: [1], dilations: [1], pads: [1, 1], autoPad: 'NOTSET', group: 1 }

describe('MatMulInteger', () => {
  const a = { type: tensor('u8', 2, 3), data: Uint8Array.of(1, 2, 3, 255, 0, 128) }
  const b = { type: tensor('i8', 3, 2), data: Int8Array.of(-128, 1, 2, -3, 127, 5) }

  test('zero points are numbers, or one a row and one a column', () => {
    const numbers = matmulIntegerOp({ type: a.type, zeroPoint: 2 }, { type: b.type, zeroPoint: undefined })
    expect(runOperation(numbers, [a, b])[0]).toEqual(
      Int32Array.of(-1 * -128 + 127, -1 + 5, 253 * -128 - 4 + 126 * 127, 253 + 6 + 126 * 5),
    )
    const ofRows = { type: tensor('u8', 2), data: Uint8Array.of(1, 100) }
    const ofColumns = { type: tensor('i8', 2), data: Int8Array.of(-1, 1) }
    const lists = matmulIntegerOp({ type: a.type, zeroPoint: ofRows.type }, { type: b.type, zeroPoint: ofColumns.type })
    const wanted = [0, 1].flatMap((i) =>
      [0, 1].map((j) =>
        [0, 1, 2].reduce(
          (sum, k) => sum + (a.data[3 * i + k]! - ofRows.data[i]!) * (b.data[2 * k + j]! - ofColumns.data[j]!),
          0,
        ),
      ),
    )
    expect(runOperation(lists, [a, b, ofRows, ofColumns])[0]).toEqual(Int32Array.from(wanted))
  })

  test('rows without columns, and operands that are not quantised', () => {
    const row = { type: tensor('u8', 3), data: Uint8Array.of(1, 2, 3) }
    const dot = matmulIntegerOp({ type: row.type, zeroPoint: 1 }, { type: row.type, zeroPoint: undefined })
    expect(dot.outputs).toEqual([tensor('i32')])
    expect(runOperation(dot, [row, row])[0]).toEqual(Int32Array.of(8))
    const float = { type: tensor('f32', 3), zeroPoint: undefined }
    expect(thrownBy(() => matmulIntegerOp(float, float)).message).toBe('MatMulInteger is not defined on f32')
  })
})

test('ConvInteger pads with the zero point', () => {
  const x = { type: tensor('u8', 1, 1, 3), data: Uint8Array.of(11, 12, 13) }
  const w = { type: tensor('u8', 2, 1, 3), data: Uint8Array.of(1, 1, 1, 5, 6, 7) }
  const zero = { type: tensor('u8', 2), data: Uint8Array.of(0, 5) }
  const operation = convIntegerOp({ type: x.type, zeroPoint: 10 }, { type: w.type, zeroPoint: zero.type }, window)
  expect(runOperation(operation, [x, w, zero])[0]).toEqual(Int32Array.of(3, 6, 5, 1 + 4, 2 + 6, 3))
})

test('QLinearMatMul scales by row and column, rounds halves to even, saturates', () => {
  const a = { type: tensor('i8', 2, 1), data: Int8Array.of(10, -10) }
  const b = { type: tensor('i8', 1, 2), data: Int8Array.of(5, 50) }
  const rows = { type: tensor('f32', 2), data: Float32Array.of(0.5, 1) }
  const columns = { type: tensor('f32', 2), data: Float32Array.of(0.5, 1) }
  const operation = qLinearMatmulOp(
    { type: a.type, zeroPoint: 0, scale: rows.type },
    { type: b.type, zeroPoint: 0, scale: columns.type },
    { dtype: 'i8', scale: 1, zeroPoint: 1 },
  )
  // 12.5 rounds down, -25 stays; the others are 250 and -500.
  expect(runOperation(operation, [a, b, rows, columns])[0]).toEqual(Int8Array.of(13, 127, -24, -128))
})

test('QLinearConv: bias in steps of both scales, scales of features', () => {
  const x = { type: tensor('u8', 1, 1, 3), data: Uint8Array.of(11, 12, 13) }
  const w = { type: tensor('i8', 2, 1, 3), data: Int8Array.of(1, 1, 1, 0, 1, 2) }
  const bias = { type: tensor('i32', 2), data: Int32Array.of(100, -4) }
  const scale = { type: tensor('f32', 2), data: Float32Array.of(0.5, 0.25) }
  const operation = qLinearConvOp(
    { type: x.type, zeroPoint: 10, scale: 2 },
    { type: w.type, zeroPoint: 0, scale: scale.type },
    bias.type,
    { dtype: 'u8', scale: 0.5, zeroPoint: 3 },
    window,
  )
  // (3, 6, 5) + 100 at 2 a step; (5, 8, 3) - 4 at 1 a step.
  expect(runOperation(operation, [x, w, bias, scale])[0]).toEqual(Uint8Array.of(209, 215, 213, 4, 7, 2))
})
