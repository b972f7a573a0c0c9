/** Tensors that follow from positions: ConstantOfShape, Range, EyeLike, Trilu, OneHot. */
import {
  add,
  binary,
  CompileError,
  cast,
  ceilDiv,
  compute,
  computeType,
  constant,
  defined,
  type Expr,
  formatSize,
  int,
  load,
  lt,
  mul,
  type SizeExpr,
  select,
  sizeBinary,
  sizeSub,
  sizeValue,
  sub,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorDType, type TensorType } from '../tensor.js'
import { expectRank } from './axes.js'
import { expectOneDType, formatShape, shapeError } from './shape-error.js'

/** A tensor of `shape` that holds `value` everywhere. Throws `CompileError` `graph/shape` for a negative extent. */
export function constantOfShapeOp(type: TensorType, { value }: { readonly value: number | boolean }): Operation {
  if (type.shape.some((extent) => typeof extent === 'number' && extent < 0)) {
    throw shapeError('ConstantOfShape', `the shape ${formatShape(type.shape)}`)
  }
  const scalar = constant(computeType(deviceDType(type.dtype)), value)
  return {
    name: 'ConstantOfShape',
    outputs: [type],
    define: (_, [output]) => [compute(defined(output, 'one output'), () => scalar)],
  }
}

export interface RangeAttributes {
  readonly dtype: TensorDType
  readonly start: SizeExpr
  readonly limit: SizeExpr
  /** Not zero. */
  readonly delta: number
}

/**
 * Range (ONNX): start, start + delta, … below `limit`, or above it where delta is negative. Floating-point bounds are
 * numbers. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function rangeOp({ dtype, start, limit, delta }: RangeAttributes): Operation {
  if (delta === 0) throw shapeError('Range', 'a delta of 0')
  const type = computeType(deviceDType(dtype))
  if (type === 'bool' || type === 'u32') {
    throw new CompileError({ code: 'graph/dtype', message: `Range is not defined on ${dtype}` })
  }
  const scalar = (size: SizeExpr): Expr =>
    typeof size === 'number' ? constant(type, size) : cast(type, sizeValue(size))
  return {
    name: 'Range',
    outputs: [{ dtype, shape: [countOf(start, limit, delta)] }],
    define: (_, [output]) => [
      compute(defined(output, 'one output'), (i) =>
        add(scalar(start), mul(cast(type, defined(i, 'one axis')), constant(type, delta))),
      ),
    ],
  }
}

function countOf(start: SizeExpr, limit: SizeExpr, delta: number): SizeExpr {
  if (typeof start === 'number' && typeof limit === 'number') return Math.max(0, Math.ceil((limit - start) / delta))
  if (!Number.isInteger(delta)) throw shapeError('Range', `a delta of ${delta} to the size ${formatSize(limit)}`)
  const span = delta > 0 ? minus(limit, start) : minus(start, limit)
  return ceilDiv(sizeBinary('max', span, 0), Math.abs(delta))
}

/** A difference where either may be a negative number. */
function minus(left: SizeExpr, right: SizeExpr): SizeExpr {
  return typeof right === 'number' && right < 0 ? sizeBinary('add', left, -right) : sizeSub(left, right)
}

/** EyeLike (ONNX): 1 on diagonal `k` of a matrix, 0 elsewhere. Throws `CompileError` `graph/shape`. */
export function eyeLikeOp(type: TensorType, { k }: { readonly k: number }): Operation {
  expectRank('EyeLike', type, 2)
  const scalar = computeType(deviceDType(type.dtype))
  return {
    name: 'EyeLike',
    outputs: [type],
    define: (_, [output]) => [
      compute(defined(output, 'one output'), (row, column) =>
        cast(scalar, binary('eq', sub(defined(column, 'columns'), defined(row, 'rows')), int(k))),
      ),
    ],
  }
}

/** Trilu (ONNX): zero below diagonal `k` of the last two dimensions (`upper`), or above it. Throws `graph/shape`. */
export function triluOp(input: TensorType, { k, upper }: { readonly k: number; readonly upper: boolean }): Operation {
  if (input.shape.length < 2) throw shapeError('Trilu', `${formatShape(input.shape)} has no matrices`)
  return {
    name: 'Trilu',
    outputs: [{ dtype: input.dtype, shape: input.shape }],
    define: ([x], [output]) => {
      const source = defined(x, 'one input')
      const zero = constant(computeType(source.dtype), 0)
      return [
        compute(defined(output, 'one output'), (...axes) => {
          const [row, column] = [defined(axes.at(-2), 'rows'), defined(axes.at(-1), 'columns')]
          // A difference of positions never overflows; a position plus any k may.
          const diagonal = sub(column, row)
          const kept = upper ? binary('le', int(k), diagonal) : binary('le', diagonal, int(k))
          return select(kept, load(source, axes), zero)
        }),
      ]
    },
  }
}

/**
 * OneHot (ONNX): a new dimension `axis` of `depth` positions, `values[1]` where the index says and `values[0]` elsewhere.
 * Negative indices count from the end; those outside of the dimension choose no position.
 * Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function oneHotOp(
  indices: TensorType,
  values: TensorType,
  { axis, depth }: { readonly axis: number; readonly depth: SizeExpr },
): Operation {
  const rank = indices.shape.length + 1
  const along = axis < 0 ? axis + rank : axis
  if (along < 0 || along >= rank) throw shapeError('OneHot', `axis ${axis} for indices ${formatShape(indices.shape)}`)
  if (values.shape.length !== 1 || values.shape[0] !== 2) {
    throw shapeError('OneHot', `values of shape ${formatShape(values.shape)}, not [2]`)
  }
  if (indices.dtype === 'bool') expectOneDType('OneHot', [indices, { dtype: 'i64', shape: [] }])
  return {
    name: 'OneHot',
    outputs: [{ dtype: values.dtype, shape: indices.shape.toSpliced(along, 0, depth) }],
    define: ([x, y], [output]) => {
      const [source, choices] = [defined(x, 'indices'), defined(y, 'values')]
      return [
        compute(defined(output, 'one output'), (...axes) => {
          const at = defined(axes[along], 'the new axis')
          const index = cast('i32', load(source, axes.toSpliced(along, 1)))
          const hot = binary('eq', at, select(lt(index, int(0)), add(index, sizeValue(depth)), index))
          return load(choices, [select(hot, int(1), int(0))])
        }),
      ]
    },
  }
}
