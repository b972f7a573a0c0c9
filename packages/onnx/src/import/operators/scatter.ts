/** Operators of ONNX that put elements where indices say, and those that sort. */
import {
  maxUnpoolOp,
  type ScatterReduction,
  scatterElementsOp,
  scatterNdOp,
  tensorScatterOp,
  topKOp,
} from '@tilewright/graph'
import { CompileError, defined, type SizeExpr, sizeAdd, sizeMul, sizeSub } from '@tilewright/ir'
import type { NodeContext } from '../node-context.js'
import { apply, type Imported, type OnnxOperator } from '../operator.js'
import { oneOf } from './one-of.js'

const reductions: readonly ScatterReduction[] = ['none', 'add', 'mul', 'min', 'max']

function scattered(context: NodeContext): Imported {
  const operands = [context.input(0), context.input(1), context.input(2)] as const
  const attributes = { axis: context.int('axis', 0), reduction: oneOf(context, 'reduction', reductions, 'none') }
  return apply(scatterElementsOp(...operands, attributes), operands)
}

export const scatterOperators: Readonly<Record<string, OnnxOperator>> = {
  ScatterElements: { import: scattered },
  Scatter: { import: scattered },
  ScatterND: {
    import: (context) => {
      const operands = [context.input(0), context.input(1), context.input(2)] as const
      const reduction = oneOf(context, 'reduction', reductions, 'none')
      return apply(scatterNdOp(...operands, { reduction }), operands)
    },
  },
  TensorScatter: {
    import: (context) => {
      const operands = [context.input(0), context.input(1), context.optional(2)] as const
      const circular = oneOf(context, 'mode', ['linear', 'circular'], 'linear') === 'circular'
      return apply(tensorScatterOp(...operands, { axis: context.int('axis', -2), circular }), operands)
    },
  },
  /** Until operator set 9 the count is an attribute. */
  TopK: {
    hostInputs: [1],
    import: (context) => {
      const x = context.input(0)
      const k = context.opset < 10 ? context.int('k', 0) : defined(context.hostSizes(1)[0], 'a count')
      const largest = context.int('largest', 1) !== 0
      return apply(topKOp(x, { k, axis: context.int('axis', -1), largest }), [x])
    },
  },
  MaxUnpool: {
    hostInputs: [2],
    import: (context) => {
      const [x, indices] = [context.input(0), context.input(1)]
      const kernel = context.ints('kernel_shape') ?? []
      const spatial = x.shape.slice(2)
      const strides = context.ints('strides') ?? spatial.map(() => 1)
      const pads = context.ints('pads') ?? [...spatial, ...spatial].map(() => 0)
      if (kernel.length !== spatial.length || strides.length !== spatial.length || pads.length !== 2 * spatial.length) {
        throw new CompileError({
          code: 'onnx/attribute',
          message: `MaxUnpool has a kernel of ${kernel.length} dimensions for ${spatial.length}`,
          where: context.where,
        })
      }
      const pooled = spatial.map((extent, d): SizeExpr => {
        const padding = (pads[d] ?? 0) + (pads[spatial.length + d] ?? 0)
        const reach = sizeAdd(sizeMul(sizeSub(extent, 1), strides[d] ?? 1), kernel[d] ?? 1)
        return sizeSub(reach, padding)
      })
      const outputs = context.optional(2) === undefined ? pooled : context.hostSizes(2).slice(2)
      return apply(maxUnpoolOp(x, indices, { pooled, outputs }), [x, indices])
    },
  },
}
