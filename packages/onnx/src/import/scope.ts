/** Values by name while a graph is imported; those of a subgraph see the values around it. */
import type { Tensor } from '@tilewright/graph'
import { CompileError } from '@tilewright/ir'
import { quote } from '../format-errors.js'

export interface Scope {
  readonly has: (name: string) => boolean
  /** Throws `CompileError` `onnx/undefined-value`. */
  readonly lookup: (name: string, where: string) => Tensor
  /** Throws `CompileError` `onnx/duplicate-value`. */
  readonly define: (name: string, tensor: Tensor, where: string) => void
}

/** No values, inside of others. */
export function scopeIn(outer: Scope | undefined): Scope {
  const values = new Map<string, Tensor>()
  return {
    has: (name) => values.has(name) || outer?.has(name) === true,
    lookup: (name, where) => {
      const value = values.get(name)
      if (value !== undefined) return value
      if (outer !== undefined) return outer.lookup(name, where)
      throw invalid('onnx/undefined-value', `nothing makes value ${quote(name)}`, where)
    },
    define: (name, tensor, where) => {
      if (values.has(name)) throw invalid('onnx/duplicate-value', `value ${quote(name)} is made twice`, where)
      values.set(name, tensor)
    },
  }
}

/** A `CompileError` for what the ONNX text forbids of a graph. */
export function invalid(code: string, message: string, where: string): CompileError {
  return new CompileError({
    code,
    message,
    where,
    help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
  })
}
