/** Hardmax: where the first of the largest elements of a row stands. */
import {
  add,
  binary,
  buffer,
  compute,
  constant,
  defined,
  type Expr,
  int,
  load,
  mul,
  reduce,
  select,
  sizeValue,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { betterOf, neverWins, nowhere } from './extremum.js'
import { domainOf, rowsAlong, sortedAxes } from './rows.js'
import { expectFloat } from './shape-error.js'
import type { SoftmaxAttributes } from './softmax.js'

/** Hardmax (ONNX): 1 at the first largest element of each row. Throws `CompileError` `graph/shape`, `graph/dtype`. */
export function hardmaxOp(x: TensorType, { axes }: SoftmaxAttributes): Operation {
  expectFloat('Hardmax', x)
  const along = sortedAxes('Hardmax', x, axes)
  const rows = rowsAlong(x.shape, along)
  /** The position of an element in its row, row-major. */
  const position = (element: readonly Expr[]): Expr =>
    rows.domain.reduce<Expr>(
      (sum, extent, d) => add(mul(sum, sizeValue(extent)), defined(element[d], 'an axis')),
      int(0),
    )
  return {
    name: 'Hardmax',
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    define: ([source], [output]) => {
      const [input, out] = [defined(source, 'x'), defined(output, 'y')]
      const largest = buffer('largest', 'f32', rows.shape, 'storage')
      const where = buffer('where', 'i32', rows.shape, 'storage')
      return [
        reduce({
          outputs: [largest, where],
          domain: domainOf(rows),
          identity: [neverWins('max', 'f32'), nowhere],
          value: (row, element) => [load(input, rows.index(row, element)), position(element)],
          combine: betterOf('max', false),
          commutative: false,
        }),
        compute(out, (...at) => {
          const own = position(along.map((d) => defined(at[d], 'an axis')))
          const isFirst = binary('eq', own, load(where, rows.rowOf(at)))
          return select(isFirst, constant('f32', 1), constant('f32', 0))
        }),
      ]
    },
  }
}
