/** The largest or smallest elements along a dimension: TopK. */
import {
  type Buffer,
  binary,
  buffer,
  CompileError,
  compute,
  defined,
  load,
  type SizeExpr,
  sizeRange,
  sizeSub,
  sizeValue,
  sort,
  type Var,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { resolveAxis } from './axes.js'
import { formatShape, shapeError } from './shape-error.js'

export interface TopKAttributes {
  readonly k: SizeExpr
  readonly axis: number
  readonly largest: boolean
}

/**
 * TopK (ONNX): the `k` largest or smallest elements along `axis` in order, of equal ones the earlier first, and where they
 * stand. NaN, of which ONNX says nothing, is larger than every number, as numpy sorts. Where they need not be sorted they
 * are all the same. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function topKOp(x: TensorType, { k, axis, largest }: TopKAttributes): Operation {
  const along = resolveAxis('TopK', axis, x.shape.length)
  if (x.dtype === 'bool') throw new CompileError({ code: 'graph/dtype', message: 'TopK is not defined on bool' })
  const extent = defined(x.shape[along], 'the axis')
  const [fewest, most] = [sizeRange(k).min, sizeRange(extent).max]
  if (fewest < 0 || fewest > most) {
    throw shapeError('TopK', `${fewest} elements of dimension ${along} of ${formatShape(x.shape)}`)
  }
  const shape = x.shape.with(along, k)
  return {
    name: 'TopK',
    outputs: [
      { dtype: x.dtype, shape },
      { dtype: 'i64', shape },
    ],
    define: ([source], [values, positions]) => {
      const [input, first, second] = [defined(source, 'x'), defined(values, 'values'), defined(positions, 'positions')]
      const sorted = buffer('sorted', input.dtype, x.shape, 'storage')
      const order = buffer('order', 'i32', x.shape, 'storage')
      // Where a run has fewer elements than it wants, the last one stands in their place.
      const last = sizeValue(sizeSub(extent, 1))
      const beginning = (of: Buffer, axes: readonly Var[]) => {
        const at = defined(axes[along], 'the axis')
        const inside = typeof k === 'number' && sizeRange(extent).min >= k ? at : binary('min', at, last)
        return load(
          of,
          axes.map((own, d) => (d === along ? inside : own)),
        )
      }
      return [
        sort(sorted, order, along, (...axes) => load(input, axes), largest),
        compute(first, (...axes) => beginning(sorted, axes)),
        compute(second, (...axes) => beginning(order, axes)),
      ]
    },
  }
}
