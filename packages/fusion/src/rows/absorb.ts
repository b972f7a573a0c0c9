/** Replacing loads by what they load, as far as it depends on reductions over the rows of one equation. */
import {
  type Buffer,
  bindVars,
  type Compute,
  type Equation,
  type Expr,
  int,
  type Load,
  loadsOf,
  type Reduce,
  type RowStage,
  rewriteExpr,
  type SizeExpr,
  sizeEquals,
  someExpr,
  substitute,
  type Var,
  variable,
} from '@tilewright/ir'

export interface Chain {
  /** The dimensions of the last equation's output that the reductions are over, ascending. */
  readonly along: readonly number[]
  /** Each after those it uses. */
  readonly stages: readonly RowStage[]
  readonly value: Expr
  /** What the chain takes the place of, besides the last equation. */
  readonly absorbed: ReadonlySet<Equation>
}

/** A reduction that has become a stage, at the rows given by `index`. */
interface Formed {
  readonly index: readonly Expr[]
  readonly stage: RowStage
}

/** Equations of one chain: their values are nested, and whoever walks them recurses. */
export const mostMembers = 64

/** The chain that ends in `last`; undefined when it reads no reduction over its own rows. */
export function absorb(last: Compute, producer: (buffer: Buffer) => Equation | undefined): Chain | undefined {
  const { axes, output } = last
  const absorbed = new Set<Equation>()
  const formed = new Map<Reduce, Formed>()
  const stages: RowStage[] = []
  /** Equations that are being looked into: each is absorbed if what it leads to is. */
  let open = 0
  let along: readonly number[] | undefined

  const isStageResult = (node: Expr): boolean =>
    node.kind === 'var' && stages.some((stage) => stage.results.includes(node))
  const expand = (expr: Expr): Expr => rewriteExpr(expr, (node) => (node.kind === 'load' ? expandLoad(node) : node))
  const known = new Map<Buffer, { readonly index: readonly Expr[]; readonly value: Expr }[]>()
  const expandLoad = (node: Load): Expr => {
    const places = known.get(node.buffer) ?? []
    const before = places.find(({ index }) => sameIndex(index, node.index))
    if (before !== undefined) return before.value
    const value = replacement(node)
    // Shared, so that what reads a value twice does not make two of it.
    known.set(node.buffer, [...places, { index: node.index, value }])
    return value
  }
  const replacement = (node: Load): Expr => {
    const equation = producer(node.buffer)
    if (equation === undefined || absorbed.size + open >= mostMembers || !isPlain(node, axes, output.shape)) return node
    if (equation.kind === 'reduce') return stageOf(equation, node) ?? node
    if (equation.kind !== 'compute') return node
    open += 1
    const value = expand(substitute(equation.value, bindVars(equation.axes, node.index)))
    open -= 1
    if (!someExpr(value, isStageResult)) return node
    absorbed.add(equation)
    return value
  }
  const stageOf = (reduction: Reduce, { buffer, index }: Load): Var | undefined => {
    const component = reduction.outputs.indexOf(buffer)
    const before = formed.get(reduction)
    if (before !== undefined) return sameIndex(before.index, index) ? before.stage.results[component] : undefined
    const row = rowOf(reduction, index, axes, output.shape)
    if (row === undefined || (along !== undefined && String(along) !== String(row.along))) return undefined
    const values = reduction.value.map((value) =>
      substitute(value, new Map([...bindVars(reduction.axes, index), ...row.domain])),
    )
    if (!values.some((value) => readsWholeRows(value, axes, output.shape))) return undefined
    along = row.along
    absorbed.add(reduction)
    const value = values.map(expand)
    // Named after nothing in the model: equal chains are equal.
    const results = reduction.left.map(({ dtype }) => variable('result', dtype))
    const { identity, left, right, combine, commutative } = reduction
    const stage = { results, value, identity, left, right, combine, commutative }
    stages.push(stage)
    formed.set(reduction, { index, stage })
    return results[component]
  }

  const value = expand(last.value)
  return along === undefined ? undefined : { along, stages, value, absorbed }
}

const sameIndex = (a: readonly Expr[], b: readonly Expr[]): boolean =>
  a.every((at, d) => at === b[d] || bothZero(at, b[d]))
const bothZero = (a: Expr, b: Expr | undefined): boolean =>
  a.kind === 'const' && b?.kind === 'const' && a.value === b.value

/** Whether each dimension of what is loaded is one of `axes`, of the same extent, or has extent 1. */
function isPlain({ buffer, index }: Load, axes: readonly Var[], shape: readonly SizeExpr[]): boolean {
  const used = index.filter((at) => at.kind !== 'const')
  return (
    new Set(used).size === used.length &&
    index.every((at, d) => {
      const extent = buffer.shape[d] ?? 1
      if (at.kind === 'const') return extent === 1
      const dimension = at.kind === 'var' ? axes.indexOf(at) : -1
      return dimension >= 0 && sizeEquals(shape[dimension] ?? -1, extent)
    })
  )
}

/**
 * The dimensions that a reduction runs along when its results are read at `index`: those that `index` leaves out, if they
 * are of the extents of its domain, in order. Dimensions of extent 1 count as neither.
 */
function rowOf(
  { domain }: Reduce,
  index: readonly Expr[],
  axes: readonly Var[],
  shape: readonly SizeExpr[],
): { readonly along: readonly number[]; readonly domain: ReadonlyMap<Var, Expr> } | undefined {
  const along = axes.flatMap((axis, d) => (shape[d] === 1 || index.includes(axis) ? [] : [d]))
  const long = domain.filter(({ extent }) => extent !== 1)
  const agrees =
    long.length === along.length && long.every(({ extent }, i) => sizeEquals(extent, shape[along[i] ?? -1] ?? -1))
  if (!agrees || along.length === 0) return undefined
  const bindings = new Map<Var, Expr>(domain.map((axis) => [axis.var, int(0)]))
  long.forEach((axis, i) => {
    const to = axes[along[i] ?? -1]
    if (to !== undefined) bindings.set(axis.var, to)
  })
  return { along, domain: bindings }
}

/** Whether some load is at its own place in the rows: a product of matrices, which reads none so, is not folded by rows. */
function readsWholeRows(value: Expr, axes: readonly Var[], shape: readonly SizeExpr[]): boolean {
  const needed = axes.filter((_, d) => shape[d] !== 1)
  return loadsOf(value).some(({ index }) =>
    needed.every((axis) => index.some((at) => someExpr(at, (node) => node === axis))),
  )
}
