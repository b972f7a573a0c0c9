/**
 * Computation definitions: what an operator means, without any schedule.
 *
 * A definition is a list of equations over buffers, in an order in which each buffer is written before it is read.
 * Inside an equation a `load` reads a whole, finished buffer, so evaluation needs no notion of time. Equations of
 * kind `compute` are injective and can be inlined anywhere; the others are anchors.
 *
 * - `compute`: output[axes] = value, for every point of the output's shape.
 * - `reduce`: for every point of the outputs' shape, folds `value` over `domain` (row-major, from `identity`) with
 *   `combine(left, right)`; the state is a tuple, one component an output. An empty domain gives the identity.
 *   `combine` is associative and `identity` neutral, up to rounding: schedules may regroup, never reorder unless
 *   `commutative`.
 * - `rows`: a chain of reductions over the same rows, followed by what broadcasts their results. The dimensions `along` of
 *   the output are the row, the others say which row. For every row, each stage in order folds its `value` over the row as
 *   a reduce does, and binds the components of its state to `results`, which later stages and `value` use. Then
 *   output[axes] = value, for every point of the row. Loads read finished buffers, never the output.
 * - `attention`: for every point of the output's shape, a mean over keys, weighted by how they score. `dot` is the sum of
 *   `product` over `depth`; `score` makes a key's score of it; `largest` is the largest score, -∞ without keys; a key weighs
 *   exp(score - largest); `total` is the sum of the weights, and `sum` that of weight · `value`. Then output[axes] = `result`
 *   of these three. Sums may be taken in any order, and weights relative to any number near the largest.
 * - `scan`: output[axes] = fold of `value` over the elements up to and including axes[along], along that dimension.
 * - `scatter`: output = base, then for every point of `domain` in row-major order output[index] is combined with
 *   `value`: `left` is the old element, `right` the update.
 * - `sort`: along one dimension, stable, ascending or descending by value; outputs are the values and their positions. NaN
 *   is larger than every number and equal to NaN, and the zeros are equal: every place is written, whatever the values.
 */
import type { Buffer } from './buffer.js'
import { CompileError } from './errors.js'
import type { Expr, Var } from './expr.js'
import { formatSize, type SizeExpr } from './size.js'
import { loadsOf } from './walk.js'

/** One dimension of an iteration. */
export interface Axis {
  readonly var: Var
  readonly extent: SizeExpr
}

/** Element `axes` of `input` is read for exactly one output element: the one at `index`. Makes an epilogue possible. */
export interface InverseMap {
  readonly input: Buffer
  readonly axes: readonly Var[]
  readonly index: readonly Expr[]
}

export interface Compute {
  readonly kind: 'compute'
  readonly output: Buffer
  readonly axes: readonly Var[]
  readonly value: Expr
  /** Inverses beyond the evident one (an input of the output's shape read at exactly `axes`). */
  readonly inverses: readonly InverseMap[]
}

/** How the values of a domain become one: a tuple of components. */
export interface Fold {
  readonly value: readonly Expr[]
  readonly identity: readonly Expr[]
  readonly left: readonly Var[]
  readonly right: readonly Var[]
  readonly combine: readonly Expr[]
  readonly commutative: boolean
}

export interface Reduce extends Fold {
  readonly kind: 'reduce'
  /** One a component of the state, all of one shape. */
  readonly outputs: readonly Buffer[]
  readonly axes: readonly Var[]
  readonly domain: readonly Axis[]
}

/** A fold over a row, whose value may use the results of earlier stages. */
export interface RowStage extends Fold {
  /** One a component. */
  readonly results: readonly Var[]
}

export interface Rows {
  readonly kind: 'rows'
  readonly output: Buffer
  readonly axes: readonly Var[]
  /** The dimensions that make a row, ascending; at least one. */
  readonly along: readonly number[]
  /** At least one. */
  readonly stages: readonly RowStage[]
  readonly value: Expr
}

export interface Attention {
  readonly kind: 'attention'
  readonly output: Buffer
  readonly axes: readonly Var[]
  readonly key: Axis
  readonly depth: readonly Axis[]
  /** Over the axes, the key and the depth. */
  readonly product: Expr
  readonly dot: Var
  /** Over the axes, the key and `dot`. */
  readonly score: Expr
  /** Over the axes and the key. */
  readonly value: Expr
  readonly largest: Var
  readonly total: Var
  readonly sum: Var
  /** Over the axes, `largest`, `total` and `sum`. */
  readonly result: Expr
}

