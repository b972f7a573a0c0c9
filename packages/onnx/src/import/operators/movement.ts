/** Operators of ONNX that move elements along dimensions: Transpose, Concat, Split, Slice, Pad, Tile, blocks. */
import {
  centerCropPadOp,
  concatOp,
  type DepthMode,
  depthToSpaceOp,
  expandOp,
  type PadMode,
  padOp,
  resolveAxes,
  sliceOp,
  spaceToDepthOp,
  splitOp,
  type TensorType,
  tileOp,
  transposeOp,
} from '@tilewright/graph'
import { ceilDiv, type SizeExpr, sizeBinary, sizeMul, sizeSub } from '@tilewright/ir'
import type { NodeContext } from '../node-context.js'
import { apply, type OnnxOperator } from '../operator.js'
import { invalid } from '../scope.js'
import { oneOf } from './one-of.js'

const padModes: readonly PadMode[] = ['constant', 'reflect', 'edge', 'wrap']
const depthModes: readonly DepthMode[] = ['DCR', 'CRD']

export const movementOperators: Readonly<Record<string, OnnxOperator>> = {
  Transpose: {
    import: (context) => {
      const data = context.input(0)
      const perm = context.ints('perm') ?? data.shape.map((_, d) => data.shape.length - 1 - d)
      return apply(transposeOp(data, { perm }), [data])
    },
  },
  Concat: {
    import: (context) => {
      const operands = [context.input(0), ...context.inputs().slice(1)]
      return apply(concatOp(operands, { axis: context.int('axis', 1) }), operands)
    },
  },
  Split: {
    hostInputs: [1],
    import: (context) => {
      const data = context.input(0)
      const axis = context.int('axis', 0)
      const given = context.optional(1) === undefined ? context.ints('split') : context.hostSizes(1)
      if (context.opset >= 18 && (given === undefined) === (context.attribute('num_outputs') === undefined)) {
        throw invalid(
          'onnx/attribute',
          `Split has ${given === undefined ? 'neither' : 'both'} of the input split and num_outputs`,
          context.where,
        )
      }
      const sizes = given ?? equalParts(context, data, axis)
      return apply(splitOp(data, { axis, sizes }), [data])
    },
  },
  Slice: {
    hostInputs: [1, 2, 3, 4],
    import: (context) => {
      const data = context.input(0)
      const isInput = context.opset >= 10
      const [starts, ends] = isInput
        ? [context.hostSizes(1), context.hostSizes(2)]
        : [context.ints('starts') ?? [], context.ints('ends') ?? []]
      const given = isInput ? optionalInts(context, 3) : context.ints('axes')
      const axes = given ?? starts.map((_, d) => d)
      const steps = (isInput ? optionalInts(context, 4) : undefined) ?? starts.map(() => 1)
      return apply(sliceOp(data, { starts, ends, axes, steps }), [data])
    },
  },
  Expand: {
    hostInputs: [1],
    import: (context) => {
      const data = context.input(0)
      return apply(expandOp(data, { shape: context.hostSizes(1) }), [data])
    },
  },
  Tile: {
    hostInputs: [1],
    import: (context) => {
      const data = context.input(0)
      return apply(tileOp(data, { repeats: context.hostSizes(1) }), [data])
    },
  },
  Pad: {
    hostInputs: [1, 3],
    import: (context) => {
      const data = context.input(0)
      const mode = oneOf(context, 'mode', padModes, 'constant')
      const isInput = context.opset >= 11
      const pads = isInput ? context.hostSizes(1) : (context.ints('pads') ?? [])
      const given = isInput ? optionalInts(context, 3) : undefined
      const axes = resolveAxes('Pad', given ?? data.shape.map((_, d) => d), data.shape.length)
      const fill = isInput && mode === 'constant' ? context.optional(2) : undefined
      const side = (offset: number): readonly SizeExpr[] =>
        data.shape.map((_, d) => {
          const at = axes.indexOf(d)
          return at < 0 ? 0 : (pads[offset + at] ?? 0)
        })
      if (pads.length !== 2 * axes.length) {
        const message = `Pad has ${pads.length} pads for ${axes.length} dimensions`
        throw invalid('onnx/attribute', message, context.where)
      }
      const attributes = { mode, begins: side(0), ends: side(axes.length), value: context.float('value', 0) }
      return apply(padOp(data, fill, attributes), [data, fill])
    },
  },
  CenterCropPad: {
    hostInputs: [1],
    import: (context) => {
      const data = context.input(0)
      const axes = context.ints('axes') ?? data.shape.map((_, d) => d)
      return apply(centerCropPadOp(data, { shape: context.hostSizes(1), axes }), [data])
    },
  },
  DepthToSpace: {
    import: (context) => {
      const data = context.input(0)
      const attributes = {
        blocksize: context.int('blocksize', 0),
        mode: oneOf(context, 'mode', depthModes, 'DCR'),
      }
      return apply(depthToSpaceOp(data, attributes), [data])
    },
  },
  SpaceToDepth: {
    import: (context) => {
      const data = context.input(0)
      return apply(spaceToDepthOp(data, { blocksize: context.int('blocksize', 0) }), [data])
    },
  },
}

const optionalInts = (context: NodeContext, position: number): readonly number[] | undefined =>
  context.optional(position) === undefined ? undefined : context.hostInts(position)

/**
 * Parts of one extent; since operator set 18 the last one is smaller where the dimension does not divide. Throws `CompileError`
 * `onnx/attribute` where it must divide and does not, and where the attribute and the outputs disagree.
 */
function equalParts(context: NodeContext, { shape }: TensorType, axis: number): readonly SizeExpr[] {
  const { length } = context.node.outputs
  const count = context.int('num_outputs', length)
  if (count !== length || count === 0)
    throw invalid('onnx/attribute', `Split has ${length} outputs for num_outputs ${count}`, context.where)
  const whole = shape.at(axis) ?? 0
  if (context.opset < 18 && typeof whole === 'number' && whole % count !== 0) {
    throw invalid(
      'onnx/attribute',
      `Split has ${count} outputs of a dimension of ${whole}, which does not divide, and no sizes`,
      context.where,
    )
  }
  const part = ceilDiv(whole, count)
  const last = sizeBinary('max', sizeSub(whole, sizeMul(part, count - 1)), 0)
  return Array.from({ length: count }, (_, i) => (i < count - 1 ? part : last))
}
