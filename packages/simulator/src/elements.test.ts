import { describe, expect, test } from 'vitest'
import {
  allocate,
  bfloatToNumber,
  halfToNumber,
  narrowInto,
  narrowing,
  numberToBfloat,
  numberToHalf,
  widen,
} from './elements.js'

describe('binary16', () => {
  test('every number survives the way there and back', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = halfToNumber(bits)
      if (Number.isNaN(value)) expect(Number.isNaN(halfToNumber(numberToHalf(value)))).toBe(true)
      else if (numberToHalf(value) !== bits) expect(`${bits} -> ${value}`).toBe(numberToHalf(value))
    }
  })

  test('midpoints between neighbours go to the even one, anything beyond them to the nearer', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [halfToNumber(bits), halfToNumber(bits + 1)]
      const middle = (low + high) / 2
      const even = bits % 2 === 0 ? bits : bits + 1
      const nudge = (high - low) / 1000
      const got = [middle - nudge, middle, middle + nudge].map(numberToHalf)
      if (got.join() !== [bits, even, bits + 1].join()) expect(got).toEqual([bits, even, bits + 1])
    }
  })

  test.each([
    { value: 1, bits: 0x3c00 },
    { value: -2, bits: 0xc000 },
    { value: 65504, bits: 0x7bff },
    { value: 65519.99, bits: 0x7bff },
    { value: 65520, bits: 0x7c00 },
    { value: Number.NEGATIVE_INFINITY, bits: 0xfc00 },
    { value: -0, bits: 0x8000 },
    { value: 2 ** -24, bits: 1 },
    { value: 2 ** -25, bits: 0 },
    { value: Number.NaN, bits: 0x7e00 },
  ])('$value is $bits', ({ value, bits }) => expect(numberToHalf(value)).toBe(bits))
})

describe('bfloat16', () => {
  const upper = (bits: number): number => new Float32Array(Uint32Array.of(bits * 2 ** 16).buffer)[0] ?? 0

  test('every number is the upper half of an f32, and survives the way there and back', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = bfloatToNumber(bits)
      if (!Object.is(value, upper(bits))) expect(value).toBe(upper(bits))
      const back = numberToBfloat(value)
      if (back !== (Number.isNaN(value) ? 0x7fc0 : bits)) expect(`${bits} -> ${value}`).toBe(back)
    }
  })

  test('midpoints between neighbours go to the even one, anything beyond them to the nearer', () => {
    for (let bits = 0; bits < 0x7f80; bits++) {
      const word = bits * 2 ** 16 + 2 ** 15
      const got = Array.from(new Float32Array(Uint32Array.of(word - 1, word, word + 1).buffer), numberToBfloat)
      const even = bits % 2 === 0 ? bits : bits + 1
      if (got.join() !== [bits, even, bits + 1].join()) expect(got).toEqual([bits, even, bits + 1])
    }
  })

  test.each([
    { value: 1, bits: 0x3f80 },
    { value: -2, bits: 0xc000 },
    { value: Number.POSITIVE_INFINITY, bits: 0x7f80 },
    { value: -0, bits: 0x8000 },
    { value: 2 ** -149, bits: 0 },
    { value: -(2 ** -133), bits: 0x8001 },
    { value: Number.NaN, bits: 0x7fc0 },
  ])('$value is $bits', ({ value, bits }) => expect(numberToBfloat(value)).toBe(bits))
})

test('a store narrows: integers wrap, f16 and bf16 round', () => {
  expect(narrowing('i8')(200)).toBe(-56)
  expect(narrowing('u8')(-1)).toBe(255)
  expect(narrowing('f16')(1 / 3)).toBe(0.333251953125)
  expect(narrowing('bf16')(1 / 3)).toBe(0.333984375)
  expect(narrowing('f32')(0.5)).toBe(0.5)
})

test('arrays hold the storage dtype', () => {
  const halves = allocate('f16', 2)
  narrowInto('f16', Float64Array.of(1.5, -0.25), halves)
  expect(halves).toEqual(Uint16Array.of(0x3e00, 0xb400))
  expect(widen('f16', halves)).toEqual(Float64Array.of(1.5, -0.25))
  const bfloats = allocate('bf16', 2)
  narrowInto('bf16', Float64Array.of(1.5, -0.25), bfloats)
  expect(bfloats).toEqual(Uint16Array.of(0x3fc0, 0xbe80))
  expect(widen('bf16', bfloats)).toEqual(Float64Array.of(1.5, -0.25))
  expect(widen('u32', Uint32Array.of(4294967295))).toEqual(Float64Array.of(4294967295))
})
