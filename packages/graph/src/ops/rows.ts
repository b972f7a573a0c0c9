/**
 * Rows: the elements of a tensor grouped by what is folded together. Reductions, softmax and normalisations are folds over
 * rows and equations that read their results back, all in this one form.
 */
import {
  type Buffer,
  cast,
  defined,
  type Expr,
  elementCount,
  int,
  type Reduce,
  reduce,
  type SizeExpr,
  sizeValue,
} from '@tilewright/ir'
import type { TensorType } from '../tensor.js'
import { formatShape, shapeError } from './shape-error.js'

export interface Rows {
  /** The shape of what has one element a row. */
  readonly shape: readonly SizeExpr[]
  /** The extents of a row. */
  readonly domain: readonly SizeExpr[]
  /** Where an element of a row stands in the tensor. */
  readonly index: (row: readonly Expr[], element: readonly Expr[]) => readonly Expr[]
  /** The row of the element at `index` of the tensor. */
  readonly rowOf: (index: readonly Expr[]) => readonly Expr[]
}

/**
 * `axes` counted from the front, in order; negative ones count from the end. Throws `CompileError` `graph/shape` for an
 * axis that the tensor lacks or that is named twice.
 */
export function sortedAxes(operator: string, { shape }: TensorType, axes: readonly number[]): readonly number[] {
  const rank = shape.length
  const resolved = axes.map((axis) => (axis < 0 ? axis + rank : axis)).toSorted((a, b) => a - b)
  if (resolved.some((axis, i) => axis < 0 || axis >= rank || axis === resolved[i - 1])) {
    throw shapeError(
      operator,
      `axes [${axes.join(', ')}] for ${formatShape(shape)}`,
      `its axes are ${-shape.length} to ${shape.length - 1}`,
    )
  }
  return resolved
}

/** All axes from `axis` on. Throws as `sortedAxes`. */
export function axesFrom(operator: string, type: TensorType, axis: number): readonly number[] {
  const [first] = sortedAxes(operator, type, [axis])
  return type.shape.flatMap((_, d) => (d >= defined(first, 'one axis') ? [d] : []))
}

/** Rows along resolved `axes`; `keepDims` leaves these with extent 1 in `shape`. */
export function rowsAlong(shape: readonly SizeExpr[], axes: readonly number[], keepDims = false): Rows {
  const isFolded = (d: number): boolean => axes.includes(d)
  const kept = shape.flatMap((_, d) => (keepDims || !isFolded(d) ? [d] : []))
  const extent = (d: number): SizeExpr => defined(shape[d], `dimension ${d}`)
  return {
    shape: kept.map((d) => (isFolded(d) ? 1 : extent(d))),
    domain: axes.map(extent),
    index: (row, element) =>
      shape.map((_, d) => defined(isFolded(d) ? element[axes.indexOf(d)] : row[kept.indexOf(d)], `dimension ${d}`)),
    rowOf: (index) => kept.map((d) => (isFolded(d) ? int(0) : defined(index[d], `dimension ${d}`))),
  }
}

export interface Fold {
  readonly identity: Expr
  /** What is folded of the element at `index` of the tensor. */
  readonly value: (index: readonly Expr[]) => Expr
  readonly combine: (left: Expr, right: Expr) => Expr
}

/** output[row] = the fold of each row; commutative. Throws as `reduce`. */
export function foldRows(output: Buffer, rows: Rows, { identity, value, combine }: Fold): Reduce {
  return reduce({
    outputs: [output],
    domain: domainOf(rows),
    identity: [identity],
    value: (row, element) => [value(rows.index(row, element))],
    combine: ([left], [right]) => [combine(defined(left, 'left'), defined(right, 'right'))],
    commutative: true,
  })
}

/** The extents of a row with names, as `reduce` takes them. */
export function domainOf(rows: Rows): readonly { readonly hint: string; readonly extent: SizeExpr }[] {
  return rows.domain.map((extent, d) => ({ hint: `k${d}`, extent }))
}

/** The number of elements of a row, f32. */
export function rowLength(rows: Rows): Expr {
  return cast('f32', sizeValue(elementCount(rows.domain)))
}
