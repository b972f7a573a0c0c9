/** p-norms: the p-th root of a sum of p-th powers of magnitudes. */
import {
  add,
  binary,
  buffer,
  compute,
  constant,
  defined,
  div,
  type Expr,
  load,
  mul,
  select,
  unary,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { foldRows, rowsAlong, sortedAxes } from './rows.js'
import { expectFloat, shapeError } from './shape-error.js'

/** The two steps of a p-norm around its sum, for elements of f32. Throws `CompileError` `graph/shape` unless p is at least 1. */
export function norm(
  operator: string,
  p: number,
): { readonly power: (value: Expr) => Expr; readonly root: (sum: Expr) => Expr } {
  if (p < 1) throw shapeError(operator, `a norm of order ${p}`)
  if (p === 1) return { power: (value) => unary('abs', value), root: (sum) => sum }
  if (p === 2) return { power: (value) => mul(value, value), root: (sum) => unary('sqrt', sum) }
  return {
    power: (value) => binary('pow', unary('abs', value), constant('f32', p)),
    root: (sum) => binary('pow', sum, constant('f32', 1 / p)),
  }
}

/**
 * LpNormalization (ONNX): each row along `axis` divided by its p-norm; a row of zeros stays so. Throws `CompileError`
 * `graph/shape`, `graph/dtype` unless floating point.
 */
export function lpNormalizationOp(
  x: TensorType,
  { axis, p }: { readonly axis: number; readonly p: number },
): Operation {
  const name = 'LpNormalization'
  expectFloat(name, x)
  const { power, root } = norm(name, p)
  const rows = rowsAlong(x.shape, sortedAxes(name, x, [axis]))
  return {
    name,
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    define: ([source], [output]) => {
      const input = defined(source, 'x')
      const total = buffer('total', 'f32', rows.shape, 'storage')
      const length = buffer('length', 'f32', rows.shape, 'storage')
      const zero = constant('f32', 0)
      return [
        foldRows(total, rows, { identity: zero, value: (at) => power(load(input, at)), combine: add }),
        compute(length, (...row) => root(load(total, row))),
        compute(defined(output, 'y'), (...at) => {
          const divisor = load(length, rows.rowOf(at))
          return select(binary('eq', divisor, zero), zero, div(load(input, at), divisor))
        }),
      ]
    },
  }
}
