/** Operators of ONNX that sample images, put blocks back together, and determinants. */
import { col2ImOp, detOp, gridSampleOp } from '@tilewright/graph'
import type { NodeContext } from '../node-context.js'
import { apply, type OnnxOperator, unary } from '../operator.js'
import { oneOf } from './movement.js'

/** Before operator set 20 the modes are named for images. */
const modes = { nearest: 'nearest', linear: 'linear', bilinear: 'linear', cubic: 'cubic', bicubic: 'cubic' } as const

function modeOf(context: NodeContext): 'nearest' | 'linear' | 'cubic' {
  return modes[oneOf(context, 'mode', ['nearest', 'linear', 'bilinear', 'cubic', 'bicubic'], 'linear')]
}

export const samplingOperators: Readonly<Record<string, OnnxOperator>> = {
  GridSample: {
    import: (context) => {
      const operands = [context.input(0), context.input(1)] as const
      const attributes = {
        mode: modeOf(context),
        padding: oneOf(context, 'padding_mode', ['zeros', 'border', 'reflection'], 'zeros'),
        alignCorners: context.int('align_corners', 0) !== 0,
      }
      return apply(gridSampleOp(...operands, attributes), operands)
    },
  },
  Col2Im: {
    hostInputs: [1, 2],
    import: (context) => {
      const x = context.input(0)
      const [image, block] = [context.hostSizes(1), context.hostInts(2)]
      const ones = block.map(() => 1)
      const attributes = {
        image,
        block,
        strides: context.ints('strides') ?? ones,
        dilations: context.ints('dilations') ?? ones,
        pads: context.ints('pads') ?? [...ones, ...ones].map(() => 0),
      }
      return apply(col2ImOp(x, attributes), [x])
    },
  },
  Det: unary((x) => detOp(x)),
}
