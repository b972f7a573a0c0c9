/**
 * Folds inside one thread, for one row or a few neighbouring ones.
 *
 * Where a row is contiguous, `step` consecutive points are brought at a time, so that their loads become a vector, and are
 * combined in a tree before they meet the state: regrouped, never reordered, and a chain of dependent operations a
 * `step`th as long. Where rows lie side by side, a thread owns `own` of them, and each point brings a vector across rows.
 */
import {
  type Axis,
  defined,
  type Expr,
  elementCount,
  type Fold,
  type KernelBuilder,
  type SizeExpr,
  sizeBinary,
  sizeDiv,
  substitute,
  type Value,
  type Var,
} from '@tilewright/ir'

export type Bindings = ReadonlyMap<Var, Expr>

/**
 * Folds each of a thread's rows over `domain`; gives the results of each row, one a component. `rows` says what is known of
 * a row: its axes, and the results of earlier folds.
 */
export function foldInThread(
  g: KernelBuilder,
  fold: Fold,
  rows: readonly Bindings[],
  domain: readonly Axis[],
  step: number,
): readonly (readonly Expr[])[] {
  const states = rows.map((row) =>
    fold.left.map(({ dtype }, i) => {
      const component = g.privateBuffer('state', dtype, [])
      component.set([], substitute(defined(fold.identity[i], 'one identity a component'), row))
      return component
    }),
  )
  eachPoint(g, domain, step, (points) => {
    for (const [i, state] of states.entries()) {
      const elements = points.map((point) => {
        const bindings = new Map([...(rows[i] ?? []), ...point])
        return fold.value.map((element) => g.let('element', substitute(element, bindings)).expr)
      })
      const old = state.map((component) => component.at().expr)
      for (const [c, next] of combined(g, fold, old, combineAll(g, fold, elements)).entries()) state[c]?.set([], next)
    }
  })
  // Named: what is computed from a result alone is computed once.
  return states.map((state) => state.map((component) => g.let('total', component.at()).expr))
}

/** Points of a domain that stand in the text one by one: a window's, whose positions and padding fold. */
const mostUnrolled = 32

/**
 * Visits a domain in row-major order, `step` points of its innermost dimension at a time, then what is left of that
 * dimension one by one.
 */
export function eachPoint(
  g: KernelBuilder,
  domain: readonly Axis[],
  step: number,
  visit: (points: readonly Bindings[]) => void,
): void {
  const [inner, outer] = [domain.at(-1), domain.slice(0, -1)]
  const bindings = new Map<Var, Expr>()
  const length = elementCount(domain.map((axis) => axis.extent))
  const options = { unroll: typeof length === 'number' && length <= mostUnrolled }
  const nest = (depth: number): void => {
    const axis = outer[depth]
    if (axis !== undefined) {
      g.loop(
        axis.var.hint,
        axis.extent,
        (index) => {
          bindings.set(axis.var, index.expr)
          nest(depth + 1)
        },
        options,
      )
    } else if (inner === undefined) visit([new Map()])
    else innermost(inner, inner.extent)
  }
  const innermost = (axis: Axis, extent: SizeExpr): void => {
    const at = (first: Value, offset: number): Bindings => new Map([...bindings, [axis.var, first.add(offset).expr]])
    const { hint } = axis.var
    const whole = sizeDiv(extent, step)
    const several = (index: Value): void =>
      visit(Array.from({ length: step }, (_, offset) => at(index.mul(step), offset)))
    if (whole !== 0) g.loop(hint, whole, several, options)
    const rest = sizeBinary('mod', extent, step)
    if (rest !== 0) g.loop(hint, rest, (index) => visit([at(g.size(whole).mul(step).add(index), 0)]), options)
  }
  nest(0)
}

/** Elements of consecutive points, or of threads, combined in a tree. */
export function combineAll(g: KernelBuilder, fold: Fold, elements: readonly (readonly Expr[])[]): readonly Expr[] {
  const [first, ...rest] = elements
  if (rest.length === 0) return defined(first, 'at least one element')
  const half = elements.length >> 1
  return combined(g, fold, combineAll(g, fold, elements.slice(0, half)), combineAll(g, fold, elements.slice(half)))
}

/** combine(left, right): all components are computed from the old ones before any is replaced. */
export function combined(g: KernelBuilder, fold: Fold, left: readonly Expr[], right: readonly Expr[]): readonly Expr[] {
  const named = (hint: string, exprs: readonly Expr[]): readonly Expr[] =>
    exprs.length === 1 ? exprs : exprs.map((expr) => g.let(hint, expr).expr)
  const bindings = new Map<Var, Expr>()
  const bind = (vars: readonly Var[], to: readonly Expr[]): void => {
    for (const [i, v] of vars.entries()) bindings.set(v, defined(to[i], 'one value a component'))
  }
  bind(fold.left, named('left', left))
  bind(fold.right, named('right', right))
  return fold.combine.map((combine) => g.let('next', substitute(combine, bindings)).expr)
}
