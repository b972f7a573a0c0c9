/** What it costs to compute a value again, in operations: coarse, and the same on every target. */
import { type Expr, exprChildren } from '@tilewright/ir'

/** A load of an element, when the cache has it. */
export const loadCost = 4

/** Functions that are a dozen operations or more. */
const functionCost = 12

/**
 * The operations of a value's text; a subexpression that is shared counts once, all arms of a select count. Arithmetic on
 * indices, and conditions on them, are left out: most of it is done once for many elements.
 */
export function exprCost(root: Expr): number {
  const seen = new Set<Expr>()
  const visit = (expr: Expr): number => {
    if (seen.has(expr)) return 0
    seen.add(expr)
    return exprChildren(expr).reduce((sum, child) => sum + visit(child), ownCost(expr))
  }
  return visit(root)
}

function ownCost(expr: Expr): number {
  switch (expr.kind) {
    case 'const':
    case 'var':
    case 'size':
    case 'builtin':
      return 0
    case 'load':
      return loadCost
    case 'unary':
      if (expr.dtype !== 'f32') return 0
      return expr.op === 'neg' || expr.op === 'not' ? 1 : functionCost
    case 'binary':
      if (expr.dtype !== 'f32') return 0
      return expr.op === 'div' || expr.op === 'mod' ? 4 : 1
    case 'select':
    case 'cast':
    case 'bitcast':
      return 1
  }
}
