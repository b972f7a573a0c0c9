/** A graph as equations over buffers: what is left of it once shapes and definitions are known. */
import { deviceDType, type Graph, type Tensor, type TensorData } from '@tilewright/graph'
import { atPlace, type Buffer, buffer, compute, type Equation, load } from '@tilewright/ir'

export interface Program {
  readonly name: string
  readonly inputs: readonly { readonly tensor: Tensor; readonly buffer: Buffer }[]
  readonly outputs: readonly { readonly name: string; readonly tensor: Tensor; readonly buffer: Buffer }[]
  readonly constants: ReadonlyMap<Buffer, TensorData>
  /** What the model calls the tensors, for messages. Buffers inside of a definition have none. */
  readonly names: ReadonlyMap<Buffer, string>
  readonly equations: readonly Equation[]
}

/** Expands every node into its definition. Results that are also inputs, constants or other results get a copy. */
export function programOf(graph: Graph): Program {
  const buffers = new Map<Tensor, Buffer>()
  const constants = new Map<Buffer, TensorData>()
  const names = new Map<Buffer, string>()
  const bufferOf = (tensor: Tensor): Buffer => {
    const known = buffers.get(tensor)
    if (known !== undefined) return known
    const made = buffer(hintOf(tensor.name), deviceDType(tensor.dtype), tensor.shape, 'storage')
    buffers.set(tensor, made)
    names.set(made, tensor.name)
    if (tensor.constant !== undefined) constants.set(made, tensor.constant)
    return made
  }
  const inputs = graph.inputs.map((tensor) => ({ tensor, buffer: bufferOf(tensor) }))
  const equations = graph.nodes.flatMap((node) =>
    atPlace(`node "${node.name}"`, () => node.operation.define(node.inputs.map(bufferOf), node.outputs.map(bufferOf))),
  )
  const taken = new Set<Buffer>([...inputs.map((input) => input.buffer), ...constants.keys()])
  const copies: Equation[] = []
  const outputs = graph.outputs.map(({ name, tensor }) => {
    const source = bufferOf(tensor)
    if (!taken.has(source)) {
      taken.add(source)
      return { name, tensor, buffer: source }
    }
    const copy = buffer(hintOf(name), source.dtype, source.shape, 'storage')
    names.set(copy, name)
    copies.push(compute(copy, (...axes) => load(source, axes)))
    return { name, tensor, buffer: copy }
  })
  return { name: graph.name, inputs, outputs, constants, names, equations: [...equations, ...copies] }
}

/** A name from a model, fit for a hint: it never reaches source unescaped, and stays short. */
function hintOf(name: string): string {
  const hint = name
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(-24)
  return /^[A-Za-z]/.test(hint) ? hint : `t${hint}`
}
