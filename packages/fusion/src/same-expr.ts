/** Equality of expressions. */
import { type Expr, exprChildren } from '@tilewright/ir'

/** Whether two expressions are equal by structure; variables and buffers by identity. */
export function isSameExpr(a: Expr, b: Expr): boolean {
  if (a === b) return true
  if (a.kind !== b.kind || a.dtype !== b.dtype) return false
  const [left, right] = [exprChildren(a), exprChildren(b)]
  if (left.length !== right.length || !left.every((child, i) => child === right[i] || isSameExpr(child, right[i] ?? a)))
    return false
  switch (a.kind) {
    case 'const':
      return b.kind === 'const' && Object.is(a.value, b.value)
    case 'load':
      return b.kind === 'load' && a.buffer === b.buffer
    case 'unary':
    case 'binary':
      return (b.kind === 'unary' || b.kind === 'binary') && a.op === b.op
    case 'cast':
    case 'bitcast':
    case 'select':
      return true
    default:
      return false
  }
}
