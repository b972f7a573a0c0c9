/** How one ONNX operator is imported: a function from a node's context to an operation on tensors. */
import type { Operation, Tensor, TensorType } from '@tilewright/graph'
import type { NodeContext } from './node-context.js'

/** What a node becomes: an operation applied to operands, or tensors that are already there. */
export type Imported =
  | { readonly kind: 'operation'; readonly operation: Operation; readonly operands: readonly Tensor[] }
  | { readonly kind: 'tensors'; readonly tensors: readonly Tensor[] }

export interface OnnxOperator {
  /** Positions of the inputs that must be known when compiling: shapes, axes, counts. */
  readonly hostInputs?: readonly number[]
  /** Whether the result follows from the shape of the input, whatever its elements. */
  readonly ofShape?: true
  /** Throws `CompileError` for what the ONNX text forbids, `UnsupportedError` for what is not there yet. */
  readonly import: (context: NodeContext) => Imported
}

/** An operation on operands. */
export function apply(operation: Operation, operands: readonly (Tensor | undefined)[]): Imported {
  return {
    kind: 'operation',
    operation,
    operands: operands.flatMap((tensor) => (tensor === undefined ? [] : [tensor])),
  }
}

/** An operator of one operand. */
export const unary = (operation: (x: TensorType, context: NodeContext) => Operation): OnnxOperator => ({
  import: (context) => apply(operation(context.input(0), context), [context.input(0)]),
})

/** An operator of two operands. */
export const binary = (operation: (a: TensorType, b: TensorType) => Operation): OnnxOperator => ({
  import: (context) => {
    const operands = [context.input(0), context.input(1)] as const
    return apply(operation(...operands), operands)
  },
})
