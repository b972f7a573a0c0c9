/** Matrix products, sums of products and convolution of ONNX. */
import { convOp, convTransposeOp, deformConvOp, einsumOp, gemmOp, matmulOp, type Tensor } from '@tilewright/graph'
import { CompileError } from '@tilewright/ir'
import type { NodeContext } from '../node-context.js'
import { apply, type OnnxOperator } from '../operator.js'
import { windowAttributes } from './window-attributes.js'

/** Throws `CompileError` `onnx/attribute` when the attribute and the weights disagree. */
export function checkKernelShape(context: NodeContext, { shape }: Tensor): void {
  const kernel = context.ints('kernel_shape')
  const declared = shape.slice(2)
  if (kernel === undefined || (kernel.length === declared.length && kernel.every((k, d) => k === declared[d]))) return
  throw new CompileError({
    code: 'onnx/attribute',
    message: `kernel_shape of ${context.node.opType} is [${kernel.join(', ')}], the weights say [${declared.join(', ')}]`,
    where: context.where,
  })
}

export const linearOperators: Readonly<Record<string, OnnxOperator>> = {
  MatMul: {
    import: (context) => {
      const operands = [context.input(0), context.input(1)] as const
      return apply(matmulOp(...operands), operands)
    },
  },
  Gemm: {
    import: (context) => {
      const [a, b, c] = [context.input(0), context.input(1), context.optional(2)]
      const attributes = {
        alpha: context.float('alpha', 1),
        beta: context.float('beta', 1),
        transA: context.int('transA', 0) !== 0,
        transB: context.int('transB', 0) !== 0,
      }
      return apply(gemmOp(a, b, c, attributes), [a, b, c])
    },
  },
  Einsum: {
    import: (context) => {
      const operands = [context.input(0), ...context.inputs().slice(1)]
      return apply(einsumOp(operands, { equation: context.string('equation', '') }), operands)
    },
  },
  Conv: {
    import: (context) => {
      const [x, w, bias] = [context.input(0), context.input(1), context.optional(2)]
      checkKernelShape(context, w)
      const attributes = {
        ...windowAttributes(context, Math.max(0, x.shape.length - 2)),
        group: context.int('group', 1),
      }
      return apply(convOp(x, w, bias, attributes), [x, w, bias])
    },
  },
  ConvTranspose: {
    import: (context) => {
      const [x, w, bias] = [context.input(0), context.input(1), context.optional(2)]
      checkKernelShape(context, w)
      const rank = Math.max(0, x.shape.length - 2)
      const attributes = {
        ...windowAttributes(context, rank),
        group: context.int('group', 1),
        outputPadding: context.ints('output_padding') ?? Array.from({ length: rank }, () => 0),
        // Some exporters give the whole shape, images and features included.
        outputShape: context.ints('output_shape')?.slice(-rank),
      }
      return apply(convTransposeOp(x, w, bias, attributes), [x, w, bias])
    },
  },
  DeformConv: {
    import: (context) => {
      const [x, w, offset] = [context.input(0), context.input(1), context.input(2)]
      const [bias, mask] = [context.optional(3), context.optional(4)]
      checkKernelShape(context, w)
      const attributes = {
        ...windowAttributes(context, Math.max(0, x.shape.length - 2)),
        group: context.int('group', 1),
        offsetGroup: context.int('offset_group', 1),
      }
      return apply(deformConvOp({ x, w, offset, bias, mask }, attributes), [x, w, offset, bias, mask])
    },
  },
}
