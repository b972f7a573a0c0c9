/** Holds a node to the schema of its operator: what is missing would be guessed, and what no import function asks for dropped. */
import { CompileError } from '@tilewright/ir'
import { quote } from '../format-errors.js'
import type { OnnxNode } from '../model.js'
import { schemas } from './operators/schemas.js'

/**
 * Throws `CompileError` for a node that the operator set `opset` has no such form of: `onnx/attribute` for attributes that are
 * unknown or missing, `onnx/inputs` and `onnx/outputs` for too few or too many. An operator that is younger than the model has
 * its first form.
 */
export function checkSchema(node: OnnxNode, opset: number, where: string): void {
  const forms = schemas[node.opType] ?? []
  const form = forms.findLast(({ since }) => since <= opset) ?? forms[0]
  if (form === undefined) return
  const operator = `${node.opType} of operator set ${opset}`
  const correct = 'correct the node, or the operator set that the model imports'
  const refuse = (code: string, message: string, help = correct): CompileError =>
    new CompileError({ code, message: `${operator} ${message}`, where, help })

  const given = node.attributes.map(({ name }) => name)
  const unknown = given.find((name) => !form.attributes.includes(name))
  if (unknown !== undefined) {
    const known = `it has ${form.attributes.join(', ') || 'none'}`
    throw refuse('onnx/attribute', `has no attribute ${quote(unknown)}`, `${known}: ${correct}`)
  }
  const missing = form.required.find((name) => !given.includes(name))
  if (missing !== undefined) throw refuse('onnx/attribute', `must have the attribute ${quote(missing)}`)

  const [least, most] = form.inputs
  const inputs = countOf(node.inputs)
  if (inputs < least) throw refuse('onnx/inputs', `takes at least ${many(least, 'input')}, and the node has ${inputs}`)
  if (inputs > most) throw refuse('onnx/inputs', `takes at most ${many(most, 'input')}, and the node has ${inputs}`)
  const outputs = countOf(node.outputs)
  if (outputs > form.outputs) {
    throw refuse('onnx/outputs', `has at most ${many(form.outputs, 'output')}, and the node has ${outputs}`)
  }
}

/** Those that are left out have empty names. */
const countOf = (names: readonly string[]): number => names.findLastIndex((name) => name !== '') + 1

const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
