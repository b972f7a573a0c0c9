/** Graph pass: drops nodes that no result depends on. Same object when there are none. */
import type { Graph } from '../graph.js'
import type { Tensor } from '../tensor.js'

export function eliminateDeadNodes(graph: Graph): Graph {
  const live = new Set<Tensor>(graph.outputs.map((output) => output.tensor))
  const nodes = graph.nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((output) => live.has(output))) return false
      for (const input of node.inputs) live.add(input)
      return true
    })
    .toReversed()
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes }
}
