/** Building graphs: tensors and nodes in order, names made unique. */
import { invariant } from '@tilewright/ir'
import type { Graph, GraphNode, Operation } from './graph.js'
import type { Tensor, TensorData, TensorType } from './tensor.js'

export interface GraphBuilder {
  readonly input: (name: string, type: TensorType) => Tensor
  readonly constant: (name: string, data: TensorData) => Tensor
  /** Applies an operation; gives its outputs. `outputNames` default to the node's name. */
  readonly apply: (
    operation: Operation,
    inputs: readonly Tensor[],
    names?: { readonly node?: string; readonly outputs?: readonly string[] },
  ) => readonly Tensor[]
  /** `apply` for an operation with one output. */
  readonly apply1: (operation: Operation, inputs: readonly Tensor[], name?: string) => Tensor
  readonly finish: (outputs: readonly { readonly name: string; readonly tensor: Tensor }[]) => Graph
}

/** Starts a graph. */
export function buildGraph(name: string): GraphBuilder {
  const inputs: Tensor[] = []
  const nodes: GraphNode[] = []
  const taken = new Map<string, number>()
  const unique = (wanted: string): string => {
    const count = taken.get(wanted) ?? 0
    taken.set(wanted, count + 1)
    return count === 0 ? wanted : unique(`${wanted}_${count}`)
  }
  const apply: GraphBuilder['apply'] = (operation, operands, names = {}) => {
    const node = unique(names.node ?? operation.name)
    const outputs = operation.outputs.map(
      (type, i): Tensor => ({
        kind: 'tensor',
        name: names.outputs?.[i] ?? (i === 0 ? node : `${node}_${i}`),
        ...type,
        constant: undefined,
      }),
    )
    nodes.push({ name: node, operation, inputs: operands, outputs })
    return outputs
  }
  return {
    input: (inputName, type) => {
      const tensor: Tensor = { kind: 'tensor', name: inputName, ...type, constant: undefined }
      inputs.push(tensor)
      return tensor
    },
    constant: (constantName, data) => ({
      kind: 'tensor',
      name: constantName,
      dtype: data.dtype,
      shape: data.shape,
      constant: data,
    }),
    apply,
    apply1: (operation, operands, nodeName) => {
      const [output, second] = apply(
        operation,
        operands,
        nodeName === undefined ? {} : { node: nodeName, outputs: [nodeName] },
      )
      invariant(output !== undefined && second === undefined, `${operation.name} has one output`)
      return output
    },
    finish: (outputs) => ({ kind: 'graph', name, inputs, outputs, nodes }),
  }
}
