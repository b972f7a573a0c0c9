/**
 * The tensor graph: nodes in topological order, each an operation applied to tensors.
 *
 * An operator is a function from input types and attributes to an `Operation`: the types of its outputs (its shape
 * rule) and its definition (equations over buffers). It knows nothing of hardware, and there is no registry.
 */
import type { Buffer, Equation, SizeExpr } from '@tilewright/ir'
import type { Tensor, TensorType } from './tensor.js'

/** Two sizes that the shape rule takes for equal and only a run can compare. */
export interface EqualSizes {
  readonly left: SizeExpr
  readonly right: SizeExpr
}

export interface Operation {
  /** Name of the operator, for people. */
  readonly name: string
  /** Types of the outputs, by the shape rule. */
  readonly outputs: readonly TensorType[]
  /** What each run must check before anything is computed: without it an element outside of an operand may be read. */
  readonly equalSizes?: readonly EqualSizes[]
  /**
   * The definition: equations that write `outputs` from `inputs`. Buffers have the device dtypes of the tensors; the
   * equations may use buffers of their own in between. Every call makes fresh equations.
   */
  readonly define: (inputs: readonly Buffer[], outputs: readonly Buffer[]) => readonly Equation[]
  /** For operators whose result is linear in their second input, the weights. */
  readonly weighted?: WeightedOperator
  /** For operators that scale and shift each channel (dimension 1) of their first input. */
  readonly channelwise?: ChannelwiseOperator
}

export interface WeightedOperator {
  /** The dimension of the weights that is dimension 1 of the result. */
  readonly features: number
  /** The same operator with a bias as its third input, one element a feature. */
  readonly withBias: () => Operation
}

export interface ChannelwiseOperator {
  /** Equations for y = x · factor[channel] + offset[channel], of the inputs but the first. */
  readonly define: (parameters: readonly Buffer[], factor: Buffer, offset: Buffer) => readonly Equation[]
}

export interface GraphNode {
  /** Unique in the graph: the name in the model, or one made from the operator's. */
  readonly name: string
  readonly operation: Operation
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
}

export interface Graph {
  readonly kind: 'graph'
  readonly name: string
  /** What a run is given. */
  readonly inputs: readonly Tensor[]
  /** What a run gives; names are the model's. A tensor may stand here that is also an input or a constant. */
  readonly outputs: readonly { readonly name: string; readonly tensor: Tensor }[]
  readonly nodes: readonly GraphNode[]
}
