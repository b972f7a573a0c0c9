/**
 * Finds, by structure alone, what an injective equation reads across the order in which it is written: loads whose elements
 * are neighbours along another dimension of the result than its last.
 *
 *     y[i, j] = x[j, i]            x is contiguous along i, y along j
 *     y[b, i, j] = x[b, j, i + 2]  the same, in each of the planes b
 */
import {
  type Compute,
  defined,
  type Equation,
  type Expr,
  exprChildren,
  type Load,
  type SizeExpr,
  someExpr,
  type Var,
} from '@tilewright/ir'

export interface PermutedLoads {
  readonly anchor: Compute
  /** The dimension along which the loads are contiguous: one before the last. */
  readonly along: number
  /** At least one, each of another place. */
  readonly loads: readonly Load[]
}

/** The permuted loads of an equation, of the dimension that most of them share; undefined when it has none. */
export function matchPermutedLoads(anchor: Equation): PermutedLoads | undefined {
  if (anchor.kind !== 'compute') return undefined
  const found = new Map<number, Load[]>()
  const visit = (node: Load): boolean => {
    const along = dimensionAcross(node, anchor.axes)
    if (along === undefined) return false
    const loads = found.get(along) ?? []
    if (!loads.some((other) => isSamePlace(other, node))) found.set(along, [...loads, node])
    return true
  }
  walkCertainLoads(anchor.value, visit, new Set())
  const [first, ...others] = found
  if (first === undefined) return undefined
  const [along, loads] = others.reduce((best, one) => (one[1].length > best[1].length ? one : best), first)
  return { anchor, along, loads }
}

/** The permuted loads of an equation that a template has matched. Throws `InternalError` for any other equation. */
export function requirePermutedLoads(anchor: Equation): PermutedLoads {
  return defined(matchPermutedLoads(anchor), 'a transpose template is given permuted loads')
}

/** The planes of a result that are transposed: extents. */
export interface Planes {
  /** Along the dimension in which the loads are contiguous. */
  readonly rows: SizeExpr
  /** Along the last dimension. */
  readonly columns: SizeExpr
  /** Of the other dimensions, which say which plane. */
  readonly others: readonly SizeExpr[]
}

export function planesOf({ anchor, along }: PermutedLoads): Planes {
  const { shape } = anchor.output
  return {
    rows: defined(shape[along], 'the result has the dimension'),
    columns: defined(shape.at(-1), 'the result has a last dimension'),
    others: shape.filter((_, d) => d !== along && d !== shape.length - 1),
  }
}

/** Whether two loads read the same element at every point, as far as that is evident. */
export function isSamePlace(a: Load, b: Load): boolean {
  return a.buffer === b.buffer && a.index.every((at, d) => at === b.index[d])
}

/**
 * Visits the loads that each point evaluates, whatever it evaluates besides: a load in the arm of a `select` may be out of
 * bounds at points that do not take the arm. What is inside a load is visited unless `visit` says that it is done.
 */
function walkCertainLoads(expr: Expr, visit: (load: Load) => boolean, seen: Set<Expr>): void {
  if (seen.has(expr)) return
  seen.add(expr)
  if (expr.kind === 'load' && visit(expr)) return
  for (const child of certainChildren(expr)) walkCertainLoads(child, visit, seen)
}

function certainChildren(expr: Expr): readonly Expr[] {
  if (expr.kind === 'select') return [expr.cond]
  const isLogic = expr.kind === 'binary' && (expr.op === 'and' || expr.op === 'or')
  return isLogic ? [expr.left] : exprChildren(expr)
}

/**
 * The dimension, other than the last, along which neighbouring points read neighbouring elements. Undefined also when the
 * load does not depend on the last dimension: threads along that one read a single element together.
 */
function dimensionAcross({ index }: Load, axes: readonly Var[]): number | undefined {
  const [at, last] = [index.at(-1), axes.at(-1)]
  if (at === undefined || last === undefined || mentions(at, last)) return undefined
  const outer = index.slice(0, -1)
  if (!outer.some((expr) => mentions(expr, last))) return undefined
  const along = axes.findIndex((axis) => isUnitStep(at, axis) && !outer.some((expr) => mentions(expr, axis)))
  return along < 0 ? undefined : along
}

/** Whether an expression is the axis itself, or the axis and what does not depend on it. */
function isUnitStep(expr: Expr, axis: Var): boolean {
  if (expr === axis) return true
  if (expr.kind !== 'binary') return false
  if (expr.op !== 'add' && expr.op !== 'sub') return false
  const [of, by] = expr.op === 'add' && mentions(expr.right, axis) ? [expr.right, expr.left] : [expr.left, expr.right]
  return isUnitStep(of, axis) && !mentions(by, axis)
}

function mentions(expr: Expr, axis: Var): boolean {
  return someExpr(expr, (node) => node === axis)
}
