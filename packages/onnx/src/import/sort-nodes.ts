/** The nodes of a graph in an order in which every value is made before it is used. Files need not have it. */
import { CompileError } from '@tilewright/ir'
import { quote } from '../format-errors.js'
import type { OnnxNode } from '../model.js'
import { namesRead } from './functions.js'
import { nodePlace } from './node-place.js'

export interface PlacedNode {
  readonly node: OnnxNode
  /** The place in the file, for errors. */
  readonly where: string
}

/**
 * Sorts nodes; those of a sorted file stay as they are. `given` are the values that no node makes, `around` is the place of
 * the nodes. Throws `CompileError`
 * `onnx/undefined-value` for a value that nothing makes, `onnx/duplicate-value` for one that is made twice (the last of several constants
 * is taken), and `onnx/cycle`.
 */
export function sortNodes(nodes: readonly OnnxNode[], given: ReadonlySet<string>, around = ''): readonly PlacedNode[] {
  // Which of two nodes is meant cannot be told, least of all without an order.
  const made = new Set(given)
  const places = withoutReplaced(
    nodes.map((node, i): PlacedNode => ({ node, where: `${around}${nodePlace(node.name, i)}` })),
  )
  for (const placed of places) {
    for (const name of placed.node.outputs) {
      if (name === '') continue
      if (made.has(name)) throw invalid('onnx/duplicate-value', `value ${quote(name)} is made twice`, placed)
      made.add(name)
    }
  }
  const known = new Set([...given, ''])
  const sorted: PlacedNode[] = []
  /** Nodes by the first value that they lack. */
  const waiting = new Map<string, PlacedNode[]>()
  const take = (first: PlacedNode): void => {
    // A list of what to do, not calls: a chain may have any length.
    const ready = [first]
    for (let placed = ready.pop(); placed !== undefined; placed = ready.pop()) {
      const missing = namesRead(placed.node).find((name) => !known.has(name))
      if (missing !== undefined) {
        const others = waiting.get(missing)
        if (others === undefined) waiting.set(missing, [placed])
        else others.push(placed)
        continue
      }
      sorted.push(placed)
      const woken = placed.node.outputs.flatMap((name) => {
        known.add(name)
        const found = waiting.get(name) ?? []
        waiting.delete(name)
        return found
      })
      for (const one of woken.toReversed()) ready.push(one)
    }
  }
  for (const placed of places) take(placed)
  if (waiting.size > 0) throw whyWaiting(waiting)
  return sorted
}

/**
 * Without constants that a later one of the same name replaces. ONNX forbids them; exporters write them nonetheless, and
 * onnxruntime takes the last one for all readers.
 */
function withoutReplaced(places: readonly PlacedNode[]): readonly PlacedNode[] {
  const constants = places.filter(({ node }) => node.opType === 'Constant')
  const last = new Map(constants.map((placed) => [placed.node.outputs[0], placed]))
  return places.filter((placed) => {
    const { opType, outputs } = placed.node
    return opType !== 'Constant' || last.get(outputs[0]) === placed
  })
}

/** Walks from one waiting node to what makes the value that it lacks, until there is no such node or a value again. */
function whyWaiting(waiting: ReadonlyMap<string, readonly PlacedNode[]>): CompileError {
  const lacks = new Map<PlacedNode, string>()
  const makers = new Map<string, PlacedNode>()
  for (const [missing, nodes] of waiting) {
    for (const placed of nodes) {
      lacks.set(placed, missing)
      for (const name of placed.node.outputs) makers.set(name, placed)
    }
  }
  const path: string[] = []
  const seen = new Set<string>()
  const [start] = lacks
  let [placed, missing] = start ?? []
  while (placed !== undefined && missing !== undefined && !seen.has(missing)) {
    path.push(missing)
    seen.add(missing)
    const maker = makers.get(missing)
    if (maker === undefined) return invalid('onnx/undefined-value', `nothing makes value ${quote(missing)}`, placed)
    placed = maker
    missing = lacks.get(maker)
  }
  const cycle = path.slice(path.indexOf(missing ?? '')).toReversed()
  const shown = cycle.slice(0, mostShown).map(quote).join(', ')
  const rest = cycle.length > mostShown ? ` and ${cycle.length - mostShown} more` : ''
  return invalid('onnx/cycle', `values are made from themselves: ${shown}${rest}`, placed)
}

/** Values of a cycle that a message names before it counts the rest. */
const mostShown = 5

function invalid(code: string, message: string, placed: PlacedNode | undefined): CompileError {
  return new CompileError({
    code,
    message,
    where: placed?.where,
    help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
  })
}
