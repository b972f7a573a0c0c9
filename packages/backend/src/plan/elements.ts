/**
 * Elements at the boundary and on the device. A device may hold an element in a wider word than the caller does: bool,
 * i8 and u8 in 32 bits, f16 and bf16 as f32; int64 is i32 on every device.
 */
import type { PlanBuffer, TensorDType } from './plan.js'
import { PlanError } from './plan-error.js'

/** Data of a tensor at the boundary: f16 and bf16 as bits, bool as 0 or 1. */
export type TensorArray = Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint32Array | Int8Array | Uint8Array

const arrays = {
  f32: Float32Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  i64: BigInt64Array,
  i32: Int32Array,
  u32: Uint32Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
} as const

/** The array that holds elements of `dtype` at the boundary. */
export function arrayFor(dtype: TensorDType, elements: number): TensorArray {
  return new arrays[dtype](elements)
}

/** Whether `data` is what the caller passes for `dtype`. */
export function isArrayFor(dtype: TensorDType, data: TensorArray): boolean {
  return data instanceof arrays[dtype]
}

/** Bytes of an element at the boundary. */
export function boundaryBytes(dtype: TensorDType): number {
  return arrays[dtype].BYTES_PER_ELEMENT
}

/** Whether the bytes of a tensor are the same at the boundary and on the device. */
export function isDirect(dtype: TensorDType, buffer: Pick<PlanBuffer, 'dtype' | 'elementBytes'>): boolean {
  return dtype !== 'i64' && boundaryBytes(dtype) === buffer.elementBytes
}

/** The bytes on the device of data at the boundary. Throws `PlanError` `run/range` for an int64 outside i32. */
export function toDevice(
  name: string,
  dtype: TensorDType,
  data: TensorArray,
  buffer: Pick<PlanBuffer, 'dtype' | 'elementBytes'>,
): Uint8Array {
  if (isDirect(dtype, buffer)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (data instanceof BigInt64Array) return bytesOf(narrow(name, data))
  if (dtype === 'f16' || dtype === 'bf16') return bytesOf(Float32Array.from(data, halves[dtype].value))
  return bytesOf(dtype === 'i8' ? Int32Array.from(data) : Uint32Array.from(data))
}

/** Data at the boundary from bytes on the device; the bytes must be aligned to 4. */
export function fromDevice(
  dtype: TensorDType,
  bytes: Uint8Array<ArrayBuffer>,
  elements: number,
  buffer: Pick<PlanBuffer, 'dtype' | 'elementBytes'>,
): TensorArray {
  const { buffer: memory, byteOffset: at } = bytes
  if (isDirect(dtype, buffer)) return new arrays[dtype](memory, at, elements)
  if (dtype === 'i64') return BigInt64Array.from(new Int32Array(memory, at, elements), BigInt)
  if (dtype === 'f16' || dtype === 'bf16') {
    return Uint16Array.from(new Float32Array(memory, at, elements), halves[dtype].bits)
  }
  const words = new Int32Array(memory, at, elements)
  if (dtype === 'bool') return Uint8Array.from(words, (word) => (word === 0 ? 0 : 1))
  return dtype === 'i8' ? Int8Array.from(words) : Uint8Array.from(words)
}

const bytesOf = (array: TensorArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

function narrow(name: string, data: BigInt64Array): Int32Array {
  return Int32Array.from(data, (value, i) => {
    const number = Number(value)
    if (number < -(2 ** 31) || number > 2 ** 31 - 1) {
      throw new PlanError(
        'run/range',
        `"${name}" holds the int64 value ${value} at element ${i}, which does not fit 32 bits`,
        'devices compute int64 in 32 bits: values of inputs and of the model lie within ±2^31',
      )
    }
    return number
  })
}

/** The value of an element at the boundary: f16 and bf16 are bits there. */
export function elementValue(dtype: TensorDType, element: number): number {
  return dtype === 'f16' || dtype === 'bf16' ? halves[dtype].value(element) : element
}

/** The element at the boundary that holds a value, rounded once where it is f16 or bf16. */
export function elementFor(dtype: TensorDType, value: number): number {
  return dtype === 'f16' || dtype === 'bf16' ? halves[dtype].bits(value) : value
}

/** The value of IEEE binary16 bits. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** IEEE binary16 bits of a value, rounded once, to nearest even; NaN becomes the quiet NaN. */
export function floatToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude >= 65520) return sign | 0x7c00
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24)
  // Exact, where a logarithm would be rounded: the magnitude is in 2^-14 … 2^16.
  const exponent = 17 - Math.clz32(magnitude * 2 ** 14)
  // A fraction that rounds up to 1024 carries into the exponent by itself.
  return sign + ((exponent + 15) << 10) + roundHalfEven((magnitude / 2 ** exponent - 1) * 1024)
}

const word = new Uint32Array(1)
const wordAsFloat = new Float32Array(word.buffer)

/** The value of the bits of a bfloat16: the upper half of an f32. */
export function bfloatToFloat(bits: number): number {
  word[0] = bits << 16
  return wordAsFloat[0] ?? 0
}

/** The bits of the nearest bfloat16 to a value as f32, ties to even; NaN becomes the quiet NaN. */
export function floatToBfloat(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0
  wordAsFloat[0] = value
  const bits = word[0] ?? 0
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

/** Floats of 16 bits: the value of their bits, and the bits of a value. */
const halves = {
  f16: { value: halfToFloat, bits: floatToHalf },
  bf16: { value: bfloatToFloat, bits: floatToBfloat },
} as const

function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
