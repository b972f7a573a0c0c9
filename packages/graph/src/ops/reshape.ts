/** Reshape, and the index arithmetic between two shapes of equal element count. */
import {
  add,
  type Buffer,
  type Compute,
  compute,
  defined,
  div,
  type Expr,
  elementCount,
  int,
  load,
  mod,
  mul,
  type SizeExpr,
  sizeDiv,
  sizeEquals,
  sizeValue,
  variable,
} from '@tilewright/ir'
import type { EqualSizes, Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { resolveAxes } from './axes.js'
import { agree, formatShape, shapeError } from './shape-error.js'

/**
 * The position in `to` of element `index` of `from`. Dimensions of one element are left out, the others matched in runs of
 * equal product, so that a dimension that both shapes share costs no arithmetic.
 */
export function reindex(index: readonly Expr[], from: readonly SizeExpr[], to: readonly SizeExpr[]): readonly Expr[] {
  const isLong = (extent: SizeExpr): boolean => extent !== 1
  const long = reindexRuns(
    index.filter((_, d) => from[d] !== 1),
    from.filter(isLong),
    to.filter(isLong),
  )
  const rest = long.values()
  return to.map((extent) => (isLong(extent) ? (rest.next().value ?? int(0)) : int(0)))
}

function reindexRuns(index: readonly Expr[], from: readonly SizeExpr[], to: readonly SizeExpr[]): readonly Expr[] {
  const result: Expr[] = []
  let [i, j] = [0, 0]
  while (i < from.length || j < to.length) {
    const [fromStart, toStart] = [i, j]
    let left: SizeExpr = from[i] ?? 1
    let right: SizeExpr = to[j] ?? 1
    i += 1
    j += 1
    while (!sizeEquals(left, right) && (i < from.length || j < to.length)) {
      const takeLeft = j >= to.length || (i < from.length && smaller(left, right))
      if (takeLeft) {
        left = elementCount(from.slice(fromStart, i + 1))
        i += 1
      } else {
        right = elementCount(to.slice(toStart, j + 1))
        j += 1
      }
    }
    result.push(...unflatten(flatten(index.slice(fromStart, i), from.slice(fromStart, i)), to.slice(toStart, j)))
  }
  return result
}

/** Which of two unequal products to grow: the smaller number, or the one that is a number. */
function smaller(left: SizeExpr, right: SizeExpr): boolean {
  if (typeof left === 'number' && typeof right === 'number') return left < right
  return typeof left === 'number'
}

/** Row-major position of an index; 0 for rank 0. */
export function flatten(index: readonly Expr[], shape: readonly SizeExpr[]): Expr {
  return index.reduce<Expr>((flat, position, d) => add(mul(flat, sizeValue(shape[d] ?? 1)), position), int(0))
}

/** The index of a row-major position. */
export function unflatten(position: Expr, shape: readonly SizeExpr[]): readonly Expr[] {
  const index: Expr[] = []
  let rest = position
  shape.toReversed().forEach((extent, d) => {
    const last = d === shape.length - 1
    index.push(last ? rest : mod(rest, sizeValue(extent)))
    if (!last) rest = div(rest, sizeValue(extent))
  })
  return index.toReversed()
}

/** output = input with another shape of the same element count; every element moves to one place. */
export function reshapeEquation(output: Buffer, input: Buffer): Compute {
  const axes = input.shape.map((_, d) => variable(`j${d}`))
  return compute(output, (...at) => load(input, reindex(at, output.shape, input.shape)), [
    { input, axes, index: reindex(axes, input.shape, output.shape) },
  ])
}

/** The operation that gives `input` another shape. */
function reshaped(
  name: string,
  input: TensorType,
  shape: readonly SizeExpr[],
  equalSizes: readonly EqualSizes[] = [],
): Operation {
  return {
    name,
    outputs: [{ dtype: input.dtype, shape }],
    equalSizes,
    define: ([source], [output]) => [reshapeEquation(defined(output, 'one output'), defined(source, 'one input'))],
  }
}

/**
 * Reshape (ONNX): in `shape`, -1 takes what is left and 0 copies the input's dimension (unless `allowZero`).
 * Where only a run can tell whether the element counts are equal, it checks. Throws `CompileError` `graph/shape`.
 */
export function reshapeOp(
  input: TensorType,
  { shape, allowZero = false }: { readonly shape: readonly SizeExpr[]; readonly allowZero?: boolean },
): Operation {
  const total = elementCount(input.shape)
  const wildcards = shape.filter((extent) => extent === -1).length
  if (wildcards > 1 || shape.some((extent) => typeof extent === 'number' && extent < -1)) {
    throw shapeError('Reshape', `the shape ${formatShape(shape)} is not valid`, 'at most one -1, nothing below')
  }
  const known = shape.map((extent, d): SizeExpr => {
    if (extent !== 0 || allowZero) return extent
    const copied = input.shape[d]
    if (copied !== undefined) return copied
    throw shapeError('Reshape', `dimension ${d} copies one that ${formatShape(input.shape)} lacks`)
  })
  const rest = elementCount(known.filter((extent) => extent !== -1))
  const result = known.map((extent) => (extent === -1 ? quotient(total, rest, input, shape) : extent))
  const message = `${formatShape(input.shape)} does not reshape to ${formatShape(shape)}: the element counts differ`
  return reshaped('Reshape', input, result, agree('Reshape', message, elementCount(result), total))
}

/** Flatten (ONNX): the dimensions before `axis` and those from it on, each as one. Throws `CompileError` `graph/shape`. */
export function flattenOp(input: TensorType, { axis }: { readonly axis: number }): Operation {
  const rank = input.shape.length
  const at = axis < 0 ? axis + rank : axis
  if (at < 0 || at > rank) throw shapeError('Flatten', `axis ${axis} for ${formatShape(input.shape)}`)
  return reshaped('Flatten', input, [elementCount(input.shape.slice(0, at)), elementCount(input.shape.slice(at))])
}

/** Unsqueeze (ONNX): dimensions of one element at `axes` of the result. Throws `CompileError` `graph/shape`. */
export function unsqueezeOp(input: TensorType, { axes }: { readonly axes: readonly number[] }): Operation {
  const rank = input.shape.length + axes.length
  const added = resolveAxes('Unsqueeze', axes, rank)
  const kept = input.shape.values()
  const shape = Array.from({ length: rank }, (_, d) => (added.includes(d) ? 1 : (kept.next().value ?? 1)))
  return reshaped('Unsqueeze', input, shape)
}

/**
 * Squeeze (ONNX): without the dimensions `axes`, which have one element; without all that are known to, where undefined.
 * Throws `CompileError` `graph/shape`.
 */
export function squeezeOp(input: TensorType, { axes }: { readonly axes: readonly number[] | undefined }): Operation {
  const { shape } = input
  const removed =
    axes === undefined
      ? shape.flatMap((extent, d) => (extent === 1 ? [d] : []))
      : resolveAxes('Squeeze', axes, shape.length)
  const equalSizes = removed.flatMap((d) =>
    agree('Squeeze', `dimension ${d} of ${formatShape(shape)} is not 1`, shape[d], 1),
  )
  const kept = shape.filter((_, d) => !removed.includes(d))
  return reshaped('Squeeze', input, kept, equalSizes)
}

function quotient(total: SizeExpr, rest: SizeExpr, input: TensorType, shape: readonly SizeExpr[]): SizeExpr {
  if (rest === 0 || (typeof total === 'number' && typeof rest === 'number' && total % rest !== 0)) {
    throw shapeError('Reshape', `${formatShape(input.shape)} does not reshape to ${formatShape(shape)}`)
  }
  // Factors that stand in both cancel.
  return sizeDiv(total, rest)
}
