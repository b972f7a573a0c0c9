/** How elements lie in memory here: the typed array of each dtype, and what a store does to a value. */
import { type DType, type HalfDType, isHalf } from '@tilewright/ir'

/** f16 and bf16 lie in f32 words and are rounded at each store: JavaScript has no array of halves on every engine. */
export const arrayNames = {
  f32: 'Float32Array',
  f16: 'Float32Array',
  bf16: 'Float32Array',
  i32: 'Int32Array',
  u32: 'Uint32Array',
  i8: 'Int8Array',
  u8: 'Uint8Array',
  bool: 'Uint8Array',
} as const

export const elementBytes: Readonly<Record<DType, number>> = {
  f32: 4,
  f16: 4,
  bf16: 4,
  i32: 4,
  u32: 4,
  i8: 1,
  u8: 1,
  bool: 1,
}

/** The text of a load: what the array holds, as the compute type. */
export function loadText(dtype: DType, element: string): string {
  return dtype === 'bool' ? `(${element} !== 0)` : element
}

/** The text of a stored value; typed arrays wrap integers by themselves. */
export function storedText(dtype: DType, value: string): string {
  if (dtype === 'bool') return `(${value} ? 1 : 0)`
  return rounded(dtype, value)
}

/** The text of a value as a variable of `dtype` keeps it, without an array that would wrap it. */
export function keptText(dtype: DType, value: string): string {
  switch (dtype) {
    case 'i8':
      return `(${value} << 24 >> 24)`
    case 'u8':
      return `(${value} & 255)`
    default:
      return rounded(dtype, value)
  }
}

const rounded = (dtype: DType, value: string): string => (isHalf(dtype) ? `${roundings[dtype]}${value})` : value)

/** The beginning of a call that rounds to the nearest, ties to even. */
const roundings: Readonly<Record<HalfDType, string>> = { f16: 'roundToHalf(', bf16: 'roundToBfloat(' }

/** JavaScript of these functions, by the beginning of their calls. */
export const roundingSources: Readonly<Record<string, string>> = {
  [roundings.f16]: `const roundToHalf = (x) => {
  const magnitude = Math.abs(x)
  if (!(magnitude < 65520)) return magnitude >= 65520 ? x * Infinity : x
  const ulp = 2 ** (Math.max(-14, Math.floor(Math.log2(magnitude))) - 10)
  const exact = magnitude / ulp
  const below = Math.floor(exact)
  const whole = exact - below === 0.5 ? below + (below % 2) : Math.round(exact)
  return Math.sign(x) * whole * ulp
}`,
  [roundings.bf16]: `const word = new Uint32Array(1), wordAsFloat = new Float32Array(word.buffer)
const roundToBfloat = (x) => {
  if (x !== x) return x
  wordAsFloat[0] = x
  word[0] = (word[0] + 0x7fff + (word[0] >>> 16 & 1)) & 0xffff0000
  return wordAsFloat[0]
}`,
}
