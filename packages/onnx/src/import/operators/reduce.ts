/** Reductions of ONNX. */
import {
  argExtremumOp,
  type Operation,
  type ReduceAttributes,
  type Reduction,
  reduceLogSumExpOp,
  reduceOp,
  type TensorType,
} from '@tilewright/graph'
import type { NodeContext } from '../node-context.js'
import { apply, type OnnxOperator } from '../operator.js'

/** `axesInput`: the operator set from which axes are an input, no longer an attribute. */
const reduction = (
  operation: (x: TensorType, attributes: ReduceAttributes) => Operation,
  axesInput: number,
): OnnxOperator => ({
  hostInputs: [1],
  import: (context) => {
    const x = context.input(0)
    const attributes = {
      axes: axesOf(context, x.shape.length, axesInput),
      keepDims: context.int('keepdims', 1) !== 0,
    }
    return apply(operation(x, attributes), [x])
  },
})

const fold = (kind: Reduction, axesInput: number): OnnxOperator =>
  reduction((x, attributes) => reduceOp(kind, x, attributes), axesInput)

/** Without axes, all of them are meant; or none, with `noop_with_empty_axes`. */
function axesOf(context: NodeContext, rank: number, axesInput: number): readonly number[] {
  const isInput = context.opset >= axesInput
  const given = isInput ? context.optional(1) && context.hostInts(1) : context.ints('axes')
  if (given !== undefined && given.length > 0) return given
  const isNoop = isInput && context.int('noop_with_empty_axes', 0) !== 0
  return isNoop ? [] : Array.from({ length: rank }, (_, d) => d)
}

const argExtremum = (extremum: 'max' | 'min'): OnnxOperator => ({
  import: (context) => {
    const x = context.input(0)
    const attributes = {
      axis: context.int('axis', 0),
      keepDims: context.int('keepdims', 1) !== 0,
      selectLastIndex: context.int('select_last_index', 0) !== 0,
    }
    return apply(argExtremumOp(extremum, x, attributes), [x])
  },
})

export const reduceOperators: Readonly<Record<string, OnnxOperator>> = {
  ReduceSum: fold('Sum', 13),
  ReduceMean: fold('Mean', 18),
  ReduceMax: fold('Max', 18),
  ReduceMin: fold('Min', 18),
  ReduceProd: fold('Prod', 18),
  ReduceSumSquare: fold('SumSquare', 18),
  ReduceL1: fold('L1', 18),
  ReduceL2: fold('L2', 18),
  ReduceLogSum: fold('LogSum', 18),
  ReduceLogSumExp: reduction(reduceLogSumExpOp, 18),
  ArgMax: argExtremum('max'),
  ArgMin: argExtremum('min'),
}
