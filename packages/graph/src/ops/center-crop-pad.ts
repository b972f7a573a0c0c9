/** CenterCropPad: the middle of a tensor, or a tensor in the middle of zeros. */
import {
  all,
  binary,
  compute,
  computeType,
  constant,
  defined,
  div,
  type Expr,
  int,
  load,
  lt,
  type SizeExpr,
  select,
  sizeEquals,
  sizeValue,
  sub,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorType } from '../tensor.js'
import { resolveAxes } from './axes.js'
import { formatShape, shapeError } from './shape-error.js'

export interface CenterCropPadAttributes {
  /** The extents wanted, one an axis. */
  readonly shape: readonly SizeExpr[]
  readonly axes: readonly number[]
}

/**
 * CenterCropPad (ONNX): as many elements cut off, or zeros put, before a dimension as after it; of an odd number the one
 * more is after. Throws `CompileError` `graph/shape`.
 */
export function centerCropPadOp(input: TensorType, { shape, axes }: CenterCropPadAttributes): Operation {
  const along = resolveAxes('CenterCropPad', axes, input.shape.length)
  if (along.length !== shape.length) {
    throw shapeError('CenterCropPad', `${formatShape(shape)} for ${along.length} axes`)
  }
  const extents = input.shape.map((extent, d) => shape[along.indexOf(d)] ?? extent)
  const type = computeType(deviceDType(input.dtype))
  /** What is before the input, negative where the input is cut; truncated, so that an odd rest is after. */
  const before = (from: SizeExpr, to: SizeExpr): Expr => div(sub(sizeValue(to), sizeValue(from)), int(2))
  return {
    name: 'CenterCropPad',
    outputs: [{ dtype: input.dtype, shape: extents }],
    define: ([x], [output]) => {
      const source = defined(x, 'one input')
      return [
        compute(defined(output, 'one output'), (...axes) => {
          const inside: Expr[] = []
          const index = axes.map((at, d) => {
            const [from, to] = [defined(input.shape[d], 'an extent'), defined(extents[d], 'an extent')]
            if (sizeEquals(from, to)) return at
            const moved = sub(at, before(from, to))
            inside.push(binary('le', int(0), moved), lt(moved, sizeValue(from)))
            return moved
          })
          return select(all(inside), load(source, index), constant(type, 0))
        }),
      ]
    },
  }
}
