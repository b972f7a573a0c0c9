/**
 * Telling backends what rows know of an exponent: v - m is at most 0 where m is the maximum of v over the row.
 *
 *     rows j: m = max: x[i, j]; s = sum: exp(x[i, j] - m); ...   =>   ... exp(-|x[i, j] - m|) ...
 *
 * The value is the same, and an `exp` of a bounded argument needs no care for large ones. Not by a minimum, whose result
 * for NaN is unspecified: the difference of two infinities is no number, with or without a bound.
 */
import { type Expr, exprChildren, type RowStage, rewriteExpr, unary, type Var } from '@tilewright/ir'

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
    if (element === undefined || !isSame(element, exponent.left)) return node
    return unary('exp', unary('neg', unary('abs', exponent)))
  }
  const memo = new Map<Expr, Expr>()
  const bounded = stages.map((stage) => {
    const made = { ...stage, value: stage.value.map((expr) => rewriteExpr(expr, visit, memo)) }
    const [result, element] = [stage.results[0], made.value[0]]
    // What was visited before a maximum was known does not use it.
    if (isMaximum(stage) && result !== undefined && element !== undefined) maxima.set(result, element)
    return made
  })
  return { stages: bounded, value: rewriteExpr(value, visit, memo) }
}

function isMaximum({ left, right, combine }: RowStage): boolean {
  const [rule] = combine
  const isMax = rule?.kind === 'binary' && rule.op === 'max' && rule.left === left[0] && rule.right === right[0]
  return isMax && combine.length === 1
}

/** Equal by structure; variables and buffers by identity. */
function isSame(a: Expr, b: Expr): boolean {
  if (a === b) return true
  if (a.kind !== b.kind || a.dtype !== b.dtype) return false
  const [left, right] = [exprChildren(a), exprChildren(b)]
  if (left.length !== right.length || !left.every((child, i) => child === right[i] || isSame(child, right[i] ?? a)))
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
