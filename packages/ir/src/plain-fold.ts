/** Folds that are one operator. */
import type { Fold } from './definition.js'

/** The name of a fold of one component that is one operator from its neutral element, in any order; else undefined. */
export function plainFold({ identity, left, right, combine, commutative }: Fold): 'sum' | 'max' | 'min' | undefined {
  const [start, rule] = [identity[0], combine[0]]
  if (identity.length !== 1 || !commutative || start?.kind !== 'const' || rule?.kind !== 'binary') return undefined
  if (rule.left !== left[0] || rule.right !== right[0]) return undefined
  const isNeutral = (f32: number, i32: number, u32: number): boolean =>
    start.value === { f32, i32, u32, bool: undefined }[start.dtype]
  if (rule.op === 'add') return isNeutral(0, 0, 0) ? 'sum' : undefined
  if (rule.op === 'max') return isNeutral(Number.NEGATIVE_INFINITY, -(2 ** 31), 0) ? 'max' : undefined
  if (rule.op === 'min') return isNeutral(Number.POSITIVE_INFINITY, 2 ** 31 - 1, 2 ** 32 - 1) ? 'min' : undefined
  return undefined
}
