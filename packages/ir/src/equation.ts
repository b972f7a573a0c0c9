/** Making equations: each constructor names fresh axes after the output's dimensions and checks types and ranks. */
import type { Buffer } from './buffer.js'
import type { Attention, Compute, Fold, InverseMap, Reduce, RowStage, Rows, Scan, Scatter, Sort } from './definition.js'
import { computeType, expectType, type ScalarType } from './dtype.js'
import { CompileError, invariant } from './errors.js'
import { add, checkIndex, constant, type Expr, mul, type Var, variable } from './expr.js'
import { type SizeExpr, shapeEquals } from './size.js'

const checkAlong = (output: Buffer, along: number): void => {
  if (!Number.isInteger(along) || along < 0 || along >= output.shape.length) {
    throw new CompileError({
      code: 'ir/rank',
      message: `"${output.hint}" of rank ${output.shape.length} has no dimension ${along}`,
    })
  }
}

/** output[axes] = body(axes). Throws `CompileError` `ir/type`. */
export function compute(
  output: Buffer,
  body: (...axes: readonly Var[]) => Expr,
  inverses: readonly InverseMap[] = [],
): Compute {
  const axes = output.shape.map((_, i) => variable(`i${i}`))
  const value = body(...axes)
  expectType(computeType(output.dtype), value.dtype, `the value of "${output.hint}"`)
  return { kind: 'compute', output, axes, value, inverses }
}

export interface ReduceDetails {
  readonly outputs: readonly Buffer[]
  /** Extents that are folded over, with names for their variables. */
  readonly domain: readonly { readonly hint: string; readonly extent: SizeExpr }[]
  readonly identity: readonly Expr[]
  /** The state of one element. */
  readonly value: (axes: readonly Var[], domain: readonly Var[]) => readonly Expr[]
  readonly combine: (left: readonly Var[], right: readonly Var[]) => readonly Expr[]
  readonly commutative: boolean
}

/** A reduction with a tuple state. Throws `CompileError` `ir/type`, `ir/rank`. */
export function reduce(details: ReduceDetails): Reduce {
  const { outputs } = details
  const [first] = outputs
  invariant(first !== undefined, 'a reduce has at least one output')
  const axes = first.shape.map((_, i) => variable(`i${i}`))
  const domain = details.domain.map(({ hint, extent }) => ({ var: variable(hint), extent }))
  const left = outputs.map((output) => variable('left', computeType(output.dtype)))
  const right = outputs.map((output) => variable('right', computeType(output.dtype)))
  const value = details.value(
    axes,
    domain.map((axis) => axis.var),
  )
  const { identity, commutative } = details
  const fold = { value, identity, left, right, combine: details.combine(left, right), commutative }
  checkFold(
    fold,
    outputs.map((output) => ({ type: computeType(output.dtype), hint: output.hint })),
  )
  outputs.forEach((output) => {
    if (!shapeEquals(output.shape, first.shape)) {
      throw new CompileError({
        code: 'ir/rank',
        message: `the outputs of one reduce differ in shape: "${output.hint}"`,
      })
    }
  })
  return { kind: 'reduce', outputs, axes, domain, ...fold }
}

function checkFold(fold: Fold, components: readonly { readonly type: ScalarType; readonly hint: string }[]): void {
  const { value, identity, combine } = fold
  for (const [part, exprs] of Object.entries({ value, identity, combine })) {
    invariant(exprs.length === components.length, `the ${part} of a fold has one component a result`)
    components.forEach(({ type, hint }, i) => {
      const expr = exprs[i]
      if (expr !== undefined) expectType(type, expr.dtype, `the ${part} of "${hint}"`)
    })
  }
}

/**
 * A chain of reductions over the rows of `output` that lie along the dimensions `along`, and what is made of them. The
 * stages, and the value, are over the variables `axes`. Throws `CompileError` `ir/type`, `ir/rank`.
 */
export function rows(
  output: Buffer,
  axes: readonly Var[],
  along: readonly number[],
  stages: readonly RowStage[],
  value: Expr,
): Rows {
  for (const dimension of along) checkAlong(output, dimension)
  const isAscending = along.every((dimension, i) => i === 0 || dimension > (along[i - 1] ?? 0))
  invariant(along.length > 0 && isAscending && stages.length > 0, 'rows have dimensions, in order, and stages')
  for (const stage of stages) {
    checkFold(
      stage,
      stage.results.map(({ dtype, hint }) => ({ type: dtype, hint })),
    )
  }
  expectType(computeType(output.dtype), value.dtype, `the value of "${output.hint}"`)
  return { kind: 'rows', output, axes, along, stages, value }
}

