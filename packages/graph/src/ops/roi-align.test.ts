import { propertyRuns, runOperation, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { type RoiAlignAttributes, roiAlignOp } from './roi-align.js'

const tensor = (dtype: TensorType['dtype'], ...shape: TensorType['shape']): TensorType => ({ dtype, shape })
const plain: RoiAlignAttributes = { mode: 'avg', output: [1, 1], samples: 1, scale: 1, halfPixel: false }

/** Regions of two images of one channel, 3×4: 0, 1, 2, … and the same from 100 on. */
function aligned(attributes: Partial<RoiAlignAttributes>, ...regions: readonly (readonly number[])[]) {
  const x = {
    type: tensor('f32', 2, 1, 3, 4),
    data: Float32Array.from({ length: 24 }, (_, i) => (i % 12) + (i < 12 ? 0 : 100)),
  }
  const rois = {
    type: tensor('f32', regions.length, 4),
    data: Float32Array.from(regions.flatMap((one) => one.slice(1))),
  }
  const images = { type: tensor('i64', regions.length), data: Int32Array.from(regions.map(([image]) => image ?? 0)) }
  const operation = roiAlignOp(x.type, rois.type, images.type, { ...plain, ...attributes })
  return Array.from(runOperation(operation, [x, rois, images])[0] ?? [], Number)
}

describe('RoiAlign', () => {
  test('the middle of a region, by where the middle of an element is', () => {
    // Row 1, column 1.5.
    expect(aligned({}, [0, 1, 0, 2, 2])).toEqual([5.5])
    expect(aligned({ halfPixel: true }, [1, 1, 0, 2, 2])).toEqual([100 + 0.5 * 4 + 1])
    expect(aligned({ scale: 0.5 }, [0, 2, 0, 4, 4])).toEqual([5.5])
  })

  test('averages of samples, or the largest of the weighted elements', () => {
    // Rows 0.5 and 1.5, columns 0.5 and 1.5: 2.5, 3.5, 6.5, 7.5.
    expect(aligned({ samples: 2 }, [0, 0, 0, 2, 2])).toEqual([5])
    expect(aligned({ samples: 2, mode: 'max' }, [0, 0, 0, 2, 2])).toEqual([10 / 4])
    expect(aligned({ output: [2, 1] }, [0, 0, 0, 2, 2])).toEqual([3, 7])
    expect(aligned({ output: [1, 2] }, [0, 0, 0, 2, 2], [1, 0, 0, 2, 2])).toEqual([4.5, 5.5, 104.5, 105.5])
  })

  test('up to an element outside there is the edge, then nothing', () => {
    expect(aligned({}, [1, -1.5, -1.5, -0.5, -0.5])).toEqual([100])
    expect(aligned({}, [1, -2, -2, -1, -1])).toEqual([0])
    expect(aligned({}, [0, 3, 2, 5, 4])).toEqual([11])
    expect(aligned({}, [0, 4, 2, 5, 4])).toEqual([0])
    expect(aligned({}, [0, 1e30, 0, 2e30, 1])).toEqual([0])
  })

  test('regions have an extent of 1 at least, unless halves are the middle', () => {
    expect(aligned({}, [0, 1, 1, 1, 1])).toEqual([7.5])
    expect(aligned({ halfPixel: true }, [0, 1.5, 1.5, 1.5, 1.5])).toEqual([5])
  })

  test('adaptive means are those of as many samples as a result has elements', () => {
    const image = (row: number, column: number): number => {
      if (row < -1 || row > 3 || column < -1 || column > 4) return 0
      const kept = (at: number, extent: number) => Math.min(Math.max(at, 0), extent - 1)
      // The image is linear between its elements.
      return 4 * kept(row, 3) + kept(column, 4)
    }
    // No sample stands on the edge, and no rounding decides how many samples there are.
    const corner = fc.integer({ min: -30, max: 90 }).map((eighths) => Math.fround(eighths / 8 + 0.0137))
    const isSteady = (length: number, extent: number): boolean => Math.abs((length / extent) % 1) > 1e-3
    const property = fc.property(fc.tuple(corner, corner, corner, corner), fc.boolean(), (corners, halfPixel) => {
      const output = [2, 3] as const
      fc.pre(output.every((extent, d) => isSteady(corners[3 - d]! - corners[1 - d]!, extent)))
      const shift = halfPixel ? 0.5 : 0
      const sides = output.map((extent, d) => {
        const start = corners[1 - d]! - shift
        const whole = corners[3 - d]! - shift - start
        const one = (halfPixel ? whole : Math.max(whole, 1)) / extent
        return { start, one, count: Math.ceil(one) }
      })
      const [rows, columns] = sides as [(typeof sides)[0], (typeof sides)[0]]
      const wanted = Array.from({ length: 6 }, (_, at) => {
        let sum = 0
        for (let i = 0; i < rows.count; i++) {
          for (let j = 0; j < columns.count; j++) {
            const row = rows.start + (Math.floor(at / 3) + (i + 0.5) / rows.count) * rows.one
            sum += image(row, columns.start + ((at % 3) + (j + 0.5) / columns.count) * columns.one)
          }
        }
        return sum / Math.max(1, rows.count * columns.count)
      })
      const found = aligned({ samples: 'adaptive', output, halfPixel }, [0, ...corners])
      for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted[i]!, 3)
    })
    fc.assert(property, { numRuns: propertyRuns() })
  })

  test('of none are none', () => expect(aligned({})).toEqual([]))

  test('refuses shapes that do not fit', () => {
    const error = (...shapes: readonly [readonly number[], readonly number[], readonly number[]]) =>
      String(
        thrownBy(() =>
          roiAlignOp(tensor('f32', ...shapes[0]), tensor('f32', ...shapes[1]), tensor('i64', ...shapes[2]), plain),
        ),
      )
    expect(error([1, 1, 3], [2, 4], [2])).toBe('CompileError: RoiAlign: regions [2, 4] of images [2] of [1, 1, 3]')
    expect(error([1, 1, 3, 3], [2, 5], [2])).toMatch(/regions \[2, 5\]/)
    expect(error([1, 1, 3, 3], [2, 4], [3])).toMatch(/images \[3\]/)
  })
})
