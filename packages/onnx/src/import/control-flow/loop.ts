/**
 * Loop (ONNX), unrolled: how often it runs must be known when compiling, from its trip count or because each step's
 * condition is known. A step that is like others is compiled once.
 */
import { concatOp, type Tensor, unsqueezeOp } from '@tilewright/graph'
import { defined, type UnsupportedError } from '@tilewright/ir'
import type { OnnxGraph } from '../../model.js'
import { isGraphDType } from '../constant-data.js'
import { knownTensor } from '../host-values/known-tensor.js'
import { invalid } from '../scope.js'
import { importSubgraph, knownScalar, type StructuredNode, subgraph, undecided } from './subgraph.js'

/** Steps of one loop. */
const mostSteps = 1024

const help = 'pass what decides it as a host value, or export the model with the loop unrolled'

/** Throws `UnsupportedError` `onnx/control-flow` where only a run knows when it ends, or after more than 1024 steps. */
export function importLoop(structured: StructuredNode): readonly Tensor[] {
  const { operands, where } = structured
  const [count, start] = operands
  const body = subgraph(structured, 'body')
  const trips = count === undefined ? Number.POSITIVE_INFINITY : knownScalar(count, 'the trip count')
  if (trips === undefined) throw undecided(structured, 'a Loop whose trip count is not known when compiling', help)
  const carriedIn = operands.slice(2).map((tensor, i) => {
    if (tensor === undefined) throw invalid('onnx/missing-input', `Loop lacks input ${i + 2}`, where)
    return tensor
  })
  const goesOn = (condition: Tensor): boolean => {
    const known = knownScalar(condition, 'the condition of Loop')
    if (known === undefined) throw undecided(structured, 'a Loop that ends by a condition only a run knows', help)
    return known !== 0
  }

  const tooLong = (): UnsupportedError =>
    undecided(structured, `a Loop of more than ${mostSteps} steps`, 'export the model with fewer steps')
  if (start === undefined && trips > mostSteps) throw tooLong()
  let carried: readonly Tensor[] = carriedIn
  const collected: (readonly Tensor[])[] = []
  // Without a condition that it starts with, a loop does not look at those that its steps give.
  let isRunning = start === undefined || trips === 0 || goesOn(start)
  for (let step = 0; step < trips && isRunning; step++) {
    if (step === mostSteps) throw tooLong()
    structured.importer.count(where)
    const inputs = [scalar('i64', BigInt(step)), scalar('bool', true), ...carried]
    const [condition, ...results] = importSubgraph(body, inputs, structured)
    if (condition === undefined || results.length < carried.length) {
      throw invalid('onnx/subgraph', 'the body of Loop gives fewer values than the loop carries', where)
    }
    carried = results.slice(0, carriedIn.length)
    collected.push(results.slice(carriedIn.length))
    if (start !== undefined && step + 1 < trips) isRunning = goesOn(condition)
  }
  const scans = body.outputs.slice(1 + carriedIn.length)
  return [...carried, ...scans.map((_, i) => stacked(collected, i, body, structured))]
}

/** The values of one output of the body, one step after the other along a new first dimension. */
function stacked(
  collected: readonly (readonly Tensor[])[],
  position: number,
  body: OnnxGraph,
  structured: StructuredNode,
): Tensor {
  const { node, operands, importer } = structured
  const name = node.name === '' ? 'Loop' : node.name
  const carries = Math.max(0, operands.length - 2)
  const result = node.outputs[carries + position] ?? name
  if (collected.length === 0) return emptyOf(body, 1 + carries + position, result, structured)
  const one = (tensors: readonly Tensor[]): Tensor => defined(tensors[0], 'one output')
  const rows = collected.map((values, step) => {
    const value = defined(values[position], 'a value a step')
    const names = { node: `${name}_${position}_${step}`, outputs: [`${result}_${step}`] }
    return one(importer.apply(unsqueezeOp(value, { axes: [0] }), [value], names))
  })
  return one(importer.apply(concatOp(rows, { axis: 0 }), rows, { node: name, outputs: [result] }))
}

/** What is collected in no step, by the type that the body declares. */
function emptyOf(body: OnnxGraph, output: number, name: string, structured: StructuredNode): Tensor {
  const type = body.outputs[output]?.type
  if (type?.kind === 'tensor' && type.shape !== 'unknown' && isGraphDType(type.dtype)) {
    const shape = type.shape.flatMap((extent) => (typeof extent === 'number' ? [extent] : []))
    const empty = knownTensor(name, type.dtype, [0, ...shape], [])
    if (empty !== undefined && shape.length === type.shape.length) return empty
  }
  throw undecided(structured, 'a Loop of no steps whose body does not declare the shapes it collects', help)
}

const scalar = (dtype: 'i64' | 'bool', value: bigint | boolean): Tensor =>
  defined(knownTensor('', dtype, [], [value]), 'one exact element')