/** A mean of values over keys, weighted by their scores. Throws `CompileError` `ir/type`. */
export function attention(parts: Omit<Attention, 'kind'>): Attention {
  const { output, dot, product, score, value, largest, total, sum, result } = parts
  for (const [part, { dtype }] of Object.entries({ dot, product, score, value, largest, total, sum })) {
    expectType('f32', dtype, `the ${part} in the attention of "${output.hint}"`)
  }
  expectType(computeType(output.dtype), result.dtype, `the value of "${output.hint}"`)
  return { kind: 'attention', ...parts }
}

/** Inclusive scan of `value` along one dimension of `output`. Throws `CompileError` `ir/type`, `ir/rank`. */
export function scan(
  output: Buffer,
  along: number,
  value: (...axes: readonly Var[]) => Expr,
  combine: (left: Var, right: Var) => Expr,
): Scan {
  const axes = output.shape.map((_, i) => variable(`i${i}`))
  const type = computeType(output.dtype)
  const [left, right] = [variable('left', type), variable('right', type)]
  const [element, combined] = [value(...axes), combine(left, right)]
  checkAlong(output, along)
  expectType(type, element.dtype, `the value of "${output.hint}"`)
  expectType(type, combined.dtype, `the combine of "${output.hint}"`)
  return { kind: 'scan', output, axes, along, value: element, left, right, combine: combined }
}

/** output = base with the updates of `domain` combined in. Throws `CompileError` `ir/type`, `ir/rank`. */
export function scatter(
  output: Buffer,
  base: (...axes: readonly Var[]) => Expr,
  domain: readonly { readonly hint: string; readonly extent: SizeExpr }[],
  update: (...domain: readonly Var[]) => { readonly index: readonly Expr[]; readonly value: Expr },
  combine: (left: Var, right: Var) => Expr,
): Scatter {
  const axes = output.shape.map((_, i) => variable(`i${i}`))
  const points = domain.map(({ hint, extent }) => ({ var: variable(hint), extent }))
  const { index, value } = update(...points.map((axis) => axis.var))
  const type = computeType(output.dtype)
  const [left, right] = [variable('left', type), variable('right', type)]
  const [start, combined] = [base(...axes), combine(left, right)]
  checkIndex(output, index)
  expectType(type, start.dtype, `the base of "${output.hint}"`)
  expectType(type, value.dtype, `the value of "${output.hint}"`)
  expectType(type, combined.dtype, `the combine of "${output.hint}"`)
  return { kind: 'scatter', output, axes, base: start, domain: points, index, value, left, right, combine: combined }
}

/** Stable sort of `value` along one dimension. Throws `CompileError` `ir/type`, `ir/rank`. */
export function sort(
  values: Buffer,
  positions: Buffer,
  along: number,
  value: (...axes: readonly Var[]) => Expr,
  descending: boolean,
): Sort {
  const axes = values.shape.map((_, i) => variable(`i${i}`))
  const element = value(...axes)
  checkAlong(values, along)
  expectType(computeType(values.dtype), element.dtype, `the value of "${values.hint}"`)
  expectType('i32', computeType(positions.dtype), `the positions "${positions.hint}" of a sort`)
  if (!shapeEquals(values.shape, positions.shape)) {
    throw new CompileError({
      code: 'ir/rank',
      message: `the outputs of one sort differ in shape: "${positions.hint}"`,
    })
  }
  return { kind: 'sort', values, positions, axes, along, value: element, descending }
}

/**
 * out[axes] = Σ over `domain` of a product of two factors: the equation that contraction templates schedule.
 * Throws `CompileError` `ir/type`.
 */
export function sumOfProducts(
  output: Buffer,
  domain: readonly { readonly hint: string; readonly extent: SizeExpr }[],
  factors: (axes: readonly Var[], domain: readonly Var[]) => readonly [Expr, Expr],
): Reduce {
  return reduce({
    outputs: [output],
    domain,
    identity: [constant(computeType(output.dtype), 0)],
    value: (axes, at) => [mul(...factors(axes, at))],
    combine: ([left], [right]) => {
      invariant(left !== undefined && right !== undefined, 'a sum has one component')
      return [add(left, right)]
    },
    commutative: true,
  })
}

/** out[…batch, m, n] = Σ_k lhs(batch, m, k) · rhs(batch, k, n): a product of matrices. */
export function matmul(
  output: Buffer,
  depth: SizeExpr,
  lhs: (batch: readonly Var[], m: Var, k: Var) => Expr,
  rhs: (batch: readonly Var[], k: Var, n: Var) => Expr,
): Reduce {
  return sumOfProducts(output, [{ hint: 'k', extent: depth }], (axes, [k]) => {
    const [m, n] = [axes.at(-2), axes.at(-1)]
    invariant(m !== undefined && n !== undefined && k !== undefined, 'a matmul has rank at least 2')
    const batch = axes.slice(0, -2)
    return [lhs(batch, m, k), rhs(batch, k, n)]
  })
}
