/** What is said of repeated measurements. */

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** The smallest, the middle and the largest of some numbers; the middle of an even number of them is a mean of two. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return { min: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max: at(sorted.length - 1) }
}

/** `values[i] / base[i]` for each round i: both sides of a ratio were measured close together. */
export function ratios(values: readonly number[], base: readonly number[]): readonly number[] {
  return values.map((value, i) => value / (base[i] ?? Number.NaN))
}
