/** Pooling. */
import {
  add,
  type Buffer,
  binary,
  buffer,
  cast,
  compute,
  constant,
  defined,
  div,
  type Expr,
  elementCount,
  int,
  load,
  mul,
  type Reduce,
  reduce,
  type SizeExpr,
  select,
  sizeAdd,
  sizeValue,
  sub,
  type Var,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorType } from '../tensor.js'
import { betterOf, extremumOf, neverWins, nowhere } from './extremum.js'
import { norm } from './lp.js'
import { type Reduction, reduceOp } from './reduce.js'
import { flatten } from './reshape.js'
import { expectFloat, formatShape, shapeError } from './shape-error.js'
import { type Window, type WindowAttributes, windowOf, windowPosition } from './window.js'

export interface MaxPoolAttributes extends WindowAttributes {
  /** Whether the positions of the maxima are wanted as a second output (int64, flat in the whole input). */
  readonly indices: boolean
  /** Positions count columns first. */
  readonly columnMajor: boolean
}

/** MaxPool (ONNX): x [N, C, …spatial]; padding never wins. Throws `CompileError` `graph/shape`, `graph/dtype`. */
export function maxPoolOp(x: TensorType, attributes: MaxPoolAttributes): Operation {
  const { planes, spatial } = expectPlanes('MaxPool', x)
  const window = windowOf('MaxPool', spatial, attributes)
  const shape = [...planes, ...window.outputs]
  const lowest = neverWins('max', deviceDType(x.dtype))
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
            combine: ([a], [b]) => [extremumOf('max', defined(a, 'left'), defined(b, 'right'))],
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
          combine: betterOf('max', false),
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

export interface AveragePoolAttributes extends WindowAttributes {
  /** Whether padding counts as elements that are 0; what a window reaches beyond it never counts. */
  readonly countIncludePad: boolean
}

/**
 * AveragePool (ONNX): x [N, C, …spatial], the mean of the elements in each window. Throws `CompileError` `graph/shape`,
 * `graph/dtype` unless floating point.
 */
export function averagePoolOp(x: TensorType, attributes: AveragePoolAttributes): Operation {
  expectFloat('AveragePool', x)
  const { planes, spatial } = expectPlanes('AveragePool', x)
  const window = windowOf('AveragePool', spatial, attributes)
  const shape = [...planes, ...window.outputs]
  return {
    name: 'AveragePool',
    outputs: [{ dtype: x.dtype, shape }],
    define: ([source], [output]) => {
      const input = defined(source, 'x')
      const total = buffer('total', 'f32', shape, 'storage')
      return [
        sumOfWindows(total, input, window, (value) => value),
        compute(defined(output, 'y'), (...axes) => {
          const counts = axes.slice(2).map((at, d) => countOf(window, attributes, spatial, at, d))
          return div(load(total, axes), cast('f32', counts.reduce(mul)))
        }),
      ]
    },
  }
}

export interface LpPoolAttributes extends WindowAttributes {
  readonly p: number
}

/** LpPool (ONNX): x [N, C, …spatial], the p-norm of each window. Throws as `averagePoolOp`. */
export function lpPoolOp(x: TensorType, attributes: LpPoolAttributes): Operation {
  expectFloat('LpPool', x)
  const { planes, spatial } = expectPlanes('LpPool', x)
  const window = windowOf('LpPool', spatial, attributes)
  const { power, root } = norm('LpPool', attributes.p)
  const shape = [...planes, ...window.outputs]
  return {
    name: 'LpPool',
    outputs: [{ dtype: x.dtype, shape }],
    define: ([source], [output]) => {
      const total = buffer('total', 'f32', shape, 'storage')
      return [
        sumOfWindows(total, defined(source, 'x'), window, power),
        compute(defined(output, 'y'), (...axes) => root(load(total, axes))),
      ]
    },
  }
}

/** The number of elements of a window in dimension `d` that an average divides by. */
function countOf(
  { kernel, strides, dilations, begins, overhangs }: Window,
  { countIncludePad, ceilMode, autoPad, pads }: AveragePoolAttributes,
  spatial: readonly SizeExpr[],
  output: Expr,
  d: number,
): Expr {
  const [extent, k, stride, dilation] = [spatial[d] ?? 1, kernel[d] ?? 1, strides[d] ?? 1, dilations[d] ?? 1]
  const begin = begins[d] ?? 0
  const isPadded = autoPad === 'NOTSET' && countIncludePad
  // Only with the extent rounded up does a window reach beyond the padding.
  const reachesOut = countIncludePad
    ? ceilMode && (autoPad === 'NOTSET' || autoPad === 'VALID')
    : overhangs[d] !== false
  const start = sub(mul(output, int(stride)), sizeValue(begin))
  /** How many elements of the window lie before `position`. */
  const before = (position: Expr): Expr => {
    const distance = sub(position, start)
    return div(add(distance, int(dilation - 1)), int(dilation))
  }
  const end = isPadded ? sizeAdd(extent, pads[spatial.length + d] ?? 0) : extent
  const last = reachesOut ? binary('min', int(k), before(sizeValue(end))) : int(k)
  const first = countIncludePad || begin === 0 ? int(0) : binary('max', int(0), before(int(0)))
  // A window that lies in the padding alone has no elements.
  return reachesOut || !countIncludePad ? binary('max', int(0), sub(last, first)) : last
}

/** total[…, window] = Σ term(element) over the elements of each window that are inside. */
function sumOfWindows(total: Buffer, input: Buffer, window: Window, term: (value: Expr) => Expr): Reduce {
  const zero = constant('f32', 0)
  return reduce({
    outputs: [total],
    domain: window.kernel.map((extent, d) => ({ hint: `k${d}`, extent })),
    identity: [zero],
    value: (axes, element) => {
      const { index, inside } = windowPosition(window, input.shape.slice(2), axes.slice(2), element)
      return [select(inside, term(load(input, [...axes.slice(0, 2), ...index])), zero)]
    },
    combine: ([a], [b]) => [add(defined(a, 'left'), defined(b, 'right'))],
    commutative: true,
  })
}

/** GlobalAveragePool (ONNX): x [N, C, …spatial], the mean of each plane. Throws `CompileError` `graph/shape`, `graph/dtype`. */
export const globalAveragePoolOp = (x: TensorType): Operation => globalPool('GlobalAveragePool', 'Mean', x)

/** GlobalMaxPool (ONNX): x [N, C, …spatial], the largest of each plane. Throws `CompileError` `graph/shape`, `graph/dtype`. */
export const globalMaxPoolOp = (x: TensorType): Operation => globalPool('GlobalMaxPool', 'Max', x)

function globalPool(name: string, reduction: Reduction, x: TensorType): Operation {
  expectFloat(name, x)
  const { spatial } = expectPlanes(name, x)
  return { ...reduceOp(reduction, x, { axes: spatial.map((_, d) => d + 2), keepDims: true }), name }
}

function expectPlanes(operator: string, { shape }: TensorType) {
  const [planes, spatial] = [shape.slice(0, 2), shape.slice(2)]
  if (spatial.length === 0) throw shapeError(operator, `input ${formatShape(shape)} needs rank 3 or more`)
  return { planes, spatial }
}
