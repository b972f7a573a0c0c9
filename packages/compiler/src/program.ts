/** A graph as equations over buffers: what is left of it once shapes and definitions are known. */
import {
  deviceDType,
  type EqualSizes,
  flatten,
  type Graph,
  type GraphNode,
  type Tensor,
  type TensorData,
} from '@tilewright/graph'
import {
  atPlace,
  type Buffer,
  binary,
  buffer,
  compute,
  cutMiddle,
  type Equation,
  type Expr,
  int,
  load,
  type SizeExpr,
  select,
  sizeValue,
} from '@tilewright/ir'

export interface Program {
  readonly name: string
  readonly inputs: readonly { readonly tensor: Tensor; readonly buffer: Buffer }[]
  readonly outputs: readonly { readonly name: string; readonly tensor: Tensor; readonly buffer: Buffer }[]
  readonly constants: ReadonlyMap<Buffer, TensorData>
  /** What the model calls the tensors, for messages. Buffers inside of a definition have none. */
  readonly names: ReadonlyMap<Buffer, string>
  readonly equations: readonly Equation[]
  /** The node that each equation is part of. Copies of results, and sizes as data, are part of none. */
  readonly nodes: ReadonlyMap<Equation, GraphNode>
  /** What a run must check, and the node that it is for. */
  readonly equalSizes: readonly (EqualSizes & { readonly node: string })[]
}

/** Expands every node into its definition. Results that are also inputs, constants or other results get a copy. */
export function programOf(graph: Graph): Program {
  const buffers = new Map<Tensor, Buffer>()
  const constants = new Map<Buffer, TensorData>()
  const names = new Map<Buffer, string>()
  const fromSizes: Equation[] = []
  const bufferOf = (tensor: Tensor): Buffer => {
    const known = buffers.get(tensor)
    if (known !== undefined) return known
    const made = buffer(hintOf(tensor.name), deviceDType(tensor.dtype), tensor.shape, 'storage')
    buffers.set(tensor, made)
    names.set(made, tensor.name)
    if (tensor.constant !== undefined) constants.set(made, tensor.constant)
    if (tensor.sizes !== undefined) fromSizes.push(ofSizes(made, tensor.sizes))
    return made
  }
  const inputs = graph.inputs.map((tensor) => ({ tensor, buffer: bufferOf(tensor) }))
  const nodes = new Map<Equation, GraphNode>()
  for (const node of graph.nodes) {
    const define = (): readonly Equation[] =>
      node.operation.define(node.inputs.map(bufferOf), node.outputs.map(bufferOf))
    for (const equation of atPlace(`node "${node.name}"`, define)) nodes.set(equation, node)
  }
  const taken = new Set<Buffer>(inputs.map((input) => input.buffer))
  const copies: Equation[] = []
  const outputs = graph.outputs.map(({ name, tensor }) => {
    const source = bufferOf(tensor)
    // A constant may be read by nothing but this output.
    if (!taken.has(source) && !constants.has(source)) {
      taken.add(source)
      return { name, tensor, buffer: source }
    }
    const copy = buffer(hintOf(name), source.dtype, source.shape, 'storage')
    names.set(copy, name)
    copies.push(compute(copy, (...axes) => load(source, axes)))
    return { name, tensor, buffer: copy }
  })
  const equalSizes = graph.nodes.flatMap(({ name, operation }) =>
    (operation.equalSizes ?? []).map((pair) => ({ ...pair, node: name })),
  )
  return {
    name: graph.name,
    inputs,
    outputs,
    constants,
    names,
    equations: [...fromSizes, ...nodes.keys(), ...copies],
    nodes,
    equalSizes,
  }
}

/** A value that follows from sizes, where the device reads it as data: an equation without inputs. */
function ofSizes(output: Buffer, sizes: readonly SizeExpr[]): Equation {
  return compute(output, (...axes) => {
    const at = flatten(axes, output.shape)
    return sizes.reduceRight<Expr>(
      (rest, size, i) =>
        i === sizes.length - 1 ? sizeValue(size) : select(binary('eq', at, int(i)), sizeValue(size), rest),
      int(0),
    )
  })
}

/** Characters of a hint. */
const hintLength = 24

/** A name from a model, fit for a hint: it never reaches source unescaped, and stays short. */
function hintOf(name: string): string {
  const words = name.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '')
  return cutMiddle(/^[A-Za-z]/.test(words) ? words : `t${words}`, hintLength)
}
