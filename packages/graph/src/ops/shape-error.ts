/** Errors of shape rules. */
import { CompileError, formatSize, mayEqual, type SizeExpr, sizeEquals, UnsupportedError } from '@tilewright/ir'
import type { EqualSizes } from '../graph.js'
import { isFloat, type TensorType } from '../tensor.js'

export const formatShape = (shape: readonly SizeExpr[]): string => `[${shape.map(formatSize).join(', ')}]`

const correct = 'attributes and operands must fit each other: correct the node that gives them'

/** `CompileError` `graph/shape`: the operands of an operator do not fit together. */
export function shapeError(operator: string, message: string, help: string = correct): CompileError {
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

/**
 * What a run must check for two extents to agree: nothing where they are known to. Throws `CompileError` `graph/shape`
 * where they never do, or where one is missing.
 */
export function agree(
  operator: string,
  message: string,
  left: SizeExpr | undefined,
  right: SizeExpr | undefined,
): readonly EqualSizes[] {
  if (left === undefined || right === undefined || !mayEqual(left, right)) {
    throw shapeError(operator, message, 'dimensions must agree')
  }
  return sizeEquals(left, right) ? [] : [{ left, right }]
}

/** Of two extents that agree, the one that says more: a number, or else a parameter. */
export function plainer(left: SizeExpr, right: SizeExpr): SizeExpr {
  if (typeof left === 'number') return left
  return typeof right === 'number' || (left.kind === 'size-op' && right.kind === 'size') ? right : left
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
  if (!isFloat(type)) {
    const message = `${operator} is not defined on ${type.dtype}`
    throw new CompileError({ code: 'graph/dtype', message, help: 'cast it to floating point in the model' })
  }
}
