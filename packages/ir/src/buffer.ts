/** Buffers: typed, shaped memory. Compared by identity; row-major; names are hints, made unique when printed. */
import { checkArgument } from './check-arguments.js'
import { type DType, dtypes } from './dtype.js'
import { CompileError } from './errors.js'
import { formatSize, isSize, type SizeExpr, sizeRange } from './size.js'

/**
 * - `storage`: device memory, shared by all workgroups, bound from outside.
 * - `workgroup`: shared by the threads of one workgroup; undefined (NaN in the simulator) at the start.
 * - `private`: one copy a thread; undefined at each execution of its declaration. A rank-0 private buffer is a
 *   mutable variable.
 */
export type Scope = 'storage' | 'workgroup' | 'private'

export interface Buffer {
  readonly kind: 'buffer'
  readonly hint: string
  readonly dtype: DType
  readonly shape: readonly SizeExpr[]
  readonly scope: Scope
}

/**
 * A buffer of `shape` elements of `dtype`.
 * Throws `CompileError` `ir/shape` for a negative extent, or for a symbolic one outside storage, `ir/dtype` for a type that
 * is none.
 */
export function buffer(hint: string, dtype: DType, shape: readonly SizeExpr[], scope: Scope): Buffer {
  // Authors without types may pass anything.
  if (!dtypes.includes(dtype)) {
    throw new CompileError({
      code: 'ir/dtype',
      message: `buffer "${hint}" has elements of "${dtype}"`,
      help: `dtypes are ${dtypes.join(', ')}`,
    })
  }
  if (!Array.isArray(shape)) {
    throw new CompileError({
      code: 'ir/shape',
      message: `the shape of buffer "${hint}" is no array`,
      help: 'pass one extent for each dimension, such as [4, 4]',
    })
  }
  for (const extent of shape) {
    const rule = `an extent of buffer "${hint}" is a number or a size`
    checkArgument(isSize(extent), 'ir/shape', rule, extent, "pass size('n') for one that a run decides")
    if (typeof extent === 'number' ? !Number.isSafeInteger(extent) || extent < 0 : sizeRange(extent).max < 0) {
      throw new CompileError({
        code: 'ir/shape',
        message: `buffer "${hint}" has extent ${formatSize(extent)}`,
        help: 'extents are non-negative integers',
      })
    }
    if (scope !== 'storage' && typeof extent !== 'number') {
      throw new CompileError({
        code: 'ir/shape',
        message: `${scope} buffer "${hint}" has the symbolic extent ${formatSize(extent)}`,
        help: 'only storage buffers may have symbolic extents: tiles are static',
      })
    }
  }
  return { kind: 'buffer', hint, dtype, shape, scope }
}
