/** The parts of a `reduce` equation that its templates schedule. */
import {
  type Axis,
  type Equation,
  type Expr,
  elementCount,
  invariant,
  loadsOf,
  type Reduce,
  type SizeExpr,
} from '@tilewright/ir'

export interface ReduceAxes {
  readonly anchor: Reduce
  /** Which result. */
  readonly results: readonly Axis[]
  /** Elements folded for one result. */
  readonly length: SizeExpr
  /** Whether consecutive elements of the domain are consecutive in some operand. */
  readonly contiguous: boolean
  /** Whether neighbouring results read neighbouring elements of some operand. */
  readonly beside: boolean
}

/** The parts of a reduction that a template has matched. Throws `InternalError` for any other kind. */
export function requireReduce(anchor: Equation): ReduceAxes {
  invariant(anchor.kind === 'reduce', 'a reduce template is given a reduce')
  const shape = anchor.outputs[0]?.shape ?? []
  const innermost = anchor.value.flatMap(loadsOf).map(({ index }) => index.at(-1))
  const isInnermost = (at: Expr | undefined): boolean => at !== undefined && innermost.includes(at)
  return {
    anchor,
    results: anchor.axes.map((axis, d) => ({ var: axis, extent: shape[d] ?? 1 })),
    length: elementCount(anchor.domain.map((axis) => axis.extent)),
    contiguous: isInnermost(anchor.domain.at(-1)?.var),
    beside: isInnermost(anchor.axes.at(-1)),
  }
}
