/**
 * Recognises a matrix product in an equation, by structure alone: out[…batch, m, n] = Σ_k lhs(batch, m, k) · rhs(batch,
 * k, n). The factors may be any expressions: transposes, broadcasts and windows are index arithmetic inside them.
 */
import {
  type Axis,
  type Buffer,
  defined,
  type Equation,
  type Expr,
  loadsOf,
  type Reduce,
  sizeValue,
  someExpr,
  substitute,
  type Var,
} from '@tilewright/ir'

export interface Matmul {
  readonly output: Buffer
  readonly batch: readonly Axis[]
  readonly m: Axis
  readonly n: Axis
  readonly k: Axis
  /** The left factor, in the variables of `batch`, `m` and `k`. */
  readonly lhs: Expr
  /** The right factor, in the variables of `batch`, `k` and `n`. */
  readonly rhs: Expr
}

/** The parts of a product of matrices; undefined when the equation is none. */
export function matchMatmul(anchor: Equation): Matmul | undefined {
  if (anchor.kind !== 'reduce' || !isSum(anchor)) return undefined
  const [k, second] = anchor.domain
  const [output] = anchor.outputs
  const [value] = anchor.value
  if (k === undefined || second !== undefined || output === undefined) return undefined
  if (value?.kind !== 'binary' || value.op !== 'mul') return undefined
  const axes = anchor.axes.map((axis, i): Axis => ({ var: axis, extent: output.shape[i] ?? 1 }))
  const [m, n] = axes.slice(-2)
  if (m === undefined || n === undefined) return undefined
  const parts = { output, batch: axes.slice(0, -2), m, n, k }
  const uses = (expr: Expr, v: Var): boolean => someExpr(expr, (node) => node === v)
  if (!uses(value.left, n.var) && !uses(value.right, m.var)) return { ...parts, lhs: value.left, rhs: value.right }
  if (!uses(value.right, n.var) && !uses(value.left, m.var)) return { ...parts, lhs: value.right, rhs: value.left }
  return undefined
}

/** The parts of a product that a template has matched. Throws `InternalError` for any other equation. */
export function requireMatmul(anchor: Equation): Matmul {
  return defined(matchMatmul(anchor), 'a matmul template is given a matmul')
}

function isSum(anchor: Reduce): boolean {
  const [combine] = anchor.combine
  const [identity] = anchor.identity
  return (
    anchor.outputs.length === 1 &&
    combine?.kind === 'binary' &&
    combine.op === 'add' &&
    combine.left === anchor.left[0] &&
    combine.right === anchor.right[0] &&
    identity?.kind === 'const' &&
    identity.value === 0
  )
}

/** The left factor at (batch, m, k). */
export function lhsAt(matmul: Matmul, batch: readonly Expr[], m: Expr, k: Expr): Expr {
  return substitute(matmul.lhs, bindings(matmul, batch).set(matmul.m.var, m).set(matmul.k.var, k))
}

/** The right factor at (batch, k, n). */
export function rhsAt(matmul: Matmul, batch: readonly Expr[], k: Expr, n: Expr): Expr {
  return substitute(matmul.rhs, bindings(matmul, batch).set(matmul.k.var, k).set(matmul.n.var, n))
}

function bindings(matmul: Matmul, batch: readonly Expr[]): Map<Var, Expr> {
  const map = new Map<Var, Expr>()
  matmul.batch.forEach((axis, i) => {
    map.set(axis.var, batch[i] ?? sizeValue(0))
  })
  return map
}

/** The storage buffers that the factors read. */
export function operandBuffers(matmul: Matmul): readonly Buffer[] {
  return [...new Set([...loadsOf(matmul.lhs), ...loadsOf(matmul.rhs)].map((node) => node.buffer))]
}

/** Whether consecutive values of `along` read consecutive elements: the factor is one load, indexed last by it alone. */
export function isContiguousAlong(factor: Expr, along: Var): boolean {
  return factor.kind === 'load' && factor.index.at(-1) === along
}
