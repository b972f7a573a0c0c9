/**
 * Element types of buffers, and the scalar types expressions compute in.
 *
 * Narrow types exist in memory only: a load widens to the compute type, a store narrows (integers wrap modulo 2^bits,
 * f16 and bf16 round to nearest even). Arithmetic therefore knows four types, on every target.
 */
import { checkArgument } from './check-arguments.js'
import { CompileError } from './errors.js'

/** What a buffer holds. */
export type DType = 'f32' | 'f16' | 'bf16' | 'i32' | 'u32' | 'i8' | 'u8' | 'bool'

/** What an expression computes in. */
export type ScalarType = 'f32' | 'i32' | 'u32' | 'bool'

const computeTypes: Readonly<Record<DType, ScalarType>> = {
  f32: 'f32',
  f16: 'f32',
  bf16: 'f32',
  i32: 'i32',
  i8: 'i32',
  u32: 'u32',
  u8: 'u32',
  bool: 'bool',
}

export const dtypes: readonly DType[] = ['f32', 'f16', 'bf16', 'i32', 'u32', 'i8', 'u8', 'bool']

/** The type that a load from a buffer of `dtype` gives, and that a store to it takes. */
export function computeType(dtype: DType): ScalarType {
  return computeTypes[dtype]
}

export function isInteger(type: ScalarType): type is 'i32' | 'u32' {
  return type === 'i32' || type === 'u32'
}

/** Throws `CompileError` `ir/type` unless `actual` is `expected`. */
export function expectType(expected: ScalarType, actual: ScalarType, what: string): void {
  if (expected !== actual) {
    // Authors without types may pass a handle where an expression is asked for.
    checkArgument(actual !== undefined, 'ir/type', `${what} is an expression`, actual, 'of a value pass value.expr')
    throw new CompileError({
      code: 'ir/type',
      message: `${what} must be ${expected}, got ${actual}`,
      help: `convert it: value.cast('${expected}')`,
    })
  }
}

/** Floats of half a word, of which hardware multiplies matrices. */
export type HalfDType = 'f16' | 'bf16'

export function isHalf(dtype: DType): dtype is HalfDType {
  return dtype === 'f16' || dtype === 'bf16'
}

const scalarTypes: readonly string[] = ['f32', 'i32', 'u32', 'bool'] satisfies readonly ScalarType[]

/** Throws `CompileError` `ir/dtype` for a type of `what` that is none: callers without types may pass anything. */
export function checkScalarType(what: string, dtype: ScalarType): void {
  const help = `expressions compute in ${scalarTypes.join(', ')}`
  checkArgument(scalarTypes.includes(dtype), 'ir/dtype', `the type of ${what} is one of expressions`, dtype, help)
}
