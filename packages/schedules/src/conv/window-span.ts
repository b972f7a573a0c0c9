/**
 * Windows in a contraction: an axis of the results and an axis that is folded over, of which the right factor reads only
 * stride · axis + dilation · tap + rest. Results that are neighbours along such an axis share what they read.
 *
 *     x[c, y + ky - 1, 2·x + kx]    axis x, tap kx, stride 2, dilation 1      axis y, tap ky, stride 1, dilation 1
 */
import {
  type Axis,
  type Expr,
  exprChildren,
  rewriteExpr,
  someExpr,
  substitute,
  type Var,
  variable,
} from '@tilewright/ir'
import type { Contraction } from '../matmul/contraction.js'

export interface WindowSpan {
  readonly axis: Axis
  /** A folded axis of a fixed extent above 1. */
  readonly tap: Axis
  readonly taps: number
  readonly stride: number
  readonly dilation: number
  /** Stands in `rhs` (of `splitWindows`) for the position that is read. */
  readonly position: Var
  /** The position for values of axis and tap. */
  readonly at: (axis: Expr, tap: Expr) => Expr
  /** Whether the factor itself asks that the position is below an end: it may then lie beyond. */
  readonly isGuarded: boolean
}

/** The right factor with its windows taken out. */
export interface WindowedFactor {
  /** The last window first. */
  readonly windows: readonly WindowSpan[]
  /** The right factor over the positions of the windows. */
  readonly rhs: Expr
}

/** Finds the windows of a contraction, at most one an axis of the results and at most `most` in all. */
export function splitWindows({ n, k, rhs }: Contraction, most: number): WindowedFactor {
  let rest = rhs
  const windows: WindowSpan[] = []
  const free = new Set(k)
  for (const axis of n.toReversed()) {
    for (const tap of windows.length < most ? free : []) {
      const found = spanOf(axis, tap, rest)
      if (found === undefined) continue
      windows.push(found.span)
      rest = found.rhs
      free.delete(tap)
      break
    }
  }
  return { windows, rhs: rest }
}

function spanOf(axis: Axis, tap: Axis, rhs: Expr): { readonly span: WindowSpan; readonly rhs: Expr } | undefined {
  if (typeof tap.extent !== 'number' || tap.extent < 2) return undefined
  const vars = [axis.var, tap.var] as const
  const nodes = new Set<Expr>()
  if (!collect(rhs, vars, nodes)) return undefined
  const [node, ...others] = nodes
  if (node === undefined || others.length > 0) return undefined
  const [stride, dilation] = vars.map((v) => coefficient(node, v))
  if (stride === undefined || dilation === undefined || stride < 1 || dilation < 1) return undefined
  const position = variable(`${axis.var.hint}_at`)
  const at = (of: Expr, tapAt: Expr): Expr =>
    substitute(
      node,
      new Map([
        [axis.var, of],
        [tap.var, tapAt],
      ]),
    )
  const isGuarded = someExpr(rhs, (expr) => expr.kind === 'binary' && expr.op === 'lt' && expr.left === node)
  return {
    span: { axis, tap, taps: tap.extent, stride, dilation, position, at, isGuarded },
    rhs: rewriteExpr(rhs, (expr) => (expr === node ? position : expr)),
  }
}

/** Gathers the largest linear expressions in which the variables stand; false when they stand elsewhere too. */
function collect(expr: Expr, vars: readonly Var[], into: Set<Expr>): boolean {
  if (!vars.some((v) => someExpr(expr, (node) => node === v))) return true
  if (expr.dtype === 'i32' && vars.every((v) => coefficient(expr, v) !== undefined)) {
    into.add(expr)
    return true
  }
  if (expr.kind === 'var') return false
  return exprChildren(expr).every((child) => collect(child, vars, into))
}

/** What a variable is multiplied with in a sum; undefined where it stands in anything else. */
function coefficient(expr: Expr, v: Var): number | undefined {
  if (expr === v) return 1
  if (!someExpr(expr, (node) => node === v)) return 0
  if (expr.kind !== 'binary') return undefined
  const [left, right] = [coefficient(expr.left, v), coefficient(expr.right, v)]
  if (left === undefined || right === undefined) return undefined
  if (expr.op === 'add') return left + right
  if (expr.op === 'sub') return left - right
  if (expr.op !== 'mul') return undefined
  if (expr.right.kind === 'const') return left * Number(expr.right.value)
  return expr.left.kind === 'const' ? right * Number(expr.left.value) : undefined
}
