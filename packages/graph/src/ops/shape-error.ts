/** Errors of shape rules. */
import { CompileError, formatSize, type SizeExpr, UnsupportedError } from '@tilewright/ir'
import type { TensorType } from '../tensor.js'

export const formatShape = (shape: readonly SizeExpr[]): string => `[${shape.map(formatSize).join(', ')}]`

/** `CompileError` `graph/shape`: the operands of an operator do not fit together. */
export function shapeError(operator: string, message: string, help?: string): CompileError {
  return new CompileError({ code: 'graph/shape', message: `${operator}: ${message}`, help })
}

/**
 * The error for two extents that are not known to be equal: `graph/shape` where both are numbers, else
 * `UnsupportedError` `graph/symbolic-shape`, since the run might make them equal.
 */
export function extentError(operator: string, message: string, extents: readonly (SizeExpr | undefined)[]): Error {
  if (extents.every((extent) => typeof extent === 'number' || extent === undefined)) {
    return shapeError(operator, message, 'dimensions must agree')
  }
  return new UnsupportedError({
    code: 'graph/symbolic-shape',
    message: `${operator}: ${message}, unless the run makes them`,
    help: 'give dimensions that are always equal one name in the model, or fix their sizes',
  })
}

/** Throws `CompileError` `graph/dtype` unless all operands have the dtype of the first. */
export function expectOneDType(operator: string, types: readonly TensorType[]): void {
  const [first] = types
  const other = types.find((type) => type.dtype !== first?.dtype)
  if (first !== undefined && other !== undefined) {
    throw new CompileError({
      code: 'graph/dtype',
      message: `${operator}: operands are ${first.dtype} and ${other.dtype}`,
      help: 'cast one of them in the model',
    })
  }
}

/** Whether a tensor is floating point. */
export const isFloat = (type: TensorType): boolean => type.dtype === 'f32' || type.dtype === 'f16'

/** Throws `CompileError` `graph/dtype` unless the operand is floating point. */
export function expectFloat(operator: string, type: TensorType): void {
  if (!isFloat(type)) {
    throw new CompileError({ code: 'graph/dtype', message: `${operator} is not defined on ${type.dtype}` })
  }
}
