import { runOperation, thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { type DftAttributes, dftOp, stftOp } from './fourier.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
type Complex = readonly [re: number, im: number]

const signal = (count: number): readonly Complex[] =>
  Array.from({ length: count }, (_, i) => [Math.fround(Math.sin(3 * i + 1)), Math.fround(Math.cos(i * i))] as const)

/** The transform by its formula; elements beyond the signal are 0. */
function transformed(x: readonly Complex[], length: number, inverse: boolean): readonly Complex[] {
  return Array.from({ length }, (_, k) => {
    const sum = [0, 0]
    for (const [n, [re, im]] of x.slice(0, length).entries()) {
      const angle = ((inverse ? 2 : -2) * Math.PI * k * n) / length
      sum[0]! += re * Math.cos(angle) - im * Math.sin(angle)
      sum[1]! += re * Math.sin(angle) + im * Math.cos(angle)
    }
    return [sum[0]! / (inverse ? length : 1), sum[1]! / (inverse ? length : 1)] as const
  })
}

function dft(x: readonly Complex[], parts: 1 | 2, attributes: Partial<DftAttributes> = {}) {
  const type = f32(1, x.length, parts)
  const data = Float32Array.from(x.flatMap((value) => value.slice(0, parts)))
  const operation = dftOp(type, { axis: 1, length: undefined, inverse: false, onesided: false, ...attributes })
  return [...(runOperation(operation, [{ type, data }])[0] ?? [])]
}

const near = (values: readonly Complex[]) => values.flat().map((value) => expect.closeTo(value, 4))
const real = (x: readonly Complex[]): readonly Complex[] => x.map(([re]) => [re, 0])

describe('DFT', () => {
  test.each([1, 2, 5, 8, 12])('of %d elements, forth and back', (count) => {
    const x = signal(count)
    expect(dft(x, 2)).toEqual(near(transformed(x, count, false)))
    expect(dft(x, 2, { inverse: true })).toEqual(near(transformed(x, count, true)))
    expect(dft(x, 1)).toEqual(near(transformed(real(x), count, false)))
  })

  test.each([4, 7, 9])('of a signal of 6 as one of %d', (length) => {
    expect(dft(signal(6), 2, { length })).toEqual(near(transformed(signal(6), length, false)))
  })

  test.each([5, 6])('of one side of the spectrum of %d real elements', (count) => {
    const spectrum = transformed(real(signal(count)), count, false).slice(0, Math.floor(count / 2) + 1)
    expect(dft(signal(count), 1, { onesided: true })).toEqual(near(spectrum))
    const back = dft(spectrum, 2, { onesided: true, inverse: true, length: count })
    expect(back).toEqual(signal(count).map(([re]) => expect.closeTo(re, 5)))
    const even = dft(spectrum, 2, { onesided: true, inverse: true })
    expect(even).toHaveLength(2 * (spectrum.length - 1))
  })

  test('along another axis', () => {
    const type = f32(2, 3, 1)
    const operation = dftOp(type, { axis: 0, length: undefined, inverse: false, onesided: false })
    const [result] = runOperation(operation, [{ type, data: Float32Array.of(1, 2, 3, 4, 5, 6) }])
    expect(result).toEqual(Float32Array.of(5, 0, 7, 0, 9, 0, -3, 0, -3, 0, -3, 0))
  })

  test('what is no transform', () => {
    const attributes = { axis: 1, length: undefined, inverse: false, onesided: true }
    expect(thrownBy(() => dftOp(f32(1, 4, 2), attributes)).message).toContain('complex input')
    expect(thrownBy(() => dftOp(f32(1, 4, 3), attributes)).message).toContain('does not end with 1 or 2')
    expect(thrownBy(() => dftOp(f32(1, 4, 1), { ...attributes, axis: -1 })).message).toContain('complex numbers')
  })
})

describe('STFT', () => {
  const x = signal(11)
  const type = f32(1, 11, 1)
  const data = Float32Array.from(x.map(([re]) => re))

  test('frames are transformed, times the window', () => {
    const weights = Float32Array.of(0.25, 1, 1, 0.5)
    const window = { type: f32(4), data: weights }
    const operation = stftOp(type, window.type, { step: 3, length: undefined, onesided: true })
    expect(operation.outputs[0]?.shape).toEqual([1, 3, 3, 2])
    const frames = [0, 3, 6].flatMap((start) => {
      const frame = weights.map((weight, i) => weight * (data[start + i] ?? 0))
      return transformed(
        [...frame].map((value) => [value, 0]),
        4,
        false,
      ).slice(0, 3)
    })
    expect([...(runOperation(operation, [{ type, data }, window])[0] ?? [])]).toEqual(near(frames))
  })

  test('without a window, both sides', () => {
    const operation = stftOp(type, undefined, { step: 4, length: 5, onesided: false })
    const frames = [0, 4].flatMap((start) => transformed(real(x.slice(start, start + 5)), 5, false))
    expect([...(runOperation(operation, [{ type, data }])[0] ?? [])]).toEqual(near(frames))
    const complex = () => stftOp(f32(1, 8, 2), undefined, { step: 4, length: 4, onesided: true })
    expect(thrownBy(complex).message).toContain('complex input')
  })
})