export interface Scan {
  readonly kind: 'scan'
  readonly output: Buffer
  readonly axes: readonly Var[]
  /** The dimension scanned. */
  readonly along: number
  readonly value: Expr
  readonly left: Var
  readonly right: Var
  readonly combine: Expr
}

export interface Scatter {
  readonly kind: 'scatter'
  readonly output: Buffer
  readonly axes: readonly Var[]
  readonly base: Expr
  readonly domain: readonly Axis[]
  readonly index: readonly Expr[]
  readonly value: Expr
  readonly left: Var
  readonly right: Var
  readonly combine: Expr
}

export interface Sort {
  readonly kind: 'sort'
  readonly values: Buffer
  /** i32 positions along the dimension. */
  readonly positions: Buffer
  readonly axes: readonly Var[]
  readonly along: number
  readonly value: Expr
  readonly descending: boolean
}

export type Equation = Compute | Reduce | Rows | Attention | Scan | Scatter | Sort

export interface Definition {
  readonly kind: 'definition'
  readonly name: string
  readonly inputs: readonly Buffer[]
  readonly outputs: readonly Buffer[]
  readonly equations: readonly Equation[]
}

/** The buffers an equation writes. */
export function equationOutputs(equation: Equation): readonly Buffer[] {
  switch (equation.kind) {
    case 'compute':
    case 'rows':
    case 'attention':
    case 'scan':
    case 'scatter':
      return [equation.output]
    case 'reduce':
      return equation.outputs
    case 'sort':
      return [equation.values, equation.positions]
  }
}

/** The expressions of an equation, over its axes, domain and state; those of inverse maps are not among them. */
export function equationExprs(equation: Equation): readonly Expr[] {
  switch (equation.kind) {
    case 'compute':
    case 'sort':
      return [equation.value]
    case 'reduce':
      return foldExprs(equation)
    case 'rows':
      return [...equation.stages.flatMap(foldExprs), equation.value]
    case 'attention':
      return [equation.product, equation.score, equation.value, equation.result]
    case 'scan':
      return [equation.value, equation.combine]
    case 'scatter':
      return [equation.base, ...equation.index, equation.value, equation.combine]
  }
}

/** What an equation iterates over besides its axes, its rows aside. */
export function equationDomain(equation: Equation): readonly Axis[] {
  if (equation.kind === 'attention') return [equation.key, ...equation.depth]
  return 'domain' in equation ? equation.domain : []
}

const foldExprs = ({ value, identity, combine }: Fold): readonly Expr[] => [...value, ...identity, ...combine]

const checkAxes = (output: Buffer, axes: readonly Var[]): void => {
  if (axes.length !== output.shape.length) {
    throw new CompileError({
      code: 'ir/rank',
      message: `the equation of "${output.hint}" has ${axes.length} axes for shape [${output.shape.map(formatSize).join(', ')}]`,
    })
  }
}

/**
 * Checks axes and the order of the equations: what an equation reads is an input or an output of an earlier one.
 * Throws `CompileError` `ir/rank`, `ir/order`.
 */
export function definition(
  name: string,
  inputs: readonly Buffer[],
  outputs: readonly Buffer[],
  equations: readonly Equation[],
): Definition {
  const written = new Set<Buffer>(inputs)
  for (const equation of equations) {
    const outputHints = equationOutputs(equation).map((output) => `"${output.hint}"`)
    for (const { buffer } of equationExprs(equation).flatMap(loadsOf)) {
      if (!written.has(buffer)) {
        throw new CompileError({
          code: 'ir/order',
          message: `the equation of ${outputHints.join(', ')} reads "${buffer.hint}", which is not written before`,
          help: 'list it among the inputs, or put the equation that writes it first',
        })
      }
    }
    for (const output of equationOutputs(equation)) {
      checkAxes(output, equation.axes)
      if (written.has(output)) {
        const what = inputs.includes(output) ? `input "${output.hint}" is written` : `"${output.hint}" is written twice`
        throw new CompileError({ code: 'ir/order', message: what })
      }
      written.add(output)
    }
  }
  for (const output of outputs) {
    if (!written.has(output)) {
      throw new CompileError({ code: 'ir/order', message: `output "${output.hint}" of "${name}" is never written` })
    }
  }
  return { kind: 'definition', name, inputs, outputs, equations }
}
