/** Slice: every step-th element of a range, in each dimension. */
import {
  add,
  ceilDiv,
  compute,
  defined,
  differenceRange,
  type Expr,
  int,
  load,
  mul,
  type SizeExpr,
  sizeBinary,
  sizeRange,
  sizeSub,
  sizeValue,
} from '@tilewright/ir'
import type { EqualSizes, Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { resolveAxes } from './axes.js'
import { shapeError } from './shape-error.js'

export interface SliceAttributes {
  /** One entry an axis. Numbers below zero count from the end of the dimension; a symbolic bound must not be negative in a run. */
  readonly starts: readonly SizeExpr[]
  readonly ends: readonly SizeExpr[]
  readonly axes: readonly number[]
  /** Not zero; negative steps walk backwards. */
  readonly steps: readonly number[]
}

/** What is read in one dimension: `extent` elements from `first` on, `step` apart. */
interface Range {
  readonly first: Expr
  readonly step: number
  readonly extent: SizeExpr
}

/** Slice (ONNX): bounds outside of the dimension stop at its ends. Throws `CompileError` `graph/shape`. */
export function sliceOp(input: TensorType, { starts, ends, axes, steps }: SliceAttributes): Operation {
  const rank = input.shape.length
  if ([ends, axes, steps].some((list) => list.length !== starts.length)) {
    throw shapeError(
      'Slice',
      `${starts.length} starts, ${ends.length} ends, ${axes.length} axes, ${steps.length} steps`,
    )
  }
  if (steps.some((step) => step === 0 || !Number.isInteger(step))) throw shapeError('Slice', 'a step of 0')
  const resolved = resolveAxes('Slice', axes, rank)
  const ranges = input.shape.map((dimension, d): Range => {
    const at = resolved.indexOf(d)
    const [start, end, step] = [starts[at], ends[at], steps[at]]
    if (start === undefined || end === undefined || step === undefined) {
      return { first: int(0), step: 1, extent: dimension }
    }
    return step > 0 ? forwards(dimension, start, end, step) : backwards(dimension, start, end, step)
  })
  return {
    name: 'Slice',
    outputs: [{ dtype: input.dtype, shape: ranges.map(({ extent }) => extent) }],
    equalSizes: [...starts, ...ends].flatMap(notNegative),
    define: ([x], [output]) => {
      const source = defined(x, 'one input')
      return [
        compute(defined(output, 'one output'), (...at) =>
          load(
            source,
            ranges.map(({ first, step }, d) => add(mul(defined(at[d], 'one axis a dimension'), int(step)), first)),
          ),
        ),
      ]
    },
  }
}

function forwards(dimension: SizeExpr, start: SizeExpr, end: SizeExpr, step: number): Range {
  const [from, to] = [cut(dimension, start, 0), cut(dimension, end, 0)]
  return { first: sizeValue(from), step, extent: ceilDiv(distance(from, to), step) }
}

/** Both bounds are one more than where the walk begins and before where it ends, so that neither is below zero. */
function backwards(dimension: SizeExpr, start: SizeExpr, end: SizeExpr, step: number): Range {
  const [from, to] = [cut(dimension, start, 1), cut(dimension, end, 1)]
  return { first: add(sizeValue(from), int(-1)), step, extent: ceilDiv(distance(to, from), -step) }
}

/** What a run must check for a bound to count from the start. */
function notNegative(bound: SizeExpr): readonly EqualSizes[] {
  const isCertain = typeof bound === 'number' || differenceRange(bound, 0).min >= 0
  return isCertain ? [] : [{ left: bound, right: sizeBinary('max', bound, 0) }]
}

/** A bound plus `offset`, in 0..dimension. */
function cut(dimension: SizeExpr, bound: SizeExpr, offset: number): SizeExpr {
  if (typeof bound === 'number' && bound < 0) {
    const fromEnd = -(bound + offset)
    return sizeBinary('max', fromEnd > 0 ? sizeSub(dimension, fromEnd) : dimension, 0)
  }
  // No dimension is larger than the largest size.
  const last = sizeRange(dimension).max
  if (typeof bound === 'number' && bound + offset >= last) return dimension
  return sizeBinary('min', sizeBinary('add', bound, offset), dimension)
}

const distance = (from: SizeExpr, to: SizeExpr): SizeExpr => sizeBinary('max', sizeSub(to, from), 0)
