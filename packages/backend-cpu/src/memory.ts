/** How elements lie in memory here: the typed array of each dtype, and what a store does to a value. */
import type { DType } from '@tilewright/ir'

/** f16 lies in f32 words and is rounded at each store: JavaScript has no half-precision array on every engine. */
export const arrayNames = {
  f32: 'Float32Array',
  f16: 'Float32Array',
  i32: 'Int32Array',
  u32: 'Uint32Array',
  i8: 'Int8Array',
  u8: 'Uint8Array',
  bool: 'Uint8Array',
} as const

export const elementBytes: Readonly<Record<DType, number>> = { f32: 4, f16: 4, i32: 4, u32: 4, i8: 1, u8: 1, bool: 1 }

/** The text of a load: what the array holds, as the compute type. */
export function loadText(dtype: DType, element: string): string {
  return dtype === 'bool' ? `(${element} !== 0)` : element
}

/** The text of a stored value; typed arrays wrap integers by themselves. */
export function storedText(dtype: DType, value: string): string {
  if (dtype === 'bool') return `(${value} ? 1 : 0)`
  return dtype === 'f16' ? `roundToHalf(${value})` : value
}

/** The text of a value as a variable of `dtype` keeps it, without an array that would wrap it. */
export function keptText(dtype: DType, value: string): string {
  switch (dtype) {
    case 'i8':
      return `(${value} << 24 >> 24)`
    case 'u8':
      return `(${value} & 255)`
    case 'f16':
      return `roundToHalf(${value})`
    default:
      return value
  }
}

/** JavaScript of `roundToHalf`, for code that stores f16: nearest, ties to even. */
export const roundToHalfSource = `const roundToHalf = (x) => {
  const magnitude = Math.abs(x)
  if (!(magnitude < 65520)) return magnitude >= 65520 ? x * Infinity : x
  const ulp = 2 ** (Math.max(-14, Math.floor(Math.log2(magnitude))) - 10)
  const exact = magnitude / ulp
  const below = Math.floor(exact)
  const whole = exact - below === 0.5 ? below + (below % 2) : Math.round(exact)
  return Math.sign(x) * whole * ulp
}`
