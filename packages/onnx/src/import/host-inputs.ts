/** Which inputs of a model must be known for it to be compiled. */
import { checkModel } from '../check-model.js'
import type { OnnxFunction, OnnxModel, OnnxNode } from '../model.js'
import { controlFlow } from './control-flow/index.js'
import { allNodes, type Functions, functionsOf, subgraphsOf } from './functions.js'
import { operatorOf } from './operators/index.js'

/** Elements of an input that conditions and trip counts are followed back to: flags and counts, no data. */
const mostElements = 8

/**
 * Names of the graph inputs that some node reads as a host value, or from which one is computed, so that a model compiles
 * only when they are given; and of the integers and flags that alone decide which branch of an If is taken, or how often a Loop runs.
 * Throws `CompileError` `onnx/model` for what is no decoded model.
 */
export function hostInputs(model: OnnxModel): readonly string[] {
  checkModel(model)
  const { graph } = model
  const functions = functionsOf(model)
  const inputs = new Set(graph.inputs.map((input) => input.name))
  for (const { name } of graph.initializers) inputs.delete(name)
  const small = new Set(
    graph.inputs.flatMap(({ name, type }) => {
      if (type.kind !== 'tensor' || type.shape === 'unknown' || !['i64', 'i32', 'bool'].includes(type.dtype)) return []
      const count = type.shape.reduce<number>(
        (product, dim) => product * (typeof dim === 'number' ? dim : mostElements + 1),
        1,
      )
      return count <= mostElements && inputs.has(name) ? [name] : []
    }),
  )
  const makers = new Map(allNodes(graph.nodes).flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  const deciding = allNodes(graph.nodes).flatMap((node) => {
    const followed = node.domain === '' ? decidedBy(node) : []
    const sources = followed.flatMap((name) => sourcesOf(name, makers, inputs))
    return sources.every((name) => small.has(name)) ? sources : []
  })
  const direct = readAsHost(graph.nodes, functions, new Map()).flatMap((name) => sourcesOf(name, makers, inputs))
  const wanted = new Set([...direct, ...deciding])
  return [...inputs].filter((name) => wanted.has(name))
}

/** The values that decide what becomes of a node that holds graphs. */
function decidedBy({ opType, inputs }: OnnxNode): readonly string[] {
  const positions = opType === 'If' ? [0] : opType === 'Loop' ? [0, 1] : []
  return positions.flatMap((position) => inputs[position] || [])
}

/** The graph inputs that a value follows from. What follows from a shape does not follow from elements. */
function sourcesOf(
  name: string,
  makers: ReadonlyMap<string, OnnxNode>,
  inputs: ReadonlySet<string>,
): readonly string[] {
  const seen = new Set<string>()
  const found: string[] = []
  const pending = [name]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    if (inputs.has(next)) found.push(next)
    const maker = makers.get(next)
    if (maker === undefined || operatorOf(maker.opType, maker.domain)?.ofShape === true) continue
    pending.push(
      ...maker.inputs,
      ...subgraphsOf(maker).flatMap(([, graph]) => graph.outputs.map((output) => output.name)),
    )
  }
  return found
}

/** Names that nodes read as host values, themselves or in what they hold or call. */
function readAsHost(
  nodes: readonly OnnxNode[],
  functions: Functions,
  known: Map<OnnxFunction, ReadonlySet<string>>,
): readonly string[] {
  return nodes.flatMap((node) => {
    const callee = functions(node)
    if (callee !== undefined) {
      const inside = known.get(callee) ?? new Set(readAsHost(callee.nodes, functions, known))
      known.set(callee, inside)
      return callee.inputs.flatMap((name, i) => (inside.has(name) ? (node.inputs[i] ?? []) : []))
    }
    const positions = operatorOf(node.opType, node.domain)?.hostInputs ?? []
    const own = positions.flatMap((position) => node.inputs[position] ?? [])
    if (node.domain !== '' || !controlFlow.has(node.opType)) return own
    return subgraphsOf(node).flatMap(([, graph]) => {
      const inside = new Set(readAsHost(graph.nodes, functions, known))
      // The inputs of a body are its step and its condition, and then those of the loop.
      const formal = graph.inputs.flatMap(({ name }, i) => (inside.has(name) ? (node.inputs[i] ?? []) : []))
      return [...inside, ...formal]
    })
  })
}
