import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  arrayFor,
  bfloatToFloat,
  boundaryBytes,
  elementFor,
  elementValue,
  floatToBfloat,
  floatToHalf,
  fromDevice,
  halfToFloat,
  isArrayFor,
  isDirect,
  type TensorArray,
  toDevice,
} from './elements.js'
import type { DeviceDType, TensorDType } from './plan.js'

const dtypes: readonly TensorDType[] = ['f32', 'f16', 'bf16', 'i64', 'i32', 'u32', 'i8', 'u8', 'bool']
const deviceDType = (dtype: TensorDType): DeviceDType => (dtype === 'i64' ? 'i32' : dtype)

describe('half precision', () => {
  test('every bit pattern is the value that IEEE 754 says, and goes back to itself', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
      const value = halfToFloat(bits)
      if (exponent === 31 && fraction !== 0) {
        expect(value).toBeNaN()
        expect(floatToHalf(value)).toBe(0x7e00)
        continue
      }
      const magnitude =
        exponent === 31
          ? Number.POSITIVE_INFINITY
          : exponent === 0
            ? fraction / 2 ** 24
            : (1024 + fraction) * 2 ** (exponent - 25)
      if (!Object.is(value, bits < 0x8000 ? magnitude : -magnitude)) expect.fail(`0x${bits.toString(16)} is ${value}`)
      if (floatToHalf(value) !== bits) expect.fail(`0x${bits.toString(16)} became 0x${floatToHalf(value).toString(16)}`)
    }
  })

  test('halfway between two neighbours goes to the even one, and anything beyond to the nearer', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      // Exact: the sum of two halves has 12 bits.
      const middle = (halfToFloat(bits) + halfToFloat(bits + 1)) / 2
      const nearby = middle * 2 ** -50
      const got = [middle - nearby, middle, middle + nearby].map(floatToHalf)
      const want = [bits, bits % 2 === 0 ? bits : bits + 1, bits + 1]
      if (got.join() !== want.join()) expect.fail(`around ${middle}: ${got}, expected ${want}`)
    }
    expect([65519.999999999, 65520, -65520, Number.MAX_VALUE].map(floatToHalf)).toEqual([
      0x7bff, 0x7c00, 0xfc00, 0x7c00,
    ])
    expect([-0, Number.MIN_VALUE, -1e-9].map(floatToHalf)).toEqual([0x8000, 0, 0x8000])
  })
})

describe('bfloat16', () => {
  const upper = (bits: number): number => new Float32Array(Uint32Array.of(bits * 2 ** 16).buffer)[0] ?? 0

  test('every bit pattern is the upper half of an f32, and goes back to itself', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = bfloatToFloat(bits)
      if (!Object.is(value, upper(bits))) expect.fail(`0x${bits.toString(16)} is ${value}`)
      const back = floatToBfloat(value)
      if (back !== (Number.isNaN(value) ? 0x7fc0 : bits)) expect.fail(`${value} became 0x${back.toString(16)}`)
    }
  })

  test('halfway between two neighbours goes to the even one, and anything beyond to the nearer', () => {
    for (let bits = 0; bits < 0x7f7f; bits++) {
      const word = bits * 2 ** 16 + 2 ** 15
      const around = [...new Float32Array(Uint32Array.of(word - 1, word, word + 1).buffer)]
      const want = [bits, bits % 2 === 0 ? bits : bits + 1, bits + 1]
      for (const sign of [1, -1]) {
        const got = around.map((value) => floatToBfloat(sign * value) - (sign === 1 ? 0 : 0x8000))
        if (got.join() !== want.join()) expect.fail(`around ${around[1]}: ${got}, expected ${want}`)
      }
    }
    const most = upper(0x7f7f)
    expect([most, most * 1.00196, most * 1.00197, -Infinity, 1e300].map(floatToBfloat)).toEqual([
      0x7f7f, 0x7f7f, 0x7f80, 0xff80, 0x7f80,
    ])
    expect([-0, 1e-46, -1e-46, Number.NaN].map(floatToBfloat)).toEqual([0x8000, 0, 0x8000, 0x7fc0])
  })
})

test('elements stand for values', () => {
  const values = [1.5, -2, 0.25]
  const elements = [
    ['f16', [0x3e00, 0xc000, 0x3400]],
    ['bf16', [0x3fc0, 0xc000, 0x3e80]],
    ['f32', values],
  ] as const
  for (const [dtype, expected] of elements) {
    expect(values.map((value) => elementFor(dtype, value))).toEqual(expected)
    expect(expected.map((element) => elementValue(dtype, element))).toEqual(values)
  }
})

