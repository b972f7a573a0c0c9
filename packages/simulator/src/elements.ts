/**
 * Elements in memory and out of it: the arrays that callers give (in the storage dtype) and the numbers that
 * expressions compute with. Every value of every dtype is exact as a JavaScript number, so the simulator computes on
 * Float64Arrays and narrows at each store.
 */
import type { DType } from '@tilewright/ir'

/**
 * Elements of a buffer: f32 in a Float32Array, f16 and bf16 as their bits in a Uint16Array, i32 in an Int32Array, u32 in a
 * Uint32Array, i8 in an Int8Array, u8 and bool (0 or 1) in a Uint8Array.
 */
export type TypedArray = Float32Array | Uint16Array | Int32Array | Uint32Array | Int8Array | Uint8Array

type ArrayConstructor = { new (count: number): TypedArray }

const arrays: Readonly<Record<DType, ArrayConstructor>> = {
  f32: Float32Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
}

/** `count` zeros of `dtype`. */
export function allocate(dtype: DType, count: number): TypedArray {
  return new arrays[dtype](count)
}

/** Whether the array is of the kind that holds `dtype`. */
export function holds(dtype: DType, array: TypedArray): boolean {
  return array instanceof arrays[dtype]
}

/** Where the bits of a number are looked at. */
const float = new DataView(new ArrayBuffer(8))

const powers = Float64Array.from({ length: 41 }, (_, i) => 2 ** (i - 15))

/** From 2^-15 to 2^25: an array is faster than a power, and f16 are converted at each access. */
function powerOfTwo(exponent: number): number {
  return powers[exponent + 15] ?? Number.NaN
}

/** The value of an IEEE 754 binary16 number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * powerOfTwo(exponent - 15)
}

/** The nearest binary16 number as bits, ties to even; from 65520 on that is infinity. */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude >= 65520) return sign | 0x7c00
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24)
  float.setFloat64(0, magnitude)
  const exponent = (float.getUint16(0) >> 4) - 1023
  // A significand that rounds up to 2048 carries into the exponent, as it should.
  return sign | (((exponent + 14) << 10) + roundToEven(magnitude * powerOfTwo(10 - exponent)))
}

function roundToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}

/** The value of a bfloat16 number: its bits are the first of an f32. */
export function bfloatToNumber(bits: number): number {
  float.setUint32(0, bits * 0x10000)
  return float.getFloat32(0)
}

/** The bfloat16 number nearest to an f32 as bits, ties to even. */
export function numberToBfloat(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0
  float.setFloat32(0, value)
  // A fraction that rounds up to its end carries into the exponent, and from there into infinity.
  return roundToEven(float.getUint32(0) / 0x10000)
}

interface Half {
  readonly toNumber: (bits: number) => number
  readonly toBits: (value: number) => number
}

/** What is stored as bits. */
const halves: Readonly<Partial<Record<DType, Half>>> = {
  f16: { toNumber: halfToNumber, toBits: numberToHalf },
  bf16: { toNumber: bfloatToNumber, toBits: numberToBfloat },
}

const same = (value: number): number => value

/** What a store does to a value of the compute type, and a load then gives back. */
const narrowings: Readonly<Record<DType, (value: number) => number>> = {
  f32: same,
  f16: (value) => halfToNumber(numberToHalf(value)),
  bf16: (value) => bfloatToNumber(numberToBfloat(value)),
  i32: same,
  u32: same,
  i8: (value) => (value << 24) >> 24,
  u8: (value) => value & 255,
  bool: same,
}

export function narrowing(dtype: DType): (value: number) => number {
  return narrowings[dtype]
}

/** The values of stored elements. */
export function widen(dtype: DType, array: TypedArray): Float64Array {
  const half = halves[dtype]
  return half === undefined ? new Float64Array(array) : Float64Array.from(array, half.toNumber)
}

/** Stores values of the compute type; `values` and `array` have one length. */
export function narrowInto(dtype: DType, values: Float64Array, array: TypedArray): void {
  const half = halves[dtype]
  array.set(half === undefined ? values : values.map(half.toBits))
}
