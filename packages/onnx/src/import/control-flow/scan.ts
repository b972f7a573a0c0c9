/**
 * Scan (ONNX), unrolled: its sequences must have a length that is known when compiling. Before operator set 9 all values
 * have a batch dimension in front, and each entry of the batch is scanned on its own.
 */
import { sliceOp, squeezeOp, type Tensor } from '@tilewright/graph'
import { defined } from '@tilewright/ir'
import { nodeContext } from '../node-context.js'
import { invalid } from '../scope.js'
import { mostSteps } from './loop.js'
import { stacked } from './stack.js'
import { importSubgraph, type StructuredNode, subgraph, undecided } from './subgraph.js'

/** A dimension that is taken step by step, backwards or not. */
interface Along {
  readonly axis: number
  readonly isReversed: boolean
}

interface Scanned {
  readonly states: readonly Tensor[]
  readonly sequences: readonly Tensor[]
  readonly along: readonly Along[]
  /** By the position of the sequence that is collected. */
  readonly into: (output: number) => Along
  readonly name: string
  /** Names of its results, where they are those of the node. */
  readonly outputs: readonly string[]
}

/**
 * Throws `UnsupportedError` `onnx/control-flow` for sequences whose length only a run knows or of more than 1024 steps, and
 * for lengths by entry of the batch; `CompileError` `onnx/attribute`, `onnx/missing-input`, `onnx/subgraph`.
 */
export function importScan(structured: StructuredNode): readonly Tensor[] {
  const { node, operands, importer, where } = structured
  const context = nodeContext(node, importer.opset, where, operands)
  const isBatched = importer.opset < 9
  if (isBatched && operands[0] !== undefined) {
    throw undecided(structured, 'a Scan of sequences of several lengths', 'export the model without sequence_lens')
  }
  const given = operands.slice(isBatched ? 1 : 0).map((tensor, i) => {
    if (tensor === undefined) throw invalid('onnx/missing-input', `Scan lacks input ${i + (isBatched ? 1 : 0)}`, where)
    return tensor
  })
  const sequences = context.int('num_scan_inputs', 0)
  if (sequences < 1 || sequences > given.length) {
    throw invalid('onnx/attribute', `Scan of ${sequences} sequences has ${given.length} inputs`, where)
  }
  const states = given.length - sequences
  const alongs = (axes: string, directions: string, count: number): readonly Along[] => {
    const [places, ways] = [context.ints(axes), context.ints(directions)]
    for (const list of [places, ways]) {
      if (list === undefined || list.length === count) continue
      throw invalid('onnx/attribute', `Scan has ${list.length} axes or directions for ${count} sequences`, where)
    }
    return Array.from({ length: count }, (_, i) => ({ axis: places?.[i] ?? 0, isReversed: ways?.[i] === 1 }))
  }
  const along = alongs('scan_input_axes', isBatched ? 'directions' : 'scan_input_directions', sequences)
  const body = subgraph(structured, 'body')
  const collected = Math.max(0, body.outputs.length - states)
  const results = alongs('scan_output_axes', 'scan_output_directions', collected)
  const scanned = { along, into: (output: number) => defined(results[output], 'one entry a result') }
  const name = node.name === '' ? 'Scan' : node.name
  if (!isBatched) {
    return scan(
      { ...scanned, states: given.slice(0, states), sequences: given.slice(states), name, outputs: node.outputs },
      structured,
    )
  }
  const batch = extentOf(given, given.map(firstDimension), 'batch', structured)
  if (batch === 0)
    throw undecided(structured, 'a Scan of an empty batch', 'export the model for operator set 9 or later')
  const entries = Array.from({ length: batch }, (_, entry) => {
    const own = given.map((tensor, i) => elementOf(tensor, 0, entry, `${name}_${entry}_${i}`, structured))
    const parts = { states: own.slice(0, states), sequences: own.slice(states), name: `${name}_${entry}`, outputs: [] }
    return scan({ ...scanned, ...parts }, structured)
  })
  return body.outputs.map((_, output) => {
    const values = entries.map((entry) => defined(entry[output], 'an entry has all results'))
    const names = { node: `${name}_batch_${output}`, output: node.outputs[output] ?? name }
    return stacked(values, { axis: 0, names, from: { body, output } }, structured)
  })
}

const firstDimension = (): Along => ({ axis: 0, isReversed: false })

/** The final states, then what is collected, without a batch. */
function scan(
  { states, sequences, along, into, name, outputs }: Scanned,
  structured: StructuredNode,
): readonly Tensor[] {
  const { importer, where } = structured
  const body = subgraph(structured, 'body')
  const length = extentOf(sequences, along, 'sequence', structured)
  if (length > mostSteps) {
    throw undecided(structured, `a Scan of more than ${mostSteps} steps`, 'export the model with fewer steps')
  }
  let carried = states
  const collected: (readonly Tensor[])[] = []
  for (let step = 0; step < length; step++) {
    importer.count(where)
    const elements = sequences.map((tensor, i) => {
      const { axis, isReversed } = defined(along[i], 'one entry a sequence')
      const position = isReversed ? length - 1 - step : step
      return elementOf(tensor, axis, position, `${name}_${step}_${i}`, structured)
    })
    const results = importSubgraph(body, [...carried, ...elements], structured)
    if (results.length < states.length) {
      throw invalid('onnx/subgraph', 'the body of Scan gives fewer values than it has states', where)
    }
    carried = results.slice(0, states.length)
    collected.push(results.slice(states.length))
  }
  const results = body.outputs.slice(states.length).map((_, i) => {
    const { axis, isReversed } = into(i)
    const values = collected.map((step) => defined(step[i], 'a value a step'))
    const names = { node: `${name}_${i}`, output: outputs[states.length + i] ?? `${name}_${i}` }
    const from = { body, output: states.length + i }
    return stacked(isReversed ? values.toReversed() : values, { axis, names, from }, structured)
  })
  return [...carried, ...results]
}

/** The one extent that tensors have in these dimensions. */
function extentOf(
  tensors: readonly Tensor[],
  along: readonly Along[],
  what: string,
  structured: StructuredNode,
): number {
  const extents = tensors.map(({ shape }, i) => shape.at(along[i]?.axis ?? 0))
  const [extent] = extents
  if (extents.some((other) => other !== undefined && typeof other !== 'number')) {
    const help = 'fix the size that it is (--fix NAME=VALUE), or export the model with a fixed one'
    throw undecided(structured, `a Scan whose ${what} is of a size that only a run knows`, help)
  }
  if (typeof extent === 'number' && extents.every((other) => other === extent)) return extent
  throw invalid('onnx/subgraph', `Scan has no one extent of the ${what}: ${extents.join(', ')}`, structured.where)
}

/** A tensor at one position of a dimension, without that dimension. */
function elementOf(tensor: Tensor, axis: number, position: number, name: string, { importer }: StructuredNode): Tensor {
  const one = (tensors: readonly Tensor[]): Tensor => defined(tensors[0], 'one output')
  const bounds = { starts: [position], ends: [position + 1], axes: [axis], steps: [1] }
  const slice = one(
    importer.apply(sliceOp(tensor, bounds), [tensor], { node: `${name}_slice`, outputs: [`${name}_slice`] }),
  )
  return one(importer.apply(squeezeOp(slice, { axes: [axis] }), [slice], { node: name, outputs: [name] }))
}