describe('elements', () => {
  const values = (dtype: TensorDType): fc.Arbitrary<TensorArray> => {
    switch (dtype) {
      case 'f32':
        return fc.float32Array()
      case 'f16':
      case 'bf16':
        // A NaN comes back as the quiet one, so none is drawn.
        return fc.uint16Array().map((array) => array.filter((bits) => !Number.isNaN(elementValue(dtype, bits))))
      case 'i64':
        return fc.array(fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n - 1n })).map((array) => BigInt64Array.from(array))
      case 'i32':
        return fc.int32Array()
      case 'u32':
        return fc.uint32Array()
      case 'i8':
        return fc.int8Array()
      case 'u8':
        return fc.uint8Array()
      case 'bool':
        return fc.uint8Array({ max: 1 })
    }
  }

  test.each(dtypes.flatMap((dtype) => [boundaryBytes(dtype), 4].map((bytes) => [dtype, bytes] as const)))(
    '%s comes back unchanged from %i bytes an element',
    (dtype, bytes) => {
      const buffer = { dtype: deviceDType(dtype), elementBytes: dtype === 'i64' ? 4 : bytes }
      fc.assert(
        fc.property(values(dtype), (data) => {
          const onDevice = toDevice('t', dtype, data, buffer)
          expect(onDevice.byteLength).toBe(data.length * buffer.elementBytes)
          const back = fromDevice(dtype, onDevice.slice(), data.length, buffer)
          expect(isArrayFor(dtype, back)).toBe(true)
          expect(back).toEqual(data)
        }),
      )
    },
  )

  test('narrow elements take whole words where the device says so', () => {
    const words = (dtype: TensorDType, data: TensorArray): number[] => [
      ...new Int32Array(toDevice('t', dtype, data, { dtype: deviceDType(dtype), elementBytes: 4 }).slice().buffer),
    ]
    expect(words('i8', Int8Array.of(-1, 127))).toEqual([-1, 127])
    expect(words('u8', Uint8Array.of(255, 1))).toEqual([255, 1])
    expect(words('bool', Uint8Array.of(1, 0))).toEqual([1, 0])
    expect(words('i64', BigInt64Array.of(-5n, 7n))).toEqual([-5, 7])
    expect(words('f16', Uint16Array.of(0x3c00))).toEqual([0x3f800000])
  })

  test('a bool is 0 or 1 whatever word the device holds', () => {
    const bytes = new Uint8Array(Uint32Array.of(0, 1, 0xffffffff).buffer)
    expect(fromDevice('bool', bytes, 3, { dtype: 'bool', elementBytes: 4 })).toEqual(Uint8Array.of(0, 1, 1))
  })

  test('elements may begin inside a larger array', () => {
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3)
    const buffer = { dtype: 'f32', elementBytes: 4 } as const
    expect(fromDevice('f32', toDevice('t', 'f32', data, buffer).slice(), 2, buffer)).toEqual(Float32Array.of(2, 3))
  })

  test.each([2n ** 31n, -(2n ** 31n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)])('the int64 %s is out of range', (value) => {
    const convert = (): unknown =>
      toDevice('ids', 'i64', BigInt64Array.of(0n, value), { dtype: 'i32', elementBytes: 4 })
    expect(convert).toThrow(`"ids" holds the int64 value ${value} at element 1, which does not fit 32 bits`)
    expect(convert).toThrow(expect.objectContaining({ name: 'PlanError', code: 'run/range' }))
  })

  test('which bytes are the same on both sides', () => {
    const direct = dtypes.map((dtype) => [
      dtype,
      ...[1, 2, 4].filter((elementBytes) => isDirect(dtype, { dtype: deviceDType(dtype), elementBytes })),
    ])
    expect(direct).toEqual([
      ['f32', 4],
      ['f16', 2],
      ['bf16', 2],
      ['i64'],
      ['i32', 4],
      ['u32', 4],
      ['i8', 1],
      ['u8', 1],
      ['bool', 1],
    ])
  })

  test('arrays of the boundary hold zeros', () => {
    expect(arrayFor('i64', 2)).toEqual(BigInt64Array.of(0n, 0n))
    expect(isArrayFor('f16', arrayFor('f16', 0))).toBe(true)
    expect(isArrayFor('u8', new Int8Array(1))).toBe(false)
  })
})
