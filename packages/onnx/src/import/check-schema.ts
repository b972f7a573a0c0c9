/** Holds a node to the schema of its operator: what no import function asks for would be dropped without a word. */
import { CompileError } from '@tilewright/ir'
import { quote } from '../format-errors.js'
import type { OnnxNode } from '../model.js'
import { schemas } from './operators/schemas.js'

/**
 * Throws `CompileError` `onnx/attribute` for an attribute and `onnx/surplus-input` for an input that the operator does not have in
 * operator set `opset`. An operator that is younger than the model has its first form.
 */
export function checkSchema({ opType, inputs, attributes }: OnnxNode, opset: number, where: string): void {
  const forms = schemas[opType] ?? []
  const form = forms.findLast(({ since }) => since <= opset) ?? forms[0]
  if (form === undefined) return
  const operator = `${opType} of operator set ${opset}`
  const unknown = attributes.find(({ name }) => !form.attributes.includes(name))
  if (unknown !== undefined) {
    throw new CompileError({
      code: 'onnx/attribute',
      message: `${operator} has no attribute ${quote(unknown.name)}`,
      where,
      help: `it has ${form.attributes.join(', ') || 'none'}: correct the node, or the operator set that the model imports`,
    })
  }
  // Inputs that are left out have empty names.
  const given = inputs.findLastIndex((name) => name !== '') + 1
  if (given > form.inputs) {
    throw new CompileError({
      code: 'onnx/surplus-input',
      message: `${operator} takes ${form.inputs} ${form.inputs === 1 ? 'input' : 'inputs'}, and the node has ${given}`,
      where,
      help: 'correct the node, or the operator set that the model imports',
    })
  }
}
