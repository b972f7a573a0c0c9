/** Which values can be computed where the program does not ask for them: those that read no memory and cannot fail. */
import { binary, type Expr, isInteger, sizeBinary, sizeValue, someExpr } from '@tilewright/ir'
import { type RangeEnv, rangeOf } from './ranges.js'

/** Whether evaluating an expression anywhere its variables are known is harmless, sizes that are zero aside. */
export function isTotal(expr: Expr, env: RangeEnv): boolean {
  return !someExpr(expr, (node) => {
    if (node.kind === 'load') return true
    if (node.kind !== 'binary' || (node.op !== 'div' && node.op !== 'mod') || !isInteger(node.dtype)) return false
    return node.right.kind !== 'size' && mayBeZero(node.right, env)
  })
}

/** The division with max(size, 1) for a divisor that is a size and may be zero; any other expression as it is. */
export function withSafeDivisor(expr: Expr, env: RangeEnv): Expr {
  if (expr.kind !== 'binary' || (expr.op !== 'div' && expr.op !== 'mod') || expr.right.kind !== 'size') return expr
  if (!mayBeZero(expr.right, env)) return expr
  return binary(expr.op, expr.left, sizeValue(sizeBinary('max', expr.right.size, 1)))
}

function mayBeZero(expr: Expr, env: RangeEnv): boolean {
  const { min, max } = rangeOf(expr, env)
  return min <= 0 && max >= 0
}
