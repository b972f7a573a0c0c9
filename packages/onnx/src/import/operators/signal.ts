/** Operators of ONNX on signals, and those that turn or map positions. */
import {
  affineGridOp,
  dftOp,
  melWeightMatrixOp,
  rotaryEmbeddingOp,
  type SignalWindow,
  signalWindowOp,
  stftOp,
  type Tensor,
} from '@tilewright/graph'
import { CompileError, type SizeExpr, UnsupportedError } from '@tilewright/ir'
import { dtypeAttribute } from '../dtype-attribute.js'
import { hostScalar } from '../host-scalar.js'
import type { NodeContext } from '../node-context.js'
import { apply, type Imported, type OnnxOperator } from '../operator.js'

const signalWindow = (window: SignalWindow): OnnxOperator => ({
  hostInputs: [0],
  import: (context) => {
    const periodic = context.int('periodic', 1) !== 0
    const dtype = dtypeAttribute(context, 'output_datatype', 'f32')
    return apply(signalWindowOp(window, { size: hostScalar(context, 0), periodic, dtype }), [])
  },
})

export const signalOperators: Readonly<Record<string, OnnxOperator>> = {
  HannWindow: signalWindow('Hann'),
  HammingWindow: signalWindow('Hamming'),
  BlackmanWindow: signalWindow('Blackman'),
  MelWeightMatrix: { hostInputs: [0, 1, 2, 3, 4], import: importMelWeightMatrix },
  DFT: {
    hostInputs: [1, 2],
    import: (context) => {
      const x = context.input(0)
      // The axis is an attribute before operator set 20, an input from then on.
      const given = context.optional(2) === undefined ? undefined : numberOf(context, 2)
      const axis = context.opset < 20 ? context.int('axis', 1) : (given ?? -2)
      const flag = (name: string): boolean => context.int(name, 0) !== 0
      const attributes = {
        axis,
        length: optionalScalar(context, 1),
        inverse: flag('inverse'),
        onesided: flag('onesided'),
      }
      return apply(dftOp(x, attributes), [x])
    },
  },
  STFT: {
    hostInputs: [1, 3],
    import: (context) => {
      const [signal, window] = [context.input(0), context.optional(2)]
      const attributes = {
        step: numberOf(context, 1),
        length: optionalScalar(context, 3),
        onesided: context.int('onesided', 1) !== 0,
      }
      return apply(stftOp(signal, window, attributes), [signal, window])
    },
  },
  AffineGrid: {
    hostInputs: [1],
    import: (context) => {
      const theta = context.input(0)
      const alignCorners = context.int('align_corners', 0) !== 0
      return apply(affineGridOp(theta, { size: context.hostSizes(1), alignCorners }), [theta])
    },
  },
  RotaryEmbedding: {
    import: (context) => {
      const operands = [context.input(0), context.input(1), context.input(2)] as const
      const positions = context.optional(3)
      const attributes = {
        interleaved: context.int('interleaved', 0) !== 0,
        heads: context.int('num_heads', 0),
        dimensions: context.int('rotary_embedding_dim', 0),
      }
      return apply(rotaryEmbeddingOp(...operands, positions, attributes), [...operands, positions])
    },
  },
}

const optionalScalar = (context: NodeContext, position: number): SizeExpr | undefined =>
  context.optional(position) === undefined ? undefined : hostScalar(context, position)

/** A host value that may not be symbolic. */
function numberOf(context: NodeContext, position: number): number {
  const value = hostScalar(context, position)
  if (typeof value === 'number') return value
  const what = `${context.node.opType} whose input ${position} a run decides`
  throw new UnsupportedError({
    code: 'onnx/operator',
    message: `${what} is not supported`,
    where: context.where,
    gaps: [{ where: context.where, what }],
  })
}

const toMel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700)
const toHertz = (mel: number): number => 700 * (10 ** (mel / 2595) - 1)

/** The edges of the mel bins are integers that follow from the inputs: they are a constant of the graph. */
function importMelWeightMatrix(context: NodeContext): Imported {
  const [bins, length, rate] = [numberOf(context, 0), numberOf(context, 1), numberOf(context, 2)]
  const [low, high] = [toMel(numberOf(context, 3)), toMel(numberOf(context, 4))]
  const dtype = dtypeAttribute(context, 'output_datatype', 'f32')
  if (bins < 0 || length < 0 || rate < 1) {
    throw new CompileError({
      code: 'onnx/host-value',
      message: `MelWeightMatrix of ${bins} bins of ${length} elements at a sample rate of ${rate}`,
      where: context.where,
      help: 'give positive numbers',
    })
  }
  const step = (high - low) / (bins + 2)
  const edges = Int32Array.from({ length: bins + 2 }, (_, i) =>
    Math.floor(((length + 1) * toHertz(low + i * step)) / rate),
  )
  const shape = [edges.length]
  const name = `${context.node.outputs[0] ?? ''}_edges`
  const constant: Tensor = { kind: 'tensor', name, dtype: 'i32', shape, constant: { dtype: 'i32', shape, data: edges } }
  return apply(melWeightMatrixOp(constant, { spectrum: Math.floor(length / 2) + 1, dtype }), [constant])
}
