/** Pooling. */
import {
  add,
  and,
  binary,
  computeType,
  constant,
  type DType,
  defined,
  type Expr,
  elementCount,
  int,
  load,
  mul,
  reduce,
  type SizeExpr,
  select,
  sizeValue,
  type Var,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorType } from '../tensor.js'
import { flatten } from './reshape.js'
import { formatShape, shapeError } from './shape-error.js'
import { type WindowAttributes, windowOf, windowPosition } from './window.js'

export interface MaxPoolAttributes extends WindowAttributes {
  /** Whether the positions of the maxima are wanted as a second output (int64, flat in the whole input). */
  readonly indices: boolean
  /** Positions count columns first. */
  readonly columnMajor: boolean
}

/** The position of padding. */
const nowhere = int(-1)

/** MaxPool (ONNX): x [N, C, …spatial]; padding never wins. Throws `CompileError` `graph/shape`, `graph/dtype`. */
export function maxPoolOp(x: TensorType, attributes: MaxPoolAttributes): Operation {
  const [batch, channels, ...spatial] = x.shape
  if (batch === undefined || channels === undefined || spatial.length === 0) {
    throw shapeError('MaxPool', `input ${formatShape(x.shape)} needs rank 3 or more`)
  }
  const window = windowOf('MaxPool', spatial, attributes)
  const shape = [batch, channels, ...window.outputs]
  const dtype = deviceDType(x.dtype)
  const lowest = constant(computeType(dtype), lowestOf(dtype))
  return {
    name: 'MaxPool',
    outputs: attributes.indices
      ? [
          { dtype: x.dtype, shape },
          { dtype: 'i64', shape },
        ]
      : [{ dtype: x.dtype, shape }],
    define: ([source], outputs) => {
      const input = defined(source, 'x')
      const at = (axes: readonly Var[], element: readonly Var[]) => {
        const { index, inside } = windowPosition(window, spatial, axes.slice(2), element)
        const plane = [defined(axes[0], 'n'), defined(axes[1], 'c')]
        return { value: select(inside, load(input, [...plane, ...index]), lowest), plane, index, inside }
      }
      const domain = window.kernel.map((extent, d) => ({ hint: `k${d}`, extent }))
      if (!attributes.indices) {
        return [
          reduce({
            outputs,
            domain,
            identity: [lowest],
            value: (axes, element) => [at(axes, element).value],
            combine: ([a], [b]) => [binary('max', defined(a, 'left'), defined(b, 'right'))],
            commutative: true,
          }),
        ]
      }
      return [
        reduce({
          outputs,
          domain,
          identity: [lowest, nowhere],
          value: (axes, element) => {
            const { value, plane, index, inside } = at(axes, element)
            const where = position(plane, index, x.shape, attributes.columnMajor)
            return [value, select(inside, where, nowhere)]
          },
          // The first of equal maxima wins.
          combine: ([a, i], [b, j]) => {
            const [left, right] = [defined(a, 'left'), defined(b, 'right')]
            // An element wins over padding even where it is the lowest value of its type.
            const [p, q] = [defined(i, 'left'), defined(j, 'right')]
            const first = and(binary('lt', p, int(0)), binary('le', int(0), q))
            const later = and(binary('le', int(0), q), binary('or', first, binary('lt', left, right)))
            return [select(later, right, left), select(later, q, p)]
          },
          commutative: false,
        }),
      ]
    },
  }
}

function position(
  plane: readonly Expr[],
  index: readonly Expr[],
  shape: readonly SizeExpr[],
  columnMajor: boolean,
): Expr {
  if (!columnMajor) return flatten([...plane, ...index], shape)
  const spatial = shape.slice(2)
  const planes = mul(flatten(plane, shape.slice(0, 2)), sizeValue(elementCount(spatial)))
  return add(planes, flatten(index.toReversed(), spatial.toReversed()))
}

/** The value that never wins a maximum. */
function lowestOf(dtype: DType): number {
  switch (dtype) {
    case 'f32':
    case 'f16':
      return Number.NEGATIVE_INFINITY
    case 'i32':
      return -(2 ** 31)
    case 'i8':
      return -128
    case 'u32':
    case 'u8':
    case 'bool':
      return 0
  }
}
