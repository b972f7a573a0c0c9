/** The parts of a `rows` equation that its templates schedule. */
import { type Axis, defined, type Equation, type Expr, invariant, type Rows, type Var } from '@tilewright/ir'

export interface RowAxes {
  readonly anchor: Rows
  /** Which row. */
  readonly rows: readonly Axis[]
  /** Where in the row. */
  readonly row: readonly Axis[]
}

/** The rows of an equation that a template has matched. Throws `InternalError` for any other kind. */
export function requireRows(anchor: Equation): RowAxes {
  invariant(anchor.kind === 'rows', 'a rows template is given rows')
  const axes = anchor.axes.map((axis, d): Axis => ({ var: axis, extent: anchor.output.shape[d] ?? 1 }))
  const isAlong = (_: Axis, dimension: number): boolean => anchor.along.includes(dimension)
  return { anchor, row: axes.filter(isAlong), rows: axes.filter((axis, d) => !isAlong(axis, d)) }
}

/** Whether neighbouring elements of the output are of one row. */
export function isContiguous({ anchor }: RowAxes): boolean {
  return anchor.along.includes(anchor.axes.length - 1)
}

/** Where in the output: its axes in their own order. */
export function indexOf({ axes }: Rows, bindings: ReadonlyMap<Var, Expr>): readonly Expr[] {
  return axes.map((axis) => defined(bindings.get(axis), 'every axis is bound'))
}
