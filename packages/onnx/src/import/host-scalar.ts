/** Inputs of one number that must be known when compiling. */
import { isFloat } from '@tilewright/graph'
import { CompileError, type SizeExpr } from '@tilewright/ir'
import type { NodeContext } from './node-context.js'

/** The number, or size, that an input holds. Throws `CompileError` `onnx/host-value`. */
export function hostScalar(context: NodeContext, position: number): SizeExpr {
  const tensor = context.input(position)
  const [value] = isFloat(tensor) ? context.hostFloats(position) : context.hostSizes(position)
  if (value !== undefined) return value
  throw new CompileError({
    code: 'onnx/host-value',
    message: `input ${position} of ${context.node.opType} has no element`,
    where: context.where,
    help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
  })
}
