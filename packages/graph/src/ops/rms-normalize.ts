/** Normalisation without a mean: RMSNormalization; and one without parameters: MeanVarianceNormalization. */
import { add, buffer, compute, constant, defined, div, load, mul, unary } from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { broadcastTo, loadBroadcast } from './broadcast.js'
import { type EpsilonAttribute, momentsOf } from './normalize.js'
import { axesFrom, foldRows, rowLength, rowsAlong, sortedAxes } from './rows.js'
import { expectFloat } from './shape-error.js'

export interface RmsNormalizationAttributes extends EpsilonAttribute {
  /** All dimensions from this one on are a row. */
  readonly axis: number
}

/**
 * RMSNormalization (ONNX): each row over the root of the mean of its squares, times scale, which is broadcast to x. The
 * result has the dtype of scale. Throws `CompileError` `graph/shape`, `graph/dtype` unless floating point.
 */
export function rmsNormalizationOp(
  x: TensorType,
  scale: TensorType,
  { epsilon, axis }: RmsNormalizationAttributes,
): Operation {
  const name = 'RMSNormalization'
  expectFloat(name, x)
  expectFloat(name, scale)
  const rows = rowsAlong(x.shape, axesFrom(name, x, axis))
  return {
    name,
    outputs: [{ dtype: scale.dtype, shape: x.shape }],
    equalSizes: broadcastTo(name, x.shape, scale.shape),
    define: ([source, factor], [output]) => {
      const [input, scales] = [defined(source, 'x'), defined(factor, 'scale')]
      const squares = buffer('squares', 'f32', rows.shape, 'storage')
      const inverse = buffer('inverse', 'f32', rows.shape, 'storage')
      return [
        foldRows(squares, rows, {
          identity: constant('f32', 0),
          value: (at) => mul(load(input, at), load(input, at)),
          combine: add,
        }),
        compute(inverse, (...row) => {
          const mean = div(load(squares, row), rowLength(rows))
          return div(constant('f32', 1), unary('sqrt', add(mean, constant('f32', epsilon))))
        }),
        compute(defined(output, 'y'), (...at) =>
          mul(mul(load(input, at), load(inverse, rows.rowOf(at))), loadBroadcast(scales, at)),
        ),
      ]
    },
  }
}

/**
 * MeanVarianceNormalization (ONNX): what `axes` fold to mean 0 and variance 1. ONNX adds 1e-9 to the deviation; its square
 * is added to the variance here, which is the same where the variance is 0, and nothing elsewhere. Throws `CompileError`
 * `graph/shape`, `graph/dtype` unless floating point.
 */
export function meanVarianceNormalizationOp(x: TensorType, { axes }: { readonly axes: readonly number[] }): Operation {
  const name = 'MeanVarianceNormalization'
  expectFloat(name, x)
  const rows = rowsAlong(x.shape, sortedAxes(name, x, axes))
  return {
    name,
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    define: ([source], [output]) => {
      const moments = momentsOf(defined(source, 'x'), rows, 1e-18)
      return [...moments.equations, compute(defined(output, 'y'), (...at) => moments.normalized(at))]
    },
  }
}
