/** Attributes that name an element type. */
import type { TensorDType } from '@tilewright/graph'
import { CompileError, UnsupportedError } from '@tilewright/ir'
import { dataTypeOf } from '../data-type.js'
import { isGraphDType } from './constant-data.js'
import type { NodeContext } from './node-context.js'

/**
 * The element type that an attribute names, or `fallback` where the node does not have it. Throws `CompileError`
 * `onnx/attribute` for a number that ONNX does not define, `UnsupportedError` `onnx/operator` for a type that graphs lack.
 */
export function dtypeAttribute(context: NodeContext, name: string, fallback?: TensorDType): TensorDType {
  if (fallback !== undefined && context.attribute(name) === undefined) return fallback
  const number = context.int(name, 0)
  const dtype = dataTypeOf(number)
  if (dtype === undefined) {
    throw new CompileError({
      code: 'onnx/attribute',
      message: `${context.node.opType} to element type ${number}, which ONNX does not define`,
      where: context.where,
      help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
    })
  }
  if (isGraphDType(dtype)) return dtype
  const what = `${context.node.opType} to ${dtype}`
  throw new UnsupportedError({
    code: 'onnx/operator',
    message: `${what} is not supported`,
    where: context.where,
    gaps: [{ where: context.where, what }],
  })
}
