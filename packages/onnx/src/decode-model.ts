/**
 * ModelProto to `OnnxModel`: takes the encoding off and checks what can be checked of a field alone; see `model.ts` for what
 * then holds. The graph itself (names, order, operators) is not looked at.
 *
 * Everything read is untrusted. Invariant: the result is a model, a `CompileError` or an `UnsupportedError`, never another
 * error and never a crash: subgraphs nest at most 32 deep, and nothing is allocated by a size that the bytes only claim.
 */
import { TilewrightError } from '@tilewright/ir'
import { attributeKindOf, attributeKinds, type OnnxAttributeKind } from './attribute-kind.js'
import { checkBytes } from './check-model.js'
import { readTensor } from './decode-tensor.js'
import { decodeValueInfo } from './decode-value-info.js'
import { orForeign } from './foreign-file.js'
import { formatGap, malformed, quote } from './format-errors.js'
import { type Message, readMessage } from './message.js'
import type {
  OnnxAttribute,
  OnnxAttributeValue,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxOpset,
} from './model.js'
import { attributeProto, functionProto, graphProto, modelProto, nodeProto, opsetProto } from './protos.js'

const maxDepth = 32

/**
 * Decodes the bytes of a .onnx file. Tensors stay views into `bytes`, which must not change while the model is in use.
 * Throws `CompileError` for anything malformed, `onnx/not-a-model` for files that are known to be something else, and
 * `UnsupportedError` for parts of the format that are not read: segments, sparse initializers, attributes that hold types or
 * sparse tensors, overloaded functions.
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  checkBytes('a model', bytes)
  // A Buffer would make every view of it a Buffer, whose slice() does not copy.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const read = () => {
    const { graph, ...rest } = readMessage(modelProto, view, 'model')
    if (graph === undefined) throw malformed('onnx/missing-field', 'it has no graph', 'model')
    return { graph, ...rest }
  }
  const proto = orForeign(view, read, () => isTensor(view))
  if (proto.irVersion === undefined) {
    throw malformed('onnx/missing-field', 'the model has no IR version', 'model')
  }
  return {
    irVersion: toVersion(proto.irVersion, 'model'),
    producerName: proto.producerName ?? '',
    producerVersion: proto.producerVersion ?? '',
    opsetImports: proto.opsetImports.map((opset) => decodeOpset(opset, 'model')),
    graph: decodeGraph(proto.graph, 'graph', 0),
    functions: proto.functions.map((item, index) => decodeFunction(item, `function ${index}`)),
  }
}

function isTensor(bytes: Uint8Array): boolean {
  try {
    readTensor(bytes, 'tensor')
    return true
  } catch (error) {
    if (error instanceof TilewrightError) return false
    throw error
  }
}

function decodeOpset(bytes: Uint8Array, where: string): OnnxOpset {
  const { domain = '', version } = readMessage(opsetProto, bytes, where)
  if (version === undefined) {
    throw malformed('onnx/missing-field', `the operator set ${quote(domain)} has no version`, where)
  }
  return { domain: plainDomain(domain), version: toVersion(version, where) }
}

function decodeFunction(bytes: Uint8Array, where: string): OnnxFunction {
  const proto = readMessage(functionProto, bytes, where)
  const name = required(proto.name, 'name', where)
  const place = `function ${quote(name)}`
  if ((proto.overload ?? '') !== '') {
    throw formatGap('onnx/function-overload', `the function is overload ${quote(proto.overload ?? '')}`, place)
  }
  return {
    name,
    domain: plainDomain(proto.domain ?? ''),
    inputs: proto.inputs,
    outputs: proto.outputs,
    attributeNames: proto.attributeNames,
    attributeDefaults: decodeAttributes(proto.attributeDefaults, place, 0),
    opsetImports: proto.opsetImports.map((opset) => decodeOpset(opset, place)),
    nodes: proto.nodes.map((node, index) => decodeNode(node, `${place} › node ${index}`, 0)),
  }
}

function decodeGraph(bytes: Uint8Array, where: string, depth: number): OnnxGraph {
  if (depth > maxDepth) {
    throw malformed('onnx/nesting', `subgraphs nest more than ${maxDepth} deep`, where)
  }
  const proto = readMessage(graphProto, bytes, where)
  const name = proto.name ?? ''
  const place = name === '' ? where : `${where} ${quote(name)}`
  if (proto.sparseInitializers.length > 0) {
    throw formatGap('onnx/sparse-tensor', 'the graph has sparse initializers', place)
  }
  return {
    name,
    nodes: proto.nodes.map((node, index) => decodeNode(node, `${place} › node ${index}`, depth)),
    inputs: proto.inputs.map((info, index) => decodeValueInfo(info, `${place} › input ${index}`)),
    outputs: proto.outputs.map((info, index) => decodeValueInfo(info, `${place} › output ${index}`)),
    initializers: proto.initializers.map((item, index) => readTensor(item, `${place} › initializer ${index}`)),
    valueInfos: proto.valueInfos.map((info, index) => decodeValueInfo(info, `${place} › value ${index}`)),
  }
}

function decodeNode(bytes: Uint8Array, where: string, depth: number): OnnxNode {
  const proto = readMessage(nodeProto, bytes, where)
  const opType = required(proto.opType, 'operator', where)
  const name = proto.name ?? ''
  const place = `${where} ${name === '' ? '' : `${quote(name)} `}(${quote(opType)})`
  if ((proto.overload ?? '') !== '') {
    throw formatGap('onnx/function-overload', `the node calls overload ${quote(proto.overload ?? '')}`, place)
  }
  return {
    name,
    opType,
    domain: plainDomain(proto.domain ?? ''),
    inputs: proto.inputs,
    outputs: proto.outputs,
    attributes: decodeAttributes(proto.attributes, place, depth),
  }
}

function decodeAttributes(items: readonly Uint8Array[], where: string, depth: number): readonly OnnxAttribute[] {
  const attributes = items.map((bytes) => decodeAttribute(bytes, where, depth))
  const seen = new Set<string>()
  for (const { name } of attributes) {
    if (seen.has(name)) throw malformed('onnx/attribute', `the attribute ${quote(name)} is given twice`, where)
    seen.add(name)
  }
  return attributes
}

function decodeAttribute(bytes: Uint8Array, where: string, depth: number): OnnxAttribute {
  const proto = readMessage(attributeProto, bytes, where)
  const name = required(proto.name, 'name of an attribute', where)
  const place = `${where} › attribute ${quote(name)}`
  const kind = kindOf(proto, place)
  if ((proto.refName ?? '') !== '') return { name, kind: 'reference', value: proto.refName ?? '', of: kind }
  return { name, ...decodeValue(proto, kind, place, depth) }
}

function kindOf(proto: Message<typeof attributeProto>, where: string): OnnxAttributeKind {
  if (proto.type !== undefined && proto.type !== 0) {
    const kind = attributeKindOf(proto.type)
    if (kind !== undefined) return kind
    // AttributeType: 11 and 12 are sparse tensors, 13 and 14 types.
    if (proto.type >= 11 && proto.type <= 14) {
      throw formatGap('onnx/attribute-kind', 'the attribute holds a type or a sparse tensor', where)
    }
    throw malformed('onnx/attribute', `${proto.type} is no attribute type of ONNX`, where)
  }
  // IR version 1 did not say the kind: the one field that is there does.
  const present = attributeKinds.filter((kind) => {
    const value = proto[kind]
    return typeof value === 'object' ? value.length > 0 : value !== undefined
  })
  const [kind] = present
  if (kind === undefined || present.length > 1) {
    throw malformed('onnx/attribute', 'the attribute does not say its type', where)
  }
  return kind
}

/** Writers that leave out zeros (proto3) write no field for 0, '' and the empty list. */
function decodeValue(
  proto: Message<typeof attributeProto>,
  kind: OnnxAttributeKind,
  where: string,
  depth: number,
): OnnxAttributeValue {
  switch (kind) {
    case 'float':
      return { kind, value: proto.float ?? 0 }
    case 'int':
      return { kind, value: proto.int ?? 0n }
    case 'string':
      return { kind, value: proto.string ?? '' }
    case 'tensor':
      return { kind, value: readTensor(required(proto.tensor, 'tensor', where), where) }
    case 'graph':
      return { kind, value: decodeGraph(required(proto.graph, 'graph', where), `${where} › graph`, depth + 1) }
    case 'floats':
      return { kind, value: Array.from(proto.floats) }
    case 'ints':
      return { kind, value: Array.from(proto.ints) }
    case 'strings':
      return { kind, value: proto.strings }
    case 'tensors':
      return { kind, value: proto.tensors.map((tensor) => readTensor(tensor, where)) }
    case 'graphs':
      return { kind, value: proto.graphs.map((graph) => decodeGraph(graph, `${where} › graph`, depth + 1)) }
    default:
      return kind satisfies never
  }
}

function required<T extends string | Uint8Array>(value: T | undefined, what: string, where: string): T {
  if (value === undefined || value === '') throw malformed('onnx/missing-field', `the ${what} is missing`, where)
  return value
}

/** ONNX's own operators have the domain '', which may be written 'ai.onnx'. */
function plainDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain
}

function toVersion(value: bigint, where: string): number {
  if (value < 1n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw malformed('onnx/bad-number', `${value} is no version`, where)
  }
  return Number(value)
}
