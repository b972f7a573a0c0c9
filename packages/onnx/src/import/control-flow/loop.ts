/**
 * Loop (ONNX), unrolled: how often it runs must be known when compiling, from its trip count or because each step's
 * condition is known. A step that is like others is compiled once.
 */
import type { Tensor } from '@tilewright/graph'
import { defined, type UnsupportedError } from '@tilewright/ir'
import { knownTensor } from '../host-values/known-tensor.js'
import { invalid } from '../scope.js'
import { stacked } from './stack.js'
import { importSubgraph, knownScalar, type StructuredNode, subgraph, undecided } from './subgraph.js'

/** Steps of one loop. */
export const mostSteps = 1024

const help = 'pass what decides it as a host value, or export the model with the loop unrolled'

/** Throws `UnsupportedError` `onnx/control-flow` where only a run knows when it ends, or after more than 1024 steps. */
export function importLoop(structured: StructuredNode): readonly Tensor[] {
  const { node, operands, where } = structured
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
  const name = node.name === '' ? 'Loop' : node.name
  return [
    ...carried,
    ...scans.map((_, i) => {
      const values = collected.map((step) => defined(step[i], 'a value a step'))
      const names = { node: `${name}_${i}`, output: node.outputs[carriedIn.length + i] ?? name }
      return stacked(values, { axis: 0, names, from: { body, output: 1 + carriedIn.length + i } }, structured)
    }),
  ]
}

const scalar = (dtype: 'i64' | 'bool', value: bigint | boolean): Tensor =>
  defined(knownTensor('', dtype, [], [value]), 'one exact element')
