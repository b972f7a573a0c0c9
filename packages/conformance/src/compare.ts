/** Elements of a device against those of the simulator. */
import type { Buffer } from '@tilewright/ir'
import { type TypedArray, widen } from '@tilewright/simulator'

/** How far an element may be from the simulator's; 0: not at all. */
export type Tolerance = (expected: number, element: number, buffer: Buffer) => number

export const exact: Tolerance = () => 0

/** The first element that differs: its flat index and both values. */
export interface Difference {
  readonly element: number
  readonly expected: number
  readonly got: number
}

/** Zeros are equal whatever their sign, which the IR leaves open, and so are all NaN. */
function agrees(expected: number, got: number, tolerance: number): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(got)
  return expected === got || Math.abs(expected - got) <= tolerance
}

/** Compares arrays of one length that hold a buffer's elements in its dtype. */
export function firstDifference(
  buffer: Buffer,
  expected: TypedArray,
  got: TypedArray,
  tolerance: Tolerance,
): Difference | undefined {
  const [wanted, found] = [widen(buffer.dtype, expected), widen(buffer.dtype, got)]
  const element = wanted.findIndex((value, i) => !agrees(value, found[i] ?? Number.NaN, tolerance(value, i, buffer)))
  if (element < 0) return undefined
  return { element, expected: wanted[element] ?? Number.NaN, got: found[element] ?? Number.NaN }
}
