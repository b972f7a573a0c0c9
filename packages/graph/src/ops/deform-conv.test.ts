import { runOperation, thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { type DeformConvAttributes, deformConvOp } from './deform-conv.js'

const f32 = (...shape: TensorType['shape']): TensorType => ({ dtype: 'f32', shape })
const filled = (shape: readonly number[], element: (i: number) => number) => ({
  type: f32(...shape),
  data: Float32Array.from({ length: shape.reduce((count, extent) => count * extent, 1) }, (_, i) => element(i)),
})
const plain: DeformConvAttributes = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], group: 1, offsetGroup: 1 }

interface Case extends Partial<DeformConvAttributes> {
  readonly x: readonly [number, number, number, number]
  readonly w: readonly [number, number, number, number]
  readonly outputs: readonly [number, number]
  readonly withBias?: boolean
  readonly withMask?: boolean
}

const multiples = (i: number): number => ((i * 7) % 11) - 5
/** Offsets in quarters, some of which leave the image. */
const quarters = (i: number): number => (((i * 13) % 23) - 11) / 4

function inputsOf({ x, w, outputs, withBias = false, withMask = false, offsetGroup = 1 }: Case) {
  const taps = offsetGroup * w[2] * w[3]
  return {
    x: filled(x, multiples),
    w: filled(w, (i) => multiples(i + 3)),
    offset: filled([x[0], 2 * taps, ...outputs], quarters),
    bias: withBias ? filled([w[0]], (i) => 100 * i) : undefined,
    mask: withMask ? filled([x[0], taps, ...outputs], (i) => (i % 5) / 4) : undefined,
  }
}

function byDefinition(one: Case): readonly number[] {
  const { x, w, offset, bias, mask } = inputsOf(one)
  const types = { x: x.type, w: w.type, offset: offset.type, bias: bias?.type, mask: mask?.type }
  const given = [x, w, offset, bias, mask].filter((tensor) => tensor !== undefined)
  return Array.from(runOperation(deformConvOp(types, { ...plain, ...one }), given)[0] ?? [], Number)
}

/** As the text of the operator says, one sample after the other. */
function byLoops(one: Case): readonly number[] {
  const { strides, dilations, pads, group, offsetGroup } = { ...plain, ...one }
  const { x, w, offset, bias, mask } = inputsOf(one)
  const [images, channels, height, width] = one.x
  const [features, within, kernelHeight, kernelWidth] = one.w
  const [rows, columns] = one.outputs
  const element = (n: number, c: number, row: number, column: number): number =>
    row < 0 || column < 0 || row >= height || column >= width
      ? 0
      : x.data[((n * channels + c) * height + row) * width + column]!
  const sample = (n: number, c: number, row: number, column: number): number => {
    const [top, left] = [Math.floor(row), Math.floor(column)]
    const [down, right] = [row - top, column - left]
    const mixed = (at: number) => (1 - right) * element(n, c, at, left) + right * element(n, c, at, left + 1)
    return (1 - down) * mixed(top) + down * mixed(top + 1)
  }
  const results: number[] = []
  for (let n = 0; n < images; n++) {
    for (let f = 0; f < features; f++) {
      for (let at = 0; at < rows * columns; at++) {
        const [i, j] = [Math.floor(at / columns), at % columns]
        let sum = bias?.data[f] ?? 0
        for (let k = 0; k < within * kernelHeight * kernelWidth; k++) {
          const tap = k % (kernelHeight * kernelWidth)
          const [a, b] = [Math.floor(tap / kernelWidth), tap % kernelWidth]
          const c = Math.floor(f / (features / group)) * within + Math.floor(k / (kernelHeight * kernelWidth))
          const part = Math.floor(c / (channels / offsetGroup)) * kernelHeight * kernelWidth + tap
          const taps = offsetGroup * kernelHeight * kernelWidth
          const shift = (d: number) => offset.data[((n * taps + part) * 2 + d) * rows * columns + at]!
          const row = i * strides[0]! - pads[0]! + a * dilations[0]! + shift(0)
          const column = j * strides[1]! - pads[1]! + b * dilations[1]! + shift(1)
          const factor = mask?.data[(n * taps + part) * rows * columns + at] ?? 1
          sum += sample(n, c, row, column) * factor * w.data[f * within * kernelHeight * kernelWidth + k]!
        }
        results.push(sum)
      }
    }
  }
  return results
}

describe('DeformConv', () => {
  test('moves each element of a window by its offset', () => {
    const x = filled([1, 1, 1, 4], (i) => 10 * (i + 1))
    const w = filled([1, 1, 1, 2], () => 1)
    // Rows first; the second element of the second window is half a row and a half column away.
    const offset = filled([1, 4, 1, 3], (i) => [0, 0, 0, 0, 1, 0, 0, 0.5, 9, 0, 0.5, 0][i] ?? 0)
    const operation = deformConvOp(
      { x: x.type, w: w.type, offset: offset.type, bias: undefined, mask: undefined },
      plain,
    )
    expect(runOperation(operation, [x, w, offset])[0]).toEqual(Float32Array.of(10 + 20, 30 + 0.5 * 35, 30))
  })

  // All sums are exact in f32.
  test.each<readonly [string, Case]>([
    ['plain', { x: [2, 3, 5, 4], w: [2, 3, 3, 2], outputs: [3, 3] }],
    [
      'window',
      { x: [1, 2, 6, 5], w: [3, 2, 2, 3], outputs: [4, 3], strides: [2, 1], dilations: [1, 2], pads: [2, 1, 0, 1] },
    ],
    ['groups', { x: [2, 4, 4, 4], w: [6, 2, 2, 2], outputs: [3, 3], group: 2, withBias: true }],
    ['offset groups', { x: [1, 4, 4, 4], w: [2, 4, 2, 2], outputs: [3, 3], offsetGroup: 2, withMask: true }],
    [
      'all',
      { x: [1, 4, 4, 4], w: [4, 1, 2, 2], outputs: [3, 3], group: 4, offsetGroup: 2, withBias: true, withMask: true },
    ],
    ['no images', { x: [0, 1, 2, 2], w: [1, 1, 1, 1], outputs: [2, 2], withBias: true }],
    ['one element', { x: [1, 1, 1, 1], w: [1, 1, 1, 1], outputs: [1, 1], withMask: true }],
  ])('is the sum over its samples: %s', (_, one) => {
    expect(byDefinition(one).map((value) => value + 0)).toEqual(byLoops(one).map((value) => value + 0))
  })

  test('refuses shapes that do not fit', () => {
    const error = (offset: readonly number[], mask: readonly number[] | undefined, attributes = {}) => {
      const types = { x: f32(1, 4, 3, 3), w: f32(2, 4, 2, 2), offset: f32(...offset), bias: undefined }
      const operands = { ...types, mask: mask === undefined ? undefined : f32(...mask) }
      return String(thrownBy(() => deformConvOp(operands, { ...plain, ...attributes })))
    }
    expect(error([1, 8, 3, 2], undefined)).toMatch(/offsets \[1, 8, 3, 2\] where \[1, 8, 2, 2\] are wanted/)
    expect(error([1, 8, 2, 2], [1, 8, 2, 2])).toMatch(/the mask \[1, 8, 2, 2\] where \[1, 4, 2, 2\] are wanted/)
    expect(error([1, 24, 2, 2], undefined, { offsetGroup: 3 })).toMatch(/3 groups of offsets/)
  })
})
