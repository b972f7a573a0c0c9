/** Axes as ONNX counts them: negative ones from the end. */

import type { TensorType } from '../tensor.js'
import { formatShape, shapeError } from './shape-error.js'

/** The dimension that `axis` names among `rank`. Throws `CompileError` `graph/shape`. */
export function resolveAxis(operator: string, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis
  if (Number.isInteger(at) && at >= 0 && at < rank) return at
  throw shapeError(operator, `axis ${axis} for rank ${rank}`, `axes are in -${rank}..${rank - 1}`)
}

/** The dimensions that `axes` name, each once. Throws `CompileError` `graph/shape`. */
export function resolveAxes(operator: string, axes: readonly number[], rank: number): readonly number[] {
  const resolved = axes.map((axis) => resolveAxis(operator, axis, rank))
  if (new Set(resolved).size === resolved.length) return resolved
  throw shapeError(operator, `axes [${axes.join(', ')}] name a dimension twice`)
}

/** Throws `CompileError` `graph/shape` unless the operand has `rank` dimensions. */
export function expectRank(operator: string, { shape }: TensorType, rank: number): void {
  if (shape.length !== rank) throw shapeError(operator, `${formatShape(shape)} has not rank ${rank}`)
}
