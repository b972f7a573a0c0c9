/**
 * Folds a scale and shift of each channel into the weights and the bias of what computes the channels.
 *
 *     y = conv(x, w) · factor + offset
 *  => y = conv(x, w · factor) + offset
 *
 * Only where all parameters are constants or made of constants: the new weights are then computed once, not in each run. The
 * result differs by rounding.
 */
import { add, type Buffer, buffer, compute, defined, load, mul } from '@tilewright/ir'
import type { ChannelwiseOperator, Graph, GraphNode, Operation, WeightedOperator } from '../graph.js'
import type { Tensor } from '../tensor.js'

/** The graph with batch normalisations folded; the same graph where there is none to fold. */
export function foldBatchNorm(graph: Graph): Graph {
  const readers = new Map<Tensor, number>()
  const count = (tensor: Tensor): void => {
    readers.set(tensor, (readers.get(tensor) ?? 0) + 1)
  }
  for (const node of graph.nodes) node.inputs.forEach(count)
  for (const { tensor } of graph.outputs) count(tensor)

  const fixed = new Set<Tensor>()
  const isFixed = (tensor: Tensor): boolean => tensor.constant !== undefined || fixed.has(tensor)
  for (const { inputs, outputs } of graph.nodes) {
    const isStatic = outputs.every(({ shape }) => shape.every((extent) => typeof extent === 'number'))
    if (isStatic && inputs.every(isFixed)) for (const output of outputs) fixed.add(output)
  }

  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)))
  const folded = new Map<GraphNode, GraphNode>()
  const gone = new Set<GraphNode>()
  for (const node of graph.nodes) {
    const { channelwise } = node.operation
    const [x] = node.inputs
    const before = x === undefined ? undefined : makers.get(x)
    if (channelwise === undefined || x === undefined || before?.operation.weighted === undefined) continue
    const parameters = [...before.inputs.slice(1), ...node.inputs.slice(1)]
    if (readers.get(x) !== 1 || !parameters.every(isFixed)) continue
    gone.add(before)
    folded.set(node, merge(before, before.operation.weighted, node, channelwise))
  }
  if (folded.size === 0) return graph
  return { ...graph, nodes: graph.nodes.flatMap((node) => (gone.has(node) ? [] : [folded.get(node) ?? node])) }
}

/** One node for both. Its inputs are those of the first, then the parameters of the second. */
function merge(
  first: GraphNode,
  weighted: WeightedOperator,
  second: GraphNode,
  channelwise: ChannelwiseOperator,
): GraphNode {
  const operation: Operation = {
    name: `${first.operation.name} + ${second.operation.name}`,
    outputs: second.operation.outputs,
    define: (inputs, outputs) => {
      const [x, weights, ...rest] = inputs
      const [input, filter] = [defined(x, 'x'), defined(weights, 'weights')]
      const bias = rest.slice(0, first.inputs.length - 2)[0]
      const channels = defined(filter.shape[weighted.features], 'features')
      const perChannel = (hint: string): Buffer => buffer(hint, 'f32', [channels], 'storage')
      const [factor, offset] = [perChannel('factor'), perChannel('offset')]
      const scaled = buffer('weights', filter.dtype, filter.shape, 'storage')
      const shifted = bias === undefined ? offset : perChannel('bias')
      return [
        ...channelwise.define(rest.slice(first.inputs.length - 2), factor, offset),
        compute(scaled, (...axes) =>
          mul(load(filter, axes), load(factor, [defined(axes[weighted.features], 'a feature')])),
        ),
        ...(bias === undefined
          ? []
          : [
              compute(shifted, (c) =>
                add(
                  mul(load(bias, [defined(c, 'c')]), load(factor, [defined(c, 'c')])),
                  load(offset, [defined(c, 'c')]),
                ),
              ),
            ]),
        ...weighted.withBias().define([input, scaled, shifted], outputs),
      ]
    },
  }
  return { name: first.name, operation, inputs: [...first.inputs, ...second.inputs.slice(1)], outputs: second.outputs }
}
