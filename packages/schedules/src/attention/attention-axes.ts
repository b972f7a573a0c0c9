/** The roles of the axes of an attention: which make rows, which columns, and which stand outside of both; and its factors. */
import {
  type Attention,
  type Axis,
  type Buffer,
  type Equation,
  type Expr,
  equationExprs,
  invariant,
  loadsOf,
  someExpr,
  type Var,
  walkExpr,
} from '@tilewright/ir'

export interface AttentionAxes {
  /** Axes of scores and values both, or of neither. */
  readonly batch: readonly Axis[]
  /** Axes of the scores alone: the queries. */
  readonly m: readonly Axis[]
  /** Axes of the values alone. */
  readonly n: readonly Axis[]
}

/** The axes of an attention by their roles. */
export function attentionAxes({ output, axes, product, score, value }: Attention): AttentionAxes {
  const [ofScores, ofValues] = [variablesOf([product, score]), variablesOf([value])]
  const all = axes.map((axis, d): Axis => ({ var: axis, extent: output.shape[d] ?? 1 }))
  const m = all.filter((axis) => ofScores.has(axis.var) && !ofValues.has(axis.var))
  const n = all.filter((axis) => !ofScores.has(axis.var) && ofValues.has(axis.var))
  return { batch: all.filter((axis) => !m.includes(axis) && !n.includes(axis)), m, n }
}

export interface AttentionFactors {
  readonly query: Expr
  readonly key: Expr
  readonly value: Expr
}

/** The factors of both products; undefined where each query has keys of its own, or each key queries. */
export function attentionFactors(anchor: Attention): AttentionFactors | undefined {
  const { product, value, key } = anchor
  if (product.kind !== 'binary' || product.op !== 'mul') return undefined
  const [query, keys] = isOf(product.left, key.var) ? [product.right, product.left] : [product.left, product.right]
  if (isOf(query, key.var) || attentionAxes(anchor).m.some((axis) => isOf(keys, axis.var))) return undefined
  return { query, key: keys, value }
}

const isOf = (expr: Expr, axis: Expr): boolean => someExpr(expr, (node) => node === axis)

/** The attention that a template has matched. Throws `InternalError` for any other equation. */
export function requireAttention(anchor: Equation): Attention {
  invariant(anchor.kind === 'attention', 'an attention template is given an attention')
  return anchor
}

/** The storage buffers that an attention reads. */
export function attentionOperands(anchor: Attention): readonly Buffer[] {
  return [...new Set(equationExprs(anchor).flatMap((expr) => loadsOf(expr).map(({ buffer }) => buffer)))]
}

function variablesOf(exprs: readonly Expr[]): ReadonlySet<Var> {
  const vars = new Set<Var>()
  for (const expr of exprs) {
    walkExpr(expr, (node) => {
      if (node.kind === 'var') vars.add(node)
    })
  }
  return vars
}
