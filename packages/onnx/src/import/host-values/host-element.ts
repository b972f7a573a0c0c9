/** Single elements of host values: what is known of them before a run, exactly or as a size. */
import type { TensorData, TensorDType } from '@tilewright/graph'
import type { SizeExpr } from '@tilewright/ir'

/** An integer whose value a run decides. */
export type Symbolic = Exclude<SizeExpr, number>

/** An integer, exact; a float, representable in its type; a truth value; a size. */
export type HostElement = bigint | number | boolean | Symbolic

export const isSymbolic = (element: HostElement): element is Symbolic => typeof element === 'object'

/** Element `position` of constant data. */
export function elementOf({ dtype, data }: TensorData, position: number): HostElement | undefined {
  const stored = data[position]
  if (stored === undefined) return undefined
  if (dtype === 'f16') return halfValue(Number(stored), 10)
  if (dtype === 'bf16') return halfValue(Number(stored), 7)
  if (dtype === 'bool') return stored !== 0 && stored !== 0n
  return dtype === 'f32' ? Number(stored) : BigInt(stored)
}

/** The value of 16 bits: sign, exponent, and as many of fraction. */
function halfValue(bits: number, fractionBits: 10 | 7): number {
  const sign = bits >> 15 === 0 ? 1 : -1
  const [ones, most] = [2 ** fractionBits, 2 ** (15 - fractionBits) - 1]
  const [exponent, fraction] = [(bits >> fractionBits) & most, bits % ones]
  if (exponent === most) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  // Of exponent 0 are the numbers without a leading one, in steps of those of exponent 1.
  const step = 2 ** (Math.max(exponent, 1) - (most - 1) / 2 - fractionBits)
  return sign * (exponent === 0 ? fraction : ones + fraction) * step
}

/** The value that an element of `dtype` takes when it is stored: integers wrap, floats round. */
export function stored(dtype: TensorDType, element: HostElement): HostElement {
  switch (typeof element) {
    case 'bigint':
      return wrapped(dtype, element)
    case 'number':
      return Math.fround(element)
    default:
      return element
  }
}

function wrapped(dtype: TensorDType, value: bigint): bigint {
  switch (dtype) {
    case 'i64':
      return BigInt.asIntN(64, value)
    case 'i8':
      return BigInt.asIntN(8, value)
    case 'u8':
      return BigInt.asUintN(8, value)
    case 'u32':
      return BigInt.asUintN(32, value)
    default:
      return BigInt.asIntN(32, value)
  }
}

/** Integers beyond 32 bits mean "to the end": they saturate. */
export function saturated(value: bigint): number {
  const limit = 2n ** 31n - 1n
  return Number(value > limit ? limit : value < -limit ? -limit : value)
}

/** An integer as a size. */
export const sizeOfElement = (element: bigint | Symbolic): SizeExpr =>
  typeof element === 'bigint' ? saturated(element) : element

/** A size as an element. */
export const elementOfSize = (size: SizeExpr): HostElement => (typeof size === 'number' ? BigInt(size) : size)
