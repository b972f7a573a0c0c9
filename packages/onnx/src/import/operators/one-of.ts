/** A string attribute that is one of a few. */
import { CompileError } from '@tilewright/ir'
import type { NodeContext } from '../node-context.js'

/** The string attribute that is one of `values`; '' falls back to nothing. Throws `CompileError` `onnx/attribute`. */
export function oneOf<T extends string>(
  context: NodeContext,
  name: string,
  values: readonly T[],
  fallback: NoInfer<T> | '',
): T {
  const given = context.string(name, fallback)
  const found = values.find((value) => value === given)
  if (found !== undefined) return found
  throw new CompileError({
    code: 'onnx/attribute',
    message: `${name} of ${context.node.opType} is ${JSON.stringify(given)}`,
    where: context.where,
    help: `ONNX knows ${values.join(', ')}`,
  })
}
