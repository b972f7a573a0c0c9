/** What a symbolic dimension of an input is called. */
import type { OnnxDim } from './model.js'

/** The name that the model gives dimension `d` of an input, or `INPUT.D` where it gives none. */
export function sizeName(dim: Exclude<OnnxDim, number>, input: string, d: number): string {
  // Exporters write "?" and the like for sizes that have nothing to do with each other.
  const isNamed = dim !== 'unknown' && /[\p{L}\p{N}]/u.test(dim.param)
  return isNamed ? dim.param : `${input}.${d}`
}
