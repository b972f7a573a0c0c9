/**
 * Elements by indices that are data: Gather, GatherElements, GatherND.
 *
 * Negative indices count from the end. ONNX forbids indices outside of the dimension; here they are clamped to it, so
 * that nothing outside of a buffer is ever read.
 */
import {
  add,
  binary,
  CompileError,
  compute,
  defined,
  type Expr,
  int,
  load,
  lt,
  type SizeExpr,
  select,
  sizeValue,
  sub,
} from '@tilewright/ir'
import type { EqualSizes, Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { resolveAxis } from './axes.js'
import { agree, formatShape, shapeError } from './shape-error.js'

/** Throws `CompileError` `graph/dtype` unless indices are integers. */
export function expectIndices(operator: string, { dtype }: TensorType): void {
  if (dtype === 'i32' || dtype === 'i64') return
  throw new CompileError({ code: 'graph/dtype', message: `${operator}: indices are ${dtype}, not int32 or int64` })
}

/** An index as a position in 0..extent-1. */
export function position(index: Expr, extent: SizeExpr): Expr {
  const fromStart = select(lt(index, int(0)), add(index, sizeValue(extent)), index)
  return binary('max', binary('min', fromStart, sub(sizeValue(extent), int(1))), int(0))
}

/** Gather (ONNX): dimension `axis` is replaced by those of `indices`. Throws `CompileError` `graph/shape`, `graph/dtype`. */
export function gatherOp(input: TensorType, indices: TensorType, { axis }: { readonly axis: number }): Operation {
  expectIndices('Gather', indices)
  const along = resolveAxis('Gather', axis, input.shape.length)
  const extent = defined(input.shape[along], 'the axis')
  const rank = indices.shape.length
  return {
    name: 'Gather',
    outputs: [{ dtype: input.dtype, shape: input.shape.toSpliced(along, 1, ...indices.shape) }],
    define: ([x, i], [output]) => {
      const [source, where] = [defined(x, 'input'), defined(i, 'indices')]
      return [
        compute(defined(output, 'one output'), (...axes) => {
          const index = load(where, axes.slice(along, along + rank))
          return load(source, [...axes.slice(0, along), position(index, extent), ...axes.slice(along + rank)])
        }),
      ]
    },
  }
}

/**
 * GatherElements (ONNX): the result has the shape of `indices`, which choose along `axis` only.
 * Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function gatherElementsOp(
  input: TensorType,
  indices: TensorType,
  { axis }: { readonly axis: number },
): Operation {
  expectIndices('GatherElements', indices)
  const along = resolveAxis('GatherElements', axis, input.shape.length)
  const message = `${formatShape(input.shape)} is not indexed by ${formatShape(indices.shape)}`
  if (indices.shape.length !== input.shape.length) throw shapeError('GatherElements', message)
  const equalSizes: EqualSizes[] = []
  indices.shape.forEach((extent, d) => {
    const whole = defined(input.shape[d], 'one rank')
    const isWithin = typeof extent === 'number' && typeof whole === 'number' && extent <= whole
    if (d !== along && !isWithin) equalSizes.push(...agree('GatherElements', message, extent, whole))
  })
  return {
    name: 'GatherElements',
    outputs: [{ dtype: input.dtype, shape: indices.shape }],
    equalSizes,
    define: ([x, i], [output]) => {
      const [source, where] = [defined(x, 'input'), defined(i, 'indices')]
      return [
        compute(defined(output, 'one output'), (...axes) => {
          const index: Expr[] = [...axes]
          index[along] = position(load(where, axes), defined(input.shape[along], 'the axis'))
          return load(source, index)
        }),
      ]
    },
  }
}

/**
 * GatherND (ONNX): the last dimension of `indices` holds indices of as many dimensions of the input, after `batchDims`
 * that both share. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function gatherNdOp(
  input: TensorType,
  indices: TensorType,
  { batchDims }: { readonly batchDims: number },
): Operation {
  expectIndices('GatherND', indices)
  const message = `${formatShape(input.shape)} is not indexed by ${formatShape(indices.shape)} after ${batchDims} batch dimensions`
  const depth = indices.shape.at(-1)
  const fits =
    typeof depth === 'number' &&
    batchDims >= 0 &&
    batchDims < indices.shape.length &&
    depth >= 1 &&
    batchDims + depth <= input.shape.length
  if (!fits) throw shapeError('GatherND', message)
  const outer = indices.shape.slice(0, -1)
  const indexed = batchDims + depth
  return {
    name: 'GatherND',
    outputs: [{ dtype: input.dtype, shape: [...outer, ...input.shape.slice(indexed)] }],
    equalSizes: outer.slice(0, batchDims).flatMap((extent, d) => agree('GatherND', message, extent, input.shape[d])),
    define: ([x, i], [output]) => {
      const [source, where] = [defined(x, 'input'), defined(i, 'indices')]
      return [
        compute(defined(output, 'one output'), (...axes) => {
          const at = axes.slice(0, outer.length)
          const chosen = Array.from({ length: depth }, (_, k) =>
            position(load(where, [...at, int(k)]), defined(input.shape[batchDims + k], 'an indexed dimension')),
          )
          return load(source, [...axes.slice(0, batchDims), ...chosen, ...axes.slice(outer.length)])
        }),
      ]
    },
  }
}
