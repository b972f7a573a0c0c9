/**
 * Rows as weights: a softmax, whose value is proportional to exp(score - the largest score) by a factor that is one for the
 * whole row. Sums over weights can then take the factor out: Σ e/total · v = (Σ e · v)/total.
 */
import { binary, type Expr, plainFold, type Rows, select, someExpr, type Var, variable } from '@tilewright/ir'
import { isSameExpr } from '../same-expr.js'

export interface Weighed {
  /** Over the axes of the rows. */
  readonly score: Expr
  readonly largest: Var
  readonly total: Var
  /** A sum of e · v before the factor. */
  readonly sum: Var
  /** The sum with the factor, of `largest`, `total` and `sum` alone. */
  readonly result: Expr
}

/** How rows weigh; undefined where they are no softmax. */
export function weighed({ stages, value }: Rows): Weighed | undefined {
  const [peak, weights, ...others] = stages
  const [largest, score] = [peak?.results[0], peak?.value[0]]
  const [total, weight] = [weights?.results[0], weights?.value[0]]
  if (peak === undefined || largest === undefined || score === undefined || plainFold(peak) !== 'max') return undefined
  if (weights === undefined || total === undefined || weight === undefined || plainFold(weights) !== 'sum')
    return undefined
  if (others.length > 0 || !isPower(weight, score, largest)) return undefined
  const sum = variable('sum', 'f32')
  const ofRow = (expr: Expr): boolean =>
    !someExpr(expr, ({ kind }) => kind === 'load') &&
    !someExpr(expr, (node) => node.kind === 'var' && node !== largest && node !== total)
  const result = factoredOut(value, (expr) => (isSameExpr(expr, weight) ? sum : undefined), ofRow)
  return result === undefined ? undefined : { score, largest, total, sum, result }
}

/** Whether a weight is exp(score - largest), as it stands or bounded: exp(-|score - largest|). */
function isPower(weight: Expr, score: Expr, largest: Var): boolean {
  if (weight.kind !== 'unary' || weight.op !== 'exp') return false
  let exponent = weight.value
  if (exponent.kind === 'unary' && exponent.op === 'neg' && exponent.value.kind === 'unary') {
    if (exponent.value.op !== 'abs') return false
    exponent = exponent.value.value
  }
  return (
    exponent.kind === 'binary' &&
    exponent.op === 'sub' &&
    exponent.right === largest &&
    isSameExpr(exponent.left, score)
  )
}

/** `expr` with the weight replaced, where it is the weight times what `ofRow` holds of; undefined where it is not. */
function factoredOut(
  expr: Expr,
  replaced: (expr: Expr) => Expr | undefined,
  ofRow: (expr: Expr) => boolean,
): Expr | undefined {
  const direct = replaced(expr)
  if (direct !== undefined) return direct
  const inner = (part: Expr): Expr | undefined => factoredOut(part, replaced, ofRow)
  if (expr.kind === 'binary' && expr.op === 'div' && ofRow(expr.right)) {
    const left = inner(expr.left)
    return left && binary('div', left, expr.right)
  }
  if (expr.kind === 'binary' && expr.op === 'mul') {
    const [factor, rest] = ofRow(expr.right) ? [expr.right, expr.left] : [expr.left, expr.right]
    const scaled = ofRow(factor) ? inner(rest) : undefined
    return scaled && binary('mul', scaled, factor)
  }
  // A row without any key may be zeros.
  if (expr.kind === 'select' && ofRow(expr.cond)) {
    const [then, otherwise] = [
      isZero(expr.then) ? expr.then : inner(expr.then),
      isZero(expr.else) ? expr.else : inner(expr.else),
    ]
    return then && otherwise && select(expr.cond, then, otherwise)
  }
  return undefined
}

const isZero = (expr: Expr): boolean => expr.kind === 'const' && expr.value === 0
