/** Errors of shape rules. */
import { CompileError, formatSize, type SizeExpr } from '@tilewright/ir'
import type { TensorType } from '../tensor.js'

export const formatShape = (shape: readonly SizeExpr[]): string => `[${shape.map(formatSize).join(', ')}]`

/** `CompileError` `graph/shape`: the operands of an operator do not fit together. */
export function shapeError(operator: string, message: string, help?: string): CompileError {
  return new CompileError({ code: 'graph/shape', message: `${operator}: ${message}`, help })
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

/** Throws `CompileError` `graph/dtype` unless the operand is floating point. */
export function expectFloat(operator: string, type: TensorType): void {
  if (type.dtype !== 'f32' && type.dtype !== 'f16') {
    throw new CompileError({ code: 'graph/dtype', message: `${operator} is not defined on ${type.dtype}` })
  }
}
