/**
 * Recognises a contraction of two factors in an equation, by structure alone: out[…] = Σ_k lhs(batch, m, k) · rhs(batch,
 * k, n). Matrix products, convolutions, their transposes and attention are all of this form: the factors may be any
 * expressions, and layouts, broadcasts and windows are index arithmetic inside them.
 *
 *     product   out[b, i, j]      = Σ_k        a[b, i, k] · b[b, k, j]             m: i      n: j          k: k
 *     conv      out[n, f, y, x]   = Σ_c,ky,kx  w[f, c, ky, kx] · x[n, c, y + ky, …] m: f      n: n, y, x    k: c, ky, kx
 *     depthwise out[n, c, y, x]   = Σ_ky,kx    w[c, ky, kx] · x[n, c, y + ky, …]    batch: c  n: n, y, x    k: ky, kx
 */
import {
  type Axis,
  type Buffer,
  defined,
  type Equation,
  type Expr,
  elementCount,
  formatSize,
  int,
  type KernelBuilder,
  loadsOf,
  plainFold,
  type Rejection,
  type SizeExpr,
  sizeValue,
  substitute,
  type Value,
  type Var,
  walkExpr,
} from '@tilewright/ir'
import { coordinates } from './tile-edges.js'

export interface Contraction {
  readonly output: Buffer
  /** The axes of the output, in its order; each is in one of `batch`, `m` and `n`. */
  readonly axes: readonly Var[]
  /** Axes that both factors use, or neither. */
  readonly batch: readonly Axis[]
  /** Axes of the left factor alone. */
  readonly m: readonly Axis[]
  /** Axes of the right factor alone: the output's last axis that is no batch axis is among them. */
  readonly n: readonly Axis[]
  readonly k: readonly Axis[]
  readonly lhs: Expr
  readonly rhs: Expr
}

/** The parts of a contraction; undefined when the equation is none. */
export function matchContraction(anchor: Equation): Contraction | undefined {
  if (anchor.kind !== 'reduce' || plainFold(anchor) !== 'sum') return undefined
  const [output] = anchor.outputs
  const [value] = anchor.value
  if (output === undefined || value?.kind !== 'binary' || value.op !== 'mul' || anchor.domain.length === 0) {
    return undefined
  }
  // A sum of scaled elements is an ordinary reduction.
  if (loadsOf(value.left).length === 0 || loadsOf(value.right).length === 0) return undefined
  // What is folded over once needs no loop.
  const units = new Map<Var, Expr>(anchor.domain.flatMap(({ var: v, extent }) => (extent === 1 ? [[v, int(0)]] : [])))
  const [left, right] = [substitute(value.left, units), substitute(value.right, units)]
  const [leftVars, rightVars] = [variablesOf(left), variablesOf(right)]
  const axes = anchor.axes.map((axis, i): Axis => ({ var: axis, extent: output.shape[i] ?? 1 }))
  const only = (vars: ReadonlySet<Var>, others: ReadonlySet<Var>): readonly Axis[] =>
    axes.filter((axis) => vars.has(axis.var) && !others.has(axis.var))
  const [ofLeft, ofRight] = [only(leftVars, rightVars), only(rightVars, leftVars)]
  const batch = axes.filter((axis) => !ofLeft.includes(axis) && !ofRight.includes(axis))
  const k = anchor.domain.filter((axis) => !units.has(axis.var))
  const parts = { output, axes: anchor.axes, batch, k: k.length > 0 ? k : anchor.domain.slice(0, 1) }
  // Neighbouring results of a row are made of neighbouring elements of the right factor.
  const last = axes.findLast((axis) => !batch.includes(axis))
  return last !== undefined && ofLeft.includes(last)
    ? { ...parts, m: ofRight, n: ofLeft, lhs: right, rhs: left }
    : { ...parts, m: ofLeft, n: ofRight, lhs: left, rhs: right }
}

/** The parts of a product of matrices: a contraction with columns. Without an axis for rows there is one row. */
export function matchMatmul(anchor: Equation): Contraction | undefined {
  const contraction = matchContraction(anchor)
  return contraction === undefined || contraction.n.length === 0 ? undefined : contraction
}

/** The parts of a product that a template has matched. Throws `InternalError` for any other equation. */
export function requireMatmul(anchor: Equation): Contraction {
  return defined(matchMatmul(anchor), 'a matmul template is given a matmul')
}

function variablesOf(expr: Expr): ReadonlySet<Var> {
  const vars = new Set<Var>()
  walkExpr(expr, (node) => {
    if (node.kind === 'var') vars.add(node)
  })
  return vars
}

/** The number of positions of some axes. */
export function extentOf(axes: readonly Axis[]): SizeExpr {
  return elementCount(axes.map((axis) => axis.extent))
}

/** Why a result does not fill the tiles of a template. */
export function tooThin({ m, n }: Contraction): Rejection {
  return { reason: `a ${formatSize(extentOf(m))}×${formatSize(extentOf(n))} result does not fill a tile` }
}

/** Values of some axes. */
export type Bound = readonly (readonly [Var, Expr])[]

/** Binds axes to a position among them, the last one fastest. */
export function bindPosition(axes: readonly Axis[], position: Value): Bound {
  const at = coordinates(
    position,
    axes.map((axis) => axis.extent),
  )
  return axes.map((axis, i) => [axis.var, at[i] ?? sizeValue(0)] as const)
}

/** A loop for each axis, the first one outermost. */
export function loopOver(
  g: KernelBuilder,
  axes: readonly Axis[],
  body: (bound: Bound) => void,
  bound: Bound = [],
): void {
  const [first, ...rest] = axes
  if (first === undefined) body(bound)
  else g.loop(first.var.hint, first.extent, (at) => loopOver(g, rest, body, [...bound, [first.var, at.expr]]))
}

/** Values for the axes of a contraction. */
export type Bindings = ReadonlyMap<Var, Expr>

/** The left factor where its axes have these values. */
export function lhsAt(contraction: Contraction, bindings: Bindings): Expr {
  return substitute(contraction.lhs, bindings)
}

/** The right factor where its axes have these values. */
export function rhsAt(contraction: Contraction, bindings: Bindings): Expr {
  return substitute(contraction.rhs, bindings)
}

/** Where the result for these values stands in the output. */
export function outputIndex(contraction: Contraction, bindings: Bindings): readonly Expr[] {
  return contraction.axes.map((axis) => bindings.get(axis) ?? sizeValue(0))
}

/** The storage buffers that the factors read. */
export function operandBuffers(contraction: Contraction): readonly Buffer[] {
  return [...new Set([...loadsOf(contraction.lhs), ...loadsOf(contraction.rhs)].map((node) => node.buffer))]
}

/**
 * Whether consecutive positions of `along` read consecutive elements: the factor is one load, indexed last, and nowhere
 * else, by it alone. A diagonal is indexed by it twice.
 */
export function isContiguousAlong(factor: Expr, along: readonly Axis[]): boolean {
  const fastest = along.at(-1)?.var
  if (factor.kind !== 'load' || fastest === undefined || factor.index.at(-1) !== fastest) return false
  return !factor.index.slice(0, -1).some((index) => variablesOf(index).has(fastest))
}
