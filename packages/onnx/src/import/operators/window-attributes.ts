/** Attributes that convolution and pooling share. */
import type { AutoPad, WindowAttributes } from '@tilewright/graph'
import { CompileError } from '@tilewright/ir'
import type { NodeContext } from '../node-context.js'

const autoPads: readonly string[] = ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'] satisfies readonly AutoPad[]
const isAutoPad = (value: string): value is AutoPad => autoPads.includes(value)

function autoPadOf(context: NodeContext): AutoPad {
  const value = context.string('auto_pad', 'NOTSET')
  if (isAutoPad(value)) return value
  throw new CompileError({
    code: 'onnx/attribute',
    message: `auto_pad of ${context.node.opType} is ${JSON.stringify(value)}`,
    where: context.where,
    help: `ONNX knows ${autoPads.join(', ')}`,
  })
}

/** Strides, dilations and padding, with ONNX's defaults for `rank` spatial dimensions. Throws `CompileError` `onnx/attribute`. */
export function windowAttributes(context: NodeContext, rank: number): Omit<WindowAttributes, 'kernel' | 'ceilMode'> {
  const ones = Array.from({ length: rank }, () => 1)
  return {
    strides: context.ints('strides') ?? ones,
    dilations: context.ints('dilations') ?? ones,
    pads: context.ints('pads') ?? [...ones, ...ones].map(() => 0),
    autoPad: autoPadOf(context),
  }
}
