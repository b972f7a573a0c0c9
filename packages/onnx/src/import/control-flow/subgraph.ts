/** Graphs inside of nodes: they see the values around them. */
import type { Tensor } from '@tilewright/graph'
import { CompileError, type Gap, UnsupportedError } from '@tilewright/ir'
import { quote } from '../../format-errors.js'
import type { OnnxGraph, OnnxNode } from '../../model.js'
import { constantData } from '../constant-data.js'
import { elementReader } from '../host-values/known-tensor.js'
import type { Importer } from '../importer.js'
import { invalid, type Scope, scopeIn } from '../scope.js'

/** A node that holds graphs, and what it stands among. */
export interface StructuredNode {
  readonly node: OnnxNode
  readonly operands: readonly (Tensor | undefined)[]
  readonly scope: Scope
  readonly importer: Importer
  readonly where: string
}

/** The graph that an attribute holds. Throws `CompileError` `onnx/attribute`. */
export function subgraph({ node, where }: StructuredNode, name: string): OnnxGraph {
  const found = node.attributes.find((attribute) => attribute.name === name)
  if (found?.kind === 'graph') return found.value
  throw invalid('onnx/attribute', `${node.opType} lacks the graph ${quote(name)}`, where)
}

/**
 * The outputs of a graph for values of its inputs. Throws as the import of nodes, and `CompileError` `onnx/subgraph` where
 * the graph takes another number of inputs.
 */
export function importSubgraph(
  graph: OnnxGraph,
  inputs: readonly Tensor[],
  { scope, importer, where }: StructuredNode,
): readonly Tensor[] {
  const inside = scopeIn(scope)
  const place = `${where} › graph ${quote(graph.name)}`
  const weights = new Set(graph.initializers.map(({ name }) => name))
  const names = graph.inputs.flatMap(({ name }) => (weights.has(name) ? [] : [name]))
  if (names.length !== inputs.length) {
    throw invalid('onnx/subgraph', `the graph takes ${names.length} inputs, and is given ${inputs.length}`, place)
  }
  for (const tensor of graph.initializers) {
    const constant = constantData(tensor)
    const { dtype, shape } = constant
    inside.define(tensor.name, { kind: 'tensor', name: tensor.name, dtype, shape, constant }, place)
  }
  names.forEach((name, i) => {
    const tensor = inputs[i]
    if (tensor !== undefined) inside.define(name, tensor, place)
  })
  importer.nodes(graph.nodes, inside, importer, `${place} › `)
  return graph.outputs.map(({ name }) => inside.lookup(name, place))
}

/** The number or truth value of a tensor of one element, where it is known. Throws `CompileError` `graph/shape`. */
export function knownScalar(tensor: Tensor, what: string): number | undefined {
  if (tensor.shape.some((extent) => typeof extent === 'number' && extent !== 1)) {
    throw new CompileError({
      code: 'graph/shape',
      message: `${what} has ${tensor.shape.length} dimensions, not one element`,
    })
  }
  const element = elementReader(tensor)?.(0)
  return typeof element === 'object' || element === undefined ? undefined : Number(element)
}

/** An `UnsupportedError` `onnx/control-flow` for what only a run can decide. */
export function undecided({ where }: StructuredNode, what: string, help: string): UnsupportedError {
  const gaps: readonly Gap[] = [{ where, what }]
  return new UnsupportedError({ code: 'onnx/control-flow', message: `${what} is not supported`, where, help, gaps })
}
