import { propertyRuns, runOperation, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { averagePoolOp, globalAveragePoolOp, globalMaxPoolOp, lpPoolOp } from './pool.js'
import type { AutoPad } from './window.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const iota = (count: number, from = 0): Float32Array => Float32Array.from({ length: count }, (_, i) => i + from)

describe('AveragePool', () => {
  test('is the mean of what is inside, or inside the padding', () => {
    const cases = fc.record({
      extent: fc.integer({ min: 3, max: 9 }),
      kernel: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 4 }),
      dilation: fc.integer({ min: 1, max: 3 }),
      pads: fc.tuple(fc.nat(3), fc.nat(3)),
      ceilMode: fc.boolean(),
      countIncludePad: fc.boolean(),
    })
    fc.assert(
      fc.property(cases, ({ extent, kernel, stride, dilation, pads, ceilMode, countIncludePad }) => {
        const [begin, end] = pads
        const room = extent + begin + end - ((kernel - 1) * dilation + 1)
        fc.pre(room >= 0)
        const type = f32(1, 2, extent)
        const attributes = {
          kernel: [kernel],
          strides: [stride],
          dilations: [dilation],
          pads,
          ceilMode,
          countIncludePad,
        }
        const operation = averagePoolOp(type, { ...attributes, autoPad: 'NOTSET' })
        const data = iota(2 * extent, 1)
        const [means] = runOperation(operation, [{ type, data }])
        const expected: number[] = []
        for (const plane of [0, 1]) {
          for (let start = -begin; start <= (ceilMode ? extent - 1 : room - begin); start += stride) {
            // Rounded up, the last window is the first one that reaches the end of the padding.
            if (ceilMode && start + begin - stride >= room) break
            let [sum, count] = [0, 0]
            for (let k = 0; k < kernel; k++) {
              const at = start + k * dilation
              const isInside = at >= 0 && at < extent
              if (isInside) sum += data[plane * extent + at] ?? Number.NaN
              if (isInside || (countIncludePad && at < extent + end)) count += 1
            }
            expected.push(Math.fround(sum / count))
          }
        }
        expect(Array.from(means ?? [], Number)).toEqual(expected)
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('pads by itself, and counts that padding where asked to', () => {
    const x = { type: f32(1, 1, 3), data: Float32Array.of(2, 4, 6) }
    const same = (autoPad: AutoPad, countIncludePad: boolean) => {
      const attributes = { kernel: [2], strides: [1], dilations: [1], pads: [0, 0], ceilMode: false }
      return runOperation(averagePoolOp(x.type, { ...attributes, autoPad, countIncludePad }), [x])[0]
    }
    expect(same('SAME_UPPER', false)).toEqual(Float32Array.of(3, 5, 6))
    expect(same('SAME_UPPER', true)).toEqual(Float32Array.of(3, 5, 3))
    expect(same('SAME_LOWER', false)).toEqual(Float32Array.of(2, 3, 5))
    expect(same('VALID', true)).toEqual(Float32Array.of(3, 5))
  })
})

test('LpPool is the p-norm of each window', () => {
  const x = { type: f32(1, 1, 3), data: Float32Array.of(3, -4, 0) }
  const pool = (p: number) => {
    const attributes = { kernel: [2], strides: [1], dilations: [1], pads: [0, 1], autoPad: 'NOTSET' } as const
    const [lengths] = runOperation(lpPoolOp(x.type, { ...attributes, ceilMode: false, p }), [x])
    return Array.from(lengths ?? [], Number)
  }
  expect(pool(1)).toEqual([7, 4, 0])
  expect(pool(2)).toEqual([5, 4, 0])
  expect(pool(3)).toEqual([expect.closeTo(Math.cbrt(91), 4), expect.closeTo(4, 4), 0])
})

test('global pooling folds whole planes', () => {
  const x = { type: f32(1, 2, 2, 2), data: Float32Array.of(1, 2, 3, 6, -5, -1, -2, -4) }
  expect(globalAveragePoolOp(x.type).outputs[0]?.shape).toEqual([1, 2, 1, 1])
  expect(runOperation(globalAveragePoolOp(x.type), [x])[0]).toEqual(Float32Array.of(3, -3))
  expect(runOperation(globalMaxPoolOp(x.type), [x])[0]).toEqual(Float32Array.of(6, -1))
  expect(thrownBy(() => globalMaxPoolOp(f32(2, 2)))).toMatchObject({ code: 'graph/shape' })
})
