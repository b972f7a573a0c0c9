/** Whether a result is right: the rules by which tensors are compared, element by element. */
import { elementValue } from '@tilewright/backend'
import type { HostTensor } from '@tilewright/runtime'
import type { Tolerance } from './tolerance.js'

export interface Comparison {
  readonly elements: number
  /** Elements that differ by more than the tolerance. */
  readonly wrong: number
  /** Largest |got − want|; Infinity where a non-finite value is not matched. */
  readonly largestError: number
  /** The same, relative to the largest finite |want| of the tensor. */
  readonly largestErrorOfMax: number
  /** Why the tensors do not match, or undefined when they do. */
  readonly mismatch: string | undefined
}

/**
 * Compares a tensor with what it should be. Another dtype or shape is a mismatch; NaN equals NaN, and an infinity only
 * the infinity of its sign.
 */
export function compareTensors(got: HostTensor, want: HostTensor, tolerance: Tolerance): Comparison {
  const differs = (mismatch: string): Comparison => ({
    elements: want.data.length,
    wrong: want.data.length,
    largestError: Number.POSITIVE_INFINITY,
    largestErrorOfMax: Number.POSITIVE_INFINITY,
    mismatch,
  })
  if (got.dtype !== want.dtype) return differs(`dtype is ${got.dtype}, expected ${want.dtype}`)
  if (got.shape.length !== want.shape.length || got.shape.some((extent, d) => extent !== want.shape[d])) {
    return differs(`shape is [${got.shape.join(', ')}], expected [${want.shape.join(', ')}]`)
  }
  if (got.data.length !== want.data.length) {
    return differs(`${got.data.length} elements, expected ${want.data.length}`)
  }
  return compareElements(got, want, tolerance)
}

function compareElements(got: HostTensor, want: HostTensor, tolerance: Tolerance): Comparison {
  const isFloat = want.dtype === 'f32' || want.dtype === 'f16' || want.dtype === 'bf16'
  const largest = largestMagnitude(want)
  let wrong = 0
  let largestError = 0
  let worst: { readonly at: number; readonly excess: number } | undefined
  for (let i = 0; i < want.data.length; i++) {
    const error = errorAt(got, want, i)
    if (error === 0) continue
    largestError = Math.max(largestError, error)
    const allowed = isFloat ? allowedAt(tolerance, Math.abs(valueAt(want, i)), largest) : 0
    if (error <= allowed) continue
    wrong += 1
    const excess = error - allowed
    if (worst === undefined || excess > worst.excess) worst = { at: i, excess }
  }
  return {
    elements: want.data.length,
    wrong,
    largestError,
    largestErrorOfMax: largestError === 0 ? 0 : largestError / largest,
    mismatch:
      worst === undefined
        ? undefined
        : `${wrong} of ${want.data.length} elements differ, the worst at [${indexOf(worst.at, want.shape).join(', ')}]: ` +
          `got ${elementText(got, worst.at)}, expected ${elementText(want, worst.at)}`,
  }
}

/** |got − want|, exact for integers; 0 for equal non-finite values, Infinity for different ones. */
function errorAt(got: HostTensor, want: HostTensor, i: number): number {
  const [a, b] = [got.data[i], want.data[i]]
  if (typeof a === 'bigint' && typeof b === 'bigint') return a === b ? 0 : Math.max(1, Math.abs(Number(a - b)))
  const [x, y] = [valueAt(got, i), valueAt(want, i)]
  if (Number.isFinite(x) && Number.isFinite(y)) return Math.abs(x - y)
  return Object.is(x, y) ? 0 : Number.POSITIVE_INFINITY
}

function allowedAt(tolerance: Tolerance, magnitude: number, largest: number): number {
  if (tolerance.kind === 'of-max') return tolerance.ratio * largest
  // An infinite element would allow everything.
  const { rtol, atol, ofMax } = tolerance
  return Number.isFinite(magnitude) ? Math.max(atol + rtol * magnitude, ofMax * largest) : 0
}

/** The largest finite magnitude in a tensor; 0 when there is none. */
function largestMagnitude(tensor: HostTensor): number {
  let largest = 0
  for (let i = 0; i < tensor.data.length; i++) {
    const magnitude = Math.abs(valueAt(tensor, i))
    if (magnitude > largest && magnitude !== Number.POSITIVE_INFINITY) largest = magnitude
  }
  return largest
}

function valueAt(tensor: HostTensor, i: number): number {
  return elementValue(tensor.dtype, Number(tensor.data[i]))
}

function elementText(tensor: HostTensor, i: number): string {
  const element = tensor.data[i]
  return typeof element === 'bigint' ? String(element) : String(valueAt(tensor, i))
}

function indexOf(position: number, shape: readonly number[]): readonly number[] {
  let rest = position
  return shape
    .toReversed()
    .map((extent) => {
      const at = rest % extent
      rest = Math.trunc(rest / extent)
      return at
    })
    .toReversed()
}
