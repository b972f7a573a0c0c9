/** Pooling of ONNX. */
import {
  averagePoolOp,
  globalAveragePoolOp,
  globalMaxPoolOp,
  lpPoolOp,
  maxPoolOp,
  type Operation,
  type TensorType,
  type WindowAttributes,
} from '@tilewright/graph'
import { CompileError } from '@tilewright/ir'
import type { NodeContext } from '../node-context.js'
import { apply, type OnnxOperator } from '../operator.js'
import { windowAttributes } from './window-attributes.js'

/** The window of a pooling operator. Throws `CompileError` `onnx/attribute`. */
function poolAttributes(context: NodeContext): WindowAttributes {
  const kernel = context.ints('kernel_shape')
  if (kernel === undefined) {
    throw new CompileError({
      code: 'onnx/attribute',
      message: `${context.node.opType} lacks kernel_shape`,
      where: context.where,
      help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
    })
  }
  return { ...windowAttributes(context, kernel.length), kernel, ceilMode: context.int('ceil_mode', 0) !== 0 }
}

const globalPool = (operation: (x: TensorType) => Operation): OnnxOperator => ({
  import: (context) => apply(operation(context.input(0)), [context.input(0)]),
})

export const poolOperators: Readonly<Record<string, OnnxOperator>> = {
  MaxPool: {
    import: (context) => {
      const x = context.input(0)
      const attributes = {
        ...poolAttributes(context),
        indices: (context.node.outputs[1] ?? '') !== '',
        columnMajor: context.int('storage_order', 0) !== 0,
      }
      return apply(maxPoolOp(x, attributes), [x])
    },
  },
  AveragePool: {
    import: (context) => {
      const x = context.input(0)
      const countIncludePad = context.int('count_include_pad', 0) !== 0
      return apply(averagePoolOp(x, { ...poolAttributes(context), countIncludePad }), [x])
    },
  },
  LpPool: {
    import: (context) => {
      const x = context.input(0)
      return apply(lpPoolOp(x, { ...poolAttributes(context), p: context.int('p', 2) }), [x])
    },
  },
  GlobalAveragePool: globalPool(globalAveragePoolOp),
  GlobalMaxPool: globalPool(globalMaxPoolOp),
}
