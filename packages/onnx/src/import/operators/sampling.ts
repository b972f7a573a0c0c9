/** Operators of ONNX that sample images, put blocks back together, and determinants. */
import { col2ImOp, detOp, gridSampleOp, roiAlignOp } from '@tilewright/graph'
import { UnsupportedError } from '@tilewright/ir'
import type { NodeContext } from '../node-context.js'
import { apply, type OnnxOperator, unary } from '../operator.js'
import { oneOf } from './one-of.js'

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
  RoiAlign: {
    import: (context) => {
      const operands = [context.input(0), context.input(1), context.input(2)] as const
      const samples = context.int('sampling_ratio', 0)
      const mode = oneOf(context, 'mode', ['avg', 'max'], 'avg')
      if (samples < 1 && mode === 'max') throw adaptiveMaximum(context)
      // Operator set 16 added the attribute, and a default that is not what there was.
      const fallback = context.opset < 16 ? 'output_half_pixel' : 'half_pixel'
      const coordinates = ['half_pixel', 'output_half_pixel'] as const
      const attributes = {
        mode,
        output: [context.int('output_height', 1), context.int('output_width', 1)],
        samples: samples < 1 ? 'adaptive' : samples,
        scale: context.float('spatial_scale', 1),
        halfPixel: oneOf(context, 'coordinate_transformation_mode', coordinates, fallback) === 'half_pixel',
      } as const
      return apply(roiAlignOp(...operands, attributes), operands)
    },
  },
  Det: unary((x) => detOp(x)),
}

function adaptiveMaximum({ where }: NodeContext): UnsupportedError {
  const what = 'RoiAlign of mode max with sampling_ratio 0, whose samples are as many as its regions are large,'
  const help = 'export the model with a fixed sampling_ratio, such as 2'
  return new UnsupportedError({ code: 'onnx/operator', message: `${what} is not supported`, where, help })
}
