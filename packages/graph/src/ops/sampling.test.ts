import { propertyRuns, runOperation, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { col2ImOp } from './col2im.js'
import { detOp } from './determinant.js'
import { type GridSampleAttributes, gridSampleOp } from './grid-sample.js'

const f32 = (...shape: TensorType['shape']): TensorType => ({ dtype: 'f32', shape })
const floats = (shape: readonly number[], ...values: readonly number[]) => ({
  type: f32(...shape),
  data: Float32Array.from(values),
})
const numbers = (result: ArrayLike<number> | undefined): readonly number[] => Array.from(result ?? [], Number)

/** Samples of the row 10, 20, 30, 40 at positions among its elements, -0.5 to 3.5 being the whole. */
function sampled(attributes: Partial<GridSampleAttributes>, ...positions: readonly number[]): readonly number[] {
  const x = floats([1, 1, 4], 10, 20, 30, 40)
  const { alignCorners = false } = attributes
  const normal = positions.map((at) => (alignCorners ? (at / 3) * 2 - 1 : ((at + 0.5) / 4) * 2 - 1))
  const grid = floats([1, positions.length, 1], ...normal)
  const all = { mode: 'linear', padding: 'zeros', alignCorners, ...attributes } as const
  return numbers(runOperation(gridSampleOp(x.type, grid.type, all), [x, grid])[0])
}
const near = (actual: readonly number[], ...wanted: readonly number[]): void => {
  expect(actual).toHaveLength(wanted.length)
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 3)
}

describe('GridSample', () => {
  test.each([true, false])('linear, with aligned corners: %s', (alignCorners) => {
    near(sampled({ alignCorners }, 0, 1.25, 3, -0.25, 3.5, -1, 9, -1e30), 10, 22.5, 40, 7.5, 20, 0, 0, 0)
    near(sampled({ alignCorners, padding: 'border' }, -0.25, 3.5, -7, 1e9, 2.5), 10, 40, 10, 40, 35)
  })

  test('reflection is about the edges, or about the elements there', () => {
    near(sampled({ padding: 'reflection' }, -0.5, -1, -1.5, 4, 4.5, 11, 12.25), 10, 10, 15, 40, 35, 40, 37.5)
    near(sampled({ padding: 'reflection', alignCorners: true }, -0.5, -1, 3.5, 4, 7), 15, 20, 35, 30, 20)
  })

  test('nearest rounds halves to even', () => {
    near(sampled({ mode: 'nearest' }, 0.5, 1.5, 2.5, -0.5, -0.6, 3.4), 10, 30, 30, 10, 0, 40)
    near(sampled({ mode: 'nearest', padding: 'reflection' }, -1, -2, 4, 5), 10, 20, 40, 30)
  })

  test('cubic goes through the elements; between them neighbours count by the kernel', () => {
    near(sampled({ mode: 'cubic' }, 1, 2, 1.5), 20, 30, 0.59375 * 50 - 0.09375 * 50)
    near(sampled({ mode: 'cubic', padding: 'border' }, 0.5), 0.59375 * 30 - 0.09375 * 40)
    near(sampled({ mode: 'cubic', padding: 'reflection' }, 0.5), 0.59375 * 30 - 0.09375 * 40)
  })

  test('the last dimension comes first in the grid; channels share it', () => {
    const x = floats([1, 2, 2, 3], 0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15)
    const grid = floats([1, 1, 2, 2], 1, -1, 0, 1)
    const operation = gridSampleOp(x.type, grid.type, { mode: 'linear', padding: 'zeros', alignCorners: true })
    expect(operation.outputs).toEqual([f32(1, 2, 1, 2)])
    expect(numbers(runOperation(operation, [x, grid])[0])).toEqual([2, 4, 12, 14])
    const volume = floats([1, 1, 1, 2, 1], 5, 7)
    const point = floats([1, 1, 1, 1, 3], 0, 0, 0)
    const middle = gridSampleOp(volume.type, point.type, { mode: 'linear', padding: 'border', alignCorners: false })
    expect(numbers(runOperation(middle, [volume, point])[0])).toEqual([6])
  })

  test('grids of another rank are refused', () => {
    const attributes = { mode: 'linear', padding: 'zeros', alignCorners: false } as const
    expect(thrownBy(() => gridSampleOp(f32(1, 1, 4), f32(1, 2, 2), attributes)).message).toContain('not sampled at')
  })
})

test('Col2Im adds blocks where they lie over each other', () => {
  const placing = fc.record({
    block: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    begin: fc.integer({ min: 0, max: 2 }),
    end: fc.integer({ min: 0, max: 2 }),
    image: fc.integer({ min: 5, max: 7 }),
  })
  const property = fc.property(placing, ({ block, stride, dilation, begin, end, image }) => {
    const blocks = Math.floor((image + begin + end - dilation * (block - 1) - 1) / stride) + 1
    const x = floats([1, 2 * block, blocks], ...Array.from({ length: 2 * block * blocks }, (_, i) => i + 1))
    const wanted = new Float32Array(2 * image)
    for (let c = 0; c < 2; c++) {
      for (let k = 0; k < block; k++) {
        for (let at = 0; at < blocks; at++) {
          const to = at * stride + k * dilation - begin
          if (to >= 0 && to < image) wanted[c * image + to]! += x.data[(c * block + k) * blocks + at]!
        }
      }
    }
    const operation = col2ImOp(x.type, {
      image: [image],
      block: [block],
      strides: [stride],
      dilations: [dilation],
      pads: [begin, end],
    })
    expect(runOperation(operation, [x])[0]).toEqual(wanted)
  })
  fc.assert(property, { numRuns: propertyRuns() })
})

describe('Det', () => {
  test.each([
    { rows: 1, elements: [7], determinant: 7 },
    { rows: 2, elements: [1, 2, 3, 4], determinant: -2 },
    { rows: 3, elements: [2, 0, 1, 1, 3, 2, 1, 1, 1], determinant: 0 },
    { rows: 4, elements: [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 5, 0, 0, 3], determinant: -6 },
  ])('of $rows rows', ({ rows, elements, determinant }) => {
    const x = floats([2, rows, rows], ...elements, ...elements.map((value) => -value))
    const sign = rows % 2 === 0 ? 1 : -1
    expect(numbers(runOperation(detOp(x.type), [x])[0])).toEqual([determinant, sign * determinant + 0])
  })

  test('what is not square or too large is refused', () => {
    expect(thrownBy(() => detOp(f32(2, 3))).message).toContain('no square')
    expect(thrownBy(() => detOp(f32(5, 5)))).toMatchObject({ code: 'graph/determinant' })
  })
})
