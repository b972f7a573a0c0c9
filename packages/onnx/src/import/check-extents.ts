/** What attributes and host values make of shapes: extents that no tensor has, and sizes that grow out of hand. */
import type { Operation } from '@tilewright/graph'
import { CompileError, type SizeExpr, UnsupportedError } from '@tilewright/ir'

/** Operators and parameters of one size. Sizes are compared and cancelled all the time, which takes more than linear time. */
const mostParts = 1000

/**
 * Throws `CompileError` `graph/shape` for a result with an extent that is negative or no integer, and `UnsupportedError`
 * `graph/symbolic-shape` for one whose size is too long a formula.
 */
export function checkExtents({ name, outputs }: Operation): void {
  for (const { shape } of outputs) {
    for (const [d, extent] of shape.entries()) {
      if (typeof extent !== 'number') {
        if (hasParts(extent, mostParts)) continue
        throw new UnsupportedError({
          code: 'graph/symbolic-shape',
          message: `${name}: the size of dimension ${d} is a formula of more than ${mostParts} parts`,
          help: 'fix the sizes of the model',
        })
      }
      if (Number.isSafeInteger(extent) && extent >= 0) continue
      throw new CompileError({
        code: 'graph/shape',
        message: `${name}: the result would have ${extent} elements along dimension ${d}`,
        help: 'a shape, a scale or a count of the model is negative or too large',
      })
    }
  }
}

/** Whether a size has at most `most` operators and parameters, counting each as often as it is written. */
export function hasParts(expr: SizeExpr, most: number): boolean {
  const rest = [expr]
  let count = 0
  for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
    count += 1
    if (count > most) return false
    if (typeof one !== 'number' && one.kind === 'size-op') rest.push(one.left, one.right)
  }
  return true
}
