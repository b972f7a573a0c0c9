/** AffineGrid: where each position of an image comes from by an affine map. */
import {
  add,
  cast,
  compute,
  constant,
  defined,
  div,
  type Expr,
  int,
  load,
  mul,
  type SizeExpr,
  sizeBinary,
  sizeValue,
  sub,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { agree, expectFloat, formatShape, shapeError } from './shape-error.js'

export interface AffineGridAttributes {
  /** The size of the image: [N, C, H, W] or [N, C, D, H, W]. */
  readonly size: readonly SizeExpr[]
  /** Whether -1 and 1 are the centres of the outermost elements, not their outer edges. */
  readonly alignCorners: boolean
}

/**
 * AffineGrid (ONNX): theta [N, d, d + 1] applied to each position of d dimensions, of -1..1, x first; the result is
 * [N, …size, d]. Throws `CompileError` `graph/shape`, `graph/dtype` unless floating point.
 */
export function affineGridOp(theta: TensorType, { size, alignCorners }: AffineGridAttributes): Operation {
  const name = 'AffineGrid'
  expectFloat(name, theta)
  const [batch, , ...image] = size
  const rank = image.length
  if (batch === undefined || (rank !== 2 && rank !== 3)) throw shapeError(name, `a size of ${size.length} dimensions`)
  const message = `theta ${formatShape(theta.shape)} for size ${formatShape(size)}`
  if (theta.shape.length !== 3) throw shapeError(name, message)
  const [maps, rows, columns] = theta.shape
  const equalSizes = [
    ...agree(name, message, maps, batch),
    ...agree(name, message, rows, rank),
    ...agree(name, message, columns, rank + 1),
  ]
  return {
    name,
    outputs: [{ dtype: theta.dtype, shape: [batch, ...image, rank] }],
    equalSizes,
    define: ([source], [output]) => {
      const matrix = defined(source, 'theta')
      return [
        compute(defined(output, 'one output'), (n, ...at) => {
          const [map, row] = [defined(n, 'a map'), defined(at.at(-1), 'a coordinate')]
          // The last dimension is x, the first column of the map.
          const terms = image.map((extent, d) =>
            mul(
              load(matrix, [map, row, int(rank - 1 - d)]),
              coordinate(defined(at[d], 'a position'), extent, alignCorners),
            ),
          )
          return [...terms.toReversed(), load(matrix, [map, row, int(rank)])].reduce(add)
        }),
      ]
    },
  }
}

/** Position `at` of `extent` ones in -1..1. */
function coordinate(at: Expr, extent: SizeExpr, alignCorners: boolean): Expr {
  const float = (value: Expr): Expr => cast('f32', value)
  if (alignCorners) {
    const steps = sizeValue(sizeBinary('max', sizeBinary('sub', extent, 1), 1))
    return sub(div(float(mul(int(2), at)), float(steps)), constant('f32', 1))
  }
  return sub(div(float(add(mul(int(2), at), int(1))), float(sizeValue(extent))), constant('f32', 1))
}
