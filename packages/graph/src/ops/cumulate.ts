/** Sums and products of all elements before: CumSum, CumProd. */
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
  mul,
  scan,
  select,
  sizeValue,
  sub,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { resolveAxis } from './axes.js'

export interface CumulateAttributes {
  readonly axis: number
  /** Without the element itself. */
  readonly exclusive: boolean
  /** From the end. */
  readonly reverse: boolean
}

/** CumSum (ONNX): running sums along `axis`. Throws `CompileError` `graph/shape`. */
export const cumSumOp = (input: TensorType, attributes: CumulateAttributes): Operation =>
  cumulate('CumSum', input, attributes, { identity: 0, combine: add })

/** CumProd (ONNX): running products along `axis`. Throws `CompileError` `graph/shape`. */
export const cumProdOp = (input: TensorType, attributes: CumulateAttributes): Operation =>
  cumulate('CumProd', input, attributes, { identity: 1, combine: mul })

interface Cumulation {
  readonly identity: number
  readonly combine: (left: Expr, right: Expr) => Expr
}

function cumulate(
  name: string,
  input: TensorType,
  { axis, exclusive, reverse }: CumulateAttributes,
  { identity, combine }: Cumulation,
): Operation {
  const along = resolveAxis(name, axis, input.shape.length)
  const last = sub(sizeValue(defined(input.shape[along], 'the axis')), int(1))
  /** The index with another position along the axis. */
  const moved = (axes: readonly Expr[], to: (at: Expr) => Expr): readonly Expr[] =>
    axes.map((at, d) => (d === along ? to(at) : at))
  const turned = (axes: readonly Expr[]): readonly Expr[] => (reverse ? moved(axes, (at) => sub(last, at)) : axes)
  return {
    name,
    outputs: [{ dtype: input.dtype, shape: input.shape }],
    define: ([x], [y]) => {
      const [source, output] = [defined(x, 'one input'), defined(y, 'one output')]
      const isWhole = !exclusive && !reverse
      const running = isWhole ? output : buffer('running', output.dtype, output.shape, 'storage')
      const equations: Equation[] = [scan(running, along, (...axes) => load(source, turned(axes)), combine)]
      if (isWhole) return equations
      const nothing = constant(computeType(output.dtype), identity)
      const placed = compute(output, (...axes) => {
        const at = turned(axes)
        if (!exclusive) return load(running, at)
        const before = load(
          running,
          moved(at, (one) => sub(one, int(1))),
        )
        return select(binary('eq', defined(at[along], 'the axis'), int(0)), nothing, before)
      })
      return [...equations, placed]
    },
  }
}
