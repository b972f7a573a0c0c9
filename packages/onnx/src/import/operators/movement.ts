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
import { CompileError, ceilDiv, type SizeExpr, sizeBinary, sizeMul, sizeSub } from '@tilewright/ir'
import type { NodeContext } from '../node-context.js'
import { apply, type OnnxOperator } from '../operator.js'

/** A string attribute that is one of `values`; '' falls back to nothing. Throws `CompileError` `onnx/attribute`. */
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
      const sizes = given ?? equalParts(data, axis, countOfParts(context))
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
        throw new CompileError({
          code: 'onnx/attribute',
          message: `Pad has ${pads.length} pads for ${axes.length} dimensions`,
          where: context.where,
        })
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

/** Throws `CompileError` `onnx/attribute` when the attribute and the outputs disagree. */
function countOfParts(context: NodeContext): number {
  const { length } = context.node.outputs
  const count = context.int('num_outputs', length)
  if (count === length && count > 0) return count
  throw new CompileError({
    code: 'onnx/attribute',
    message: `Split has ${length} outputs for num_outputs ${count}`,
    where: context.where,
    help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
  })
}

/** Parts of one extent, the last one smaller where the dimension does not divide. */
function equalParts({ shape }: TensorType, axis: number, count: number): readonly SizeExpr[] {
  const whole = shape.at(axis) ?? 0
  const part = ceilDiv(whole, count)
  const last = sizeBinary('max', sizeSub(whole, sizeMul(part, count - 1)), 0)
  return Array.from({ length: count }, (_, i) => (i < count - 1 ? part : last))
}
