import { runOperation, thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { affineGridOp } from './affine-grid.js'
import { centerCropPadOp } from './center-crop-pad.js'
import { cumProdOp } from './cumulate.js'
import { eyeLikeOp } from './generate.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })

test.each([
  [false, false, [1, 2, 6, 4, 20, 120]],
  [true, false, [1, 1, 2, 1, 4, 20]],
  [false, true, [6, 6, 3, 120, 30, 6]],
  [true, true, [6, 3, 1, 30, 6, 1]],
] as const)('CumProd, exclusive %s, reverse %s', (exclusive, reverse, expected) => {
  const type: TensorType = { dtype: 'i32', shape: [2, 3] }
  const operation = cumProdOp(type, { axis: -1, exclusive, reverse })
  expect(runOperation(operation, [{ type, data: Int32Array.of(1, 2, 3, 4, 5, 6) }])[0]).toEqual(
    Int32Array.of(...expected),
  )
})

test.each([
  [0, [1, 0, 0, 0, 1, 0]],
  [1, [0, 1, 0, 0, 0, 1]],
  [-1, [0, 0, 0, 1, 0, 0]],
  [2 ** 31 - 1, [0, 0, 0, 0, 0, 0]],
] as const)('EyeLike of diagonal %d', (k, expected) => {
  expect([...(runOperation(eyeLikeOp(f32(2, 3), { k }), [])[0] ?? [])]).toEqual(expected)
  expect(thrownBy(() => eyeLikeOp(f32(2), { k })).message).toContain('rank 2')
})

describe('CenterCropPad', () => {
  const x = { type: f32(5), data: Float32Array.of(1, 2, 3, 4, 5) }
  test.each([
    [0, []],
    [1, [3]],
    [2, [2, 3]],
    [5, [1, 2, 3, 4, 5]],
    [6, [1, 2, 3, 4, 5, 0]],
    [9, [0, 0, 1, 2, 3, 4, 5, 0, 0]],
  ] as const)('to %d', (extent, expected) => {
    const operation = centerCropPadOp(x.type, { shape: [extent], axes: [-1] })
    expect([...(runOperation(operation, [x])[0] ?? [])]).toEqual(expected)
  })

  test('crops one dimension, pads another, leaves a third', () => {
    const type = f32(2, 1, 3)
    const operation = centerCropPadOp(type, { shape: [1, 2], axes: [2, 1] })
    expect(operation.outputs[0]?.shape).toEqual([2, 2, 1])
    const [result] = runOperation(operation, [{ type, data: Float32Array.of(1, 2, 3, 4, 5, 6) }])
    expect(result).toEqual(Float32Array.of(2, 0, 5, 0))
    expect(thrownBy(() => centerCropPadOp(type, { shape: [1], axes: [0, 1] })).message).toContain('for 2 axes')
  })
})

describe('AffineGrid', () => {
  const theta = { type: f32(1, 2, 3), data: Float32Array.of(1, 0, 0.5, 2, -1, 0) }
  const grid = (alignCorners: boolean, ...image: readonly number[]) => [
    ...(runOperation(affineGridOp(theta.type, { size: [1, 1, ...image], alignCorners }), [theta])[0] ?? []),
  ]

  test('x comes first; -1 and 1 are edges or centres', () => {
    const of = (x: number, y: number) => [x + 0.5, 2 * x - y]
    expect(grid(false, 2, 2)).toEqual([of(-0.5, -0.5), of(0.5, -0.5), of(-0.5, 0.5), of(0.5, 0.5)].flat())
    expect(grid(true, 1, 3)).toEqual([of(-1, -1), of(0, -1), of(1, -1)].flat())
  })

  test('of three dimensions', () => {
    const cube = { type: f32(1, 3, 4), data: Float32Array.of(0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 4) }
    const operation = affineGridOp(cube.type, { size: [1, 1, 2, 1, 2], alignCorners: true })
    expect(operation.outputs[0]?.shape).toEqual([1, 2, 1, 2, 3])
    const [result] = runOperation(operation, [cube])
    // z, y and x + 4 of (z, y, x) = (-1, -1, -1), (-1, -1, 1), (1, -1, -1), (1, -1, 1).
    expect([...(result ?? [])]).toEqual([-1, -1, 3, -1, -1, 5, 1, -1, 3, 1, -1, 5])
  })

  test('theta and size agree', () => {
    const wrong = () => affineGridOp(theta.type, { size: [2, 1, 4, 4], alignCorners: false })
    expect(thrownBy(wrong).message).toBe('AffineGrid: theta [1, 2, 3] for size [2, 1, 4, 4]')
  })
})
