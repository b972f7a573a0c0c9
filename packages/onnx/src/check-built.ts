/** What code gives a graph builder is checked where it is given: callers without types may pass anything. */
import { checkArgument, checkOptions, checkRecord, isPlain } from '@tilewright/ir'
import { attributeKinds } from './attribute-kind.js'
import { checkName } from './check-elements.js'
import { checkDataType, type OnnxDataType } from './data-type.js'
import { quote } from './format-errors.js'
import type { DimSpec, NodeOptions } from './graph-builder.js'
import type { OnnxGraph } from './model.js'

const code = 'onnx/argument'
const isText = (value: unknown): boolean => typeof value === 'string'

/** Throws `CompileError` `onnx/argument` for what is no name, element type or shape of an input or output. */
export function checkValue(what: string, name: string, dtype: OnnxDataType, shape?: readonly DimSpec[]): void {
  checkName(what, name)
  checkDataType(`${what} ${quote(name)}`, dtype)
  const isDim = (dim: unknown): boolean => dim === undefined || isText(dim) || Number.isInteger(dim)
  const rule = `the shape of ${what} ${quote(name)} is an array of sizes and names`
  // Not every, which passes over the holes of a list.
  const wrong = Array.isArray(shape) ? Array.from(shape).find((dim) => !isDim(dim)) : shape
  checkArgument(
    wrong === undefined,
    code,
    rule,
    wrong,
    "pass a number, a name or undefined for each dimension: ['batch', 4]",
  )
}

/** Throws `CompileError` `onnx/argument` for what is no operator, operands or options of a node. */
export function checkNode(opType: string, inputs: readonly string[], options: NodeOptions): void {
  checkArgument(
    isText(opType) && opType !== '',
    code,
    'an operator is a text',
    opType,
    "pass its name: node('Relu', [x])",
  )
  const isNames = (names: unknown): boolean => Array.isArray(names) && Array.from(names).every(isText)
  const help = `pass what made them: node(${quote(opType)}, [x, y])`
  checkArgument(isNames(inputs), code, `the inputs of ${quote(opType)} are an array of names`, inputs, help)
  const known = { attributes: true, outputs: true, name: true, domain: true } as const
  checkOptions<NodeOptions>(code, `node ${quote(opType)}`, options, known)
  const { attributes = {}, outputs = [], name = '', domain = '' } = options
  checkArgument(isNames(outputs), code, `the outputs of ${quote(opType)} are an array of names`, outputs, help)
  checkName(`node ${quote(opType)}`, name)
  checkName('a domain', domain)
  checkRecord(code, `attributes of ${quote(opType)}`, attributes)
  for (const [key, value] of Object.entries(attributes)) {
    const isValue = isPlain(value) && attributeKinds.some((kind) => kind === value.kind)
    const made = 'say its kind: attribute.int(1), attribute.floats([0.5])'
    checkArgument(isValue, code, `attribute ${quote(key)} of ${quote(opType)} is a value with a kind`, value, made)
  }
}

/** Throws `CompileError` `onnx/argument` for what is no graph: its builder, most likely. */
export function checkGraph(graph: OnnxGraph): void {
  const lists = [graph?.nodes, graph?.inputs, graph?.outputs, graph?.initializers, graph?.valueInfos]
  checkArgument(lists.every(Array.isArray), code, 'a graph is what a builder builds', graph, 'pass graph.build()')
}
