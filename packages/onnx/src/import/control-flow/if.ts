/**
 * If (ONNX). A condition that is known when compiling takes its branch, and the other one is not looked into. Otherwise
 * both are computed, as nothing in them has side effects, and each result is chosen by the condition.
 */
import { reshapeOp, type Tensor, whereOp } from '@tilewright/graph'
import { defined, shapeEquals } from '@tilewright/ir'
import { invalid } from '../scope.js'
import { importSubgraph, knownScalar, type StructuredNode, subgraph, undecided } from './subgraph.js'

/** Throws `UnsupportedError` `onnx/control-flow` where only a run knows the condition and the branches differ in type. */
export function importIf(structured: StructuredNode): readonly Tensor[] {
  const { node, operands, importer, where } = structured
  const [condition] = operands
  if (condition === undefined) throw invalid('onnx/missing-input', 'If lacks its condition', where)
  const [whole, other] = [subgraph(structured, 'then_branch'), subgraph(structured, 'else_branch')]
  const known = knownScalar(condition, 'the condition')
  if (known !== undefined) return importSubgraph(known !== 0 ? whole : other, [], structured)

  const [taken, rest] = [importSubgraph(whole, [], structured), importSubgraph(other, [], structured)]
  if (taken.length !== rest.length) {
    throw invalid('onnx/subgraph', `the branches give ${taken.length} and ${rest.length} values`, where)
  }
  const name = node.name === '' ? 'If' : node.name
  const only = (tensors: readonly Tensor[]): Tensor => defined(tensors[0], 'one output')
  const scalar =
    condition.shape.length === 0
      ? condition
      : only(
          importer.apply(reshapeOp(condition, { shape: [], allowZero: false }), [condition], {
            node: `${name}_condition`,
            outputs: [`${name}_condition`],
          }),
        )
  return taken.map((yes, i) => {
    const no = defined(rest[i], 'as many values')
    if (yes === no) return yes
    if (yes.dtype !== no.dtype || !shapeEquals(yes.shape, no.shape)) {
      throw undecided(
        structured,
        'an If whose branches give values of different types, by a condition that is not known when compiling',
        'pass what decides the condition as a host value, or fix the sizes that it follows from',
      )
    }
    const operation = whereOp(scalar, yes, no)
    return only(importer.apply(operation, [scalar, yes, no], { node: name, outputs: [node.outputs[i] ?? name] }))
  })
}
