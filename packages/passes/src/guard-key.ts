/** When two guards are the same for all lanes of an aligned vector. */
import type { Expr } from '@tilewright/ir'
import { alignmentOfForm, formKey, type LinearContext, linearForm, linearKey } from './linear-form.js'
import { internKey, nodeKey } from './structural-key.js'

/**
 * A number that is equal for conditions that hold together. Conditions are compared by structure and linear arithmetic,
 * and the lanes of a vector by one rule more: when `x` and `n` are multiples of `lanes` and 0 <= c < lanes, then
 * `x + c < n` exactly when `x < n` (and `x + c` never wraps).
 */
export function guardKey(cond: Expr, lanes: number, context: LinearContext): number {
  if (cond.kind === 'binary' && cond.op === 'lt' && cond.left.dtype === 'i32') {
    const left = linearForm(cond.left, context)
    const right = linearForm(cond.right, context)
    const lane = left.constant & (lanes - 1)
    const first = { ...left, constant: left.constant - lane }
    const aligned = alignmentOfForm(first, context) % lanes === 0 && alignmentOfForm(right, context) % lanes === 0
    if (aligned) return internKey(context.ids, 'lanes below', formKey(first, context), formKey(right, context))
  }
  if (cond.dtype !== 'bool' || cond.kind === 'load') return linearKey(cond, context)
  return nodeKey(cond, (child) => guardKey(child, lanes, context), context.ids)
}
