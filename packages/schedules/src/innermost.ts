/** Facts about the innermost extent of a result that decide whether its rows are made of vectors. */
import type { Refinement, SizeExpr } from '@tilewright/ir'

/** Rows of a symbolic length are made of whole vectors where the length is a multiple of 4: worth a variant. */
export function innermostRefinements(shape: readonly SizeExpr[]): readonly Refinement[] {
  const innermost = shape.at(-1)
  if (innermost === undefined || typeof innermost === 'number' || innermost.kind !== 'size') return []
  return innermost.multipleOf % 4 === 0 ? [] : [{ param: innermost, facts: { multipleOf: 4 } }]
}
