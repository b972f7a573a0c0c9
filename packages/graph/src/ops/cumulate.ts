/** Sums of all elements before: CumSum. */
import {
  add,
  binary,
  buffer,
  compute,
  computeType,
  constant,
  defined,
  type Equation,
  type Expr,
  int,
  load,
  scan,
  select,
  sizeValue,
  sub,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { resolveAxis } from './axes.js'

export interface CumSumAttributes {
  readonly axis: number
  /** Without the element itself. */
  readonly exclusive: boolean
  /** From the end. */
  readonly reverse: boolean
}

/** CumSum (ONNX): running sums along `axis`. Throws `CompileError` `graph/shape`. */
export function cumSumOp(input: TensorType, { axis, exclusive, reverse }: CumSumAttributes): Operation {
  const along = resolveAxis('CumSum', axis, input.shape.length)
  const last = sub(sizeValue(defined(input.shape[along], 'the axis')), int(1))
  /** The index with another position along the axis. */
  const moved = (axes: readonly Expr[], to: (at: Expr) => Expr): readonly Expr[] =>
    axes.map((at, d) => (d === along ? to(at) : at))
  const turned = (axes: readonly Expr[]): readonly Expr[] => (reverse ? moved(axes, (at) => sub(last, at)) : axes)
  return {
    name: 'CumSum',
    outputs: [{ dtype: input.dtype, shape: input.shape }],
    define: ([x], [y]) => {
      const [source, output] = [defined(x, 'one input'), defined(y, 'one output')]
      const isWhole = !exclusive && !reverse
      const sums = isWhole ? output : buffer('sums', output.dtype, output.shape, 'storage')
      const equations: Equation[] = [scan(sums, along, (...axes) => load(source, turned(axes)), add)]
      if (isWhole) return equations
      const zero = constant(computeType(output.dtype), 0)
      const placed = compute(output, (...axes) => {
        const at = turned(axes)
        if (!exclusive) return load(sums, at)
        const before = load(
          sums,
          moved(at, (one) => sub(one, int(1))),
        )
        return select(binary('eq', defined(at[along], 'the axis'), int(0)), zero, before)
      })
      return [...equations, placed]
    },
  }
}
