/**
 * Telling backends what rows know of an exponent: v - m is at most 0 where m is the maximum of v over the row.
 *
 *     rows j: m = max: x[i, j]; s = sum: exp(x[i, j] - m); ...   =>   ... exp(-|x[i, j] - m|) ...
 *
 * The value is the same, and an `exp` of a bounded argument needs no care for large ones. Not by a minimum, whose result
 * for NaN is unspecified: the difference of two infinities is no number, with or without a bound.
 */
import { type Expr, plainFold, type RowStage, rewriteExpr, unary, type Var } from '@tilewright/ir'
import { isSameExpr } from '../same-expr.js'

interface Staged {
  readonly stages: readonly RowStage[]
  readonly value: Expr
}

/** The stages and the value with exponents bounded. */
export function boundExponents({ stages, value }: Staged): Staged {
  const maxima = new Map<Var, Expr>()
  const visit = (node: Expr): Expr => {
    if (node.kind !== 'unary' || node.op !== 'exp') return node
    const { value: exponent } = node
    if (exponent.kind !== 'binary' || exponent.op !== 'sub' || exponent.right.kind !== 'var') return node
    const element = maxima.get(exponent.right)
    if (element === undefined || !isSameExpr(element, exponent.left)) return node
    return unary('exp', unary('neg', unary('abs', exponent)))
  }
  const memo = new Map<Expr, Expr>()
  const bounded = stages.map((stage) => {
    const made = { ...stage, value: stage.value.map((expr) => rewriteExpr(expr, visit, memo)) }
    const [result, element] = [stage.results[0], made.value[0]]
    // What was visited before a maximum was known does not use it.
    if (plainFold(stage) === 'max' && result !== undefined && element !== undefined) maxima.set(result, element)
    return made
  })
  return { stages: bounded, value: rewriteExpr(value, visit, memo) }
}
