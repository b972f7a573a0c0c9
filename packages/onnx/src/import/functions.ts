/** Functions that a model defines: a node that names one stands for the nodes of its body. */
import { defined } from '@tilewright/ir'
import { quote } from '../format-errors.js'
import type { OnnxAttribute, OnnxFunction, OnnxGraph, OnnxModel, OnnxNode } from '../model.js'
import { invalid } from './scope.js'

/** The function that a node calls, or undefined where it names an operator. */
export type Functions = (node: OnnxNode) => OnnxFunction | undefined

/** The functions of a model. Throws `CompileError` `onnx/duplicate-function`, `onnx/recursive-function`. */
export function functionsOf({ functions }: OnnxModel): Functions {
  const table = new Map<string, OnnxFunction>()
  const keyOf = (domain: string, name: string): string => JSON.stringify([domain, name])
  for (const one of functions) {
    const key = keyOf(one.domain, one.name)
    if (table.has(key)) {
      throw invalid('onnx/duplicate-function', `function ${quote(one.name)} is defined twice`, 'model')
    }
    table.set(key, one)
  }
  const calledBy: Functions = (node) => table.get(keyOf(node.domain, node.opType))
  const done = new Set<OnnxFunction>()
  const visit = (one: OnnxFunction, callers: ReadonlySet<OnnxFunction>): void => {
    if (callers.has(one)) {
      throw invalid('onnx/recursive-function', `function ${quote(one.name)} calls itself`, 'model')
    }
    if (done.has(one)) return
    for (const node of allNodes(one.nodes)) {
      const callee = calledBy(node)
      if (callee !== undefined) visit(callee, new Set([...callers, one]))
    }
    done.add(one)
  }
  for (const one of functions) visit(one, new Set())
  return calledBy
}

/** The subgraphs that a node holds, by attribute. */
export function subgraphsOf(node: OnnxNode): readonly (readonly [string, OnnxGraph])[] {
  return node.attributes.flatMap((attribute) => {
    if (attribute.kind === 'graph') return [[attribute.name, attribute.value] as const]
    if (attribute.kind === 'graphs') return attribute.value.map((graph) => [attribute.name, graph] as const)
    return []
  })
}

/** The values that a node reads: its inputs, and what its subgraphs see of the values around it. */
export function namesRead(node: OnnxNode): readonly string[] {
  const outer = subgraphsOf(node).flatMap(([, { inputs, initializers, nodes, outputs }]) => {
    const own = new Set(
      [...inputs, ...initializers].map(({ name }) => name).concat(nodes.flatMap((one) => one.outputs)),
    )
    return [...nodes.flatMap(namesRead), ...outputs.map(({ name }) => name)].filter((name) => !own.has(name))
  })
  return [...node.inputs, ...outer]
}

/** Nodes, and those of their subgraphs. */
export function allNodes(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  return nodes.flatMap((node) => [node, ...subgraphsOf(node).flatMap(([, graph]) => allNodes(graph.nodes))])
}

/**
 * The body of `callee` for a call: attributes that it references have the values of the call, or their defaults, or are
 * left out; so are inputs that the call leaves out. Values keep the names that the function gives them.
 */
export function bodyOf(callee: OnnxFunction, call: OnnxNode): readonly OnnxNode[] {
  const given = new Map([...callee.attributeDefaults, ...call.attributes].map((one) => [one.name, one]))
  const missing = new Set(callee.inputs.filter((_, i) => (call.inputs[i] ?? '') === ''))
  const ofNode = (node: OnnxNode): OnnxNode => ({
    ...node,
    inputs: node.inputs.map((name) => (missing.has(name) ? '' : name)),
    attributes: node.attributes.flatMap(ofAttribute),
  })
  const ofGraph = (graph: OnnxGraph): OnnxGraph => ({ ...graph, nodes: graph.nodes.map(ofNode) })
  const ofAttribute = (attribute: OnnxAttribute): readonly OnnxAttribute[] => {
    switch (attribute.kind) {
      case 'reference':
        return given.has(attribute.value)
          ? [{ ...defined(given.get(attribute.value), 'an attribute of the call'), name: attribute.name }]
          : []
      case 'graph':
        return [{ ...attribute, value: ofGraph(attribute.value) }]
      case 'graphs':
        return [{ ...attribute, value: attribute.value.map(ofGraph) }]
      default:
        return [attribute]
    }
  }
  return callee.nodes.map(ofNode)
}
