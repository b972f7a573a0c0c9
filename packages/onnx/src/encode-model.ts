/**
 * `OnnxModel` to ModelProto, the inverse of `decodeModel`: what is encoded decodes to an equal model, but for floats of
 * attributes, which become f32, and tensors without elements, which come back as raw data.
 *
 * For models built in code, thus small ones: nested messages are copied once for each level they lie deep.
 */
import { attributeKindNumber } from './attribute-kind.js'
import { checkModel } from './check-model.js'
import { dataTypeNumber } from './data-type.js'
import { checkRank, toSize } from './dims.js'
import { encodeTensor } from './encode-tensor.js'
import { malformed, quote } from './format-errors.js'
import { type Message, writeMessage } from './message.js'
import type {
  OnnxAttribute,
  OnnxAttributeValue,
  OnnxDim,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxOpset,
  OnnxType,
  OnnxValueInfo,
} from './model.js'
import {
  attributeProto,
  dimProto,
  functionProto,
  graphProto,
  modelProto,
  nodeProto,
  opsetProto,
  shapeProto,
  tensorTypeProto,
  typeProto,
  valueInfoProto,
} from './protos.js'

/**
 * The bytes of a .onnx file. Throws `CompileError` for sizes, integers or tensor data that the format cannot hold,
 * `onnx/model` for what is no model.
 * Sequence, map, optional, sparse and opaque types are written without their element types, which `OnnxType` does not keep.
 */
export function encodeModel(model: OnnxModel): Uint8Array {
  checkModel(model)
  return writeMessage(modelProto, {
    irVersion: BigInt(model.irVersion),
    producerName: text(model.producerName),
    producerVersion: text(model.producerVersion),
    graph: encodeGraph(model.graph),
    opsetImports: model.opsetImports.map(encodeOpset),
    functions: model.functions.map(encodeFunction),
  })
}

function encodeOpset({ domain, version }: OnnxOpset): Uint8Array {
  return writeMessage(opsetProto, { domain, version: BigInt(version) })
}

function encodeFunction(item: OnnxFunction): Uint8Array {
  return writeMessage(functionProto, {
    name: item.name,
    domain: text(item.domain),
    inputs: item.inputs,
    outputs: item.outputs,
    attributeNames: item.attributeNames,
    attributeDefaults: item.attributeDefaults.map(encodeAttribute),
    opsetImports: item.opsetImports.map(encodeOpset),
    nodes: item.nodes.map(encodeNode),
  })
}

function encodeGraph(graph: OnnxGraph): Uint8Array {
  return writeMessage(graphProto, {
    name: text(graph.name),
    nodes: graph.nodes.map(encodeNode),
    inputs: graph.inputs.map(encodeValueInfo),
    outputs: graph.outputs.map(encodeValueInfo),
    initializers: graph.initializers.map(encodeTensor),
    valueInfos: graph.valueInfos.map(encodeValueInfo),
  })
}

function encodeNode(node: OnnxNode): Uint8Array {
  return writeMessage(nodeProto, {
    name: text(node.name),
    opType: node.opType,
    domain: text(node.domain),
    inputs: node.inputs,
    outputs: node.outputs,
    attributes: node.attributes.map(encodeAttribute),
  })
}

function encodeAttribute(attribute: OnnxAttribute): Uint8Array {
  const kind = attribute.kind === 'reference' ? attribute.of : attribute.kind
  return writeMessage(attributeProto, {
    name: attribute.name,
    type: attributeKindNumber(kind),
    ...valueFields(attribute, `attribute ${quote(attribute.name)}`),
  })
}

function valueFields(attribute: OnnxAttributeValue, where: string): Partial<Message<typeof attributeProto>> {
  switch (attribute.kind) {
    case 'float':
      return { float: Math.fround(attribute.value) }
    case 'int':
      return { int: toInt64(attribute.value, where) }
    case 'string':
      return { string: attribute.value }
    case 'tensor':
      return { tensor: encodeTensor(attribute.value) }
    case 'graph':
      return { graph: encodeGraph(attribute.value) }
    case 'floats':
      return { floats: Float32Array.from(attribute.value) }
    case 'ints':
      return { ints: BigInt64Array.from(attribute.value, (value) => toInt64(value, where)) }
    case 'strings':
      return { strings: attribute.value }
    case 'tensors':
      return { tensors: attribute.value.map(encodeTensor) }
    case 'graphs':
      return { graphs: attribute.value.map(encodeGraph) }
    case 'reference':
      return { refName: attribute.value }
    default:
      return attribute satisfies never
  }
}

function encodeValueInfo({ name, type }: OnnxValueInfo): Uint8Array {
  return writeMessage(valueInfoProto, { name, type: encodeType(type, `value ${quote(name)}`) })
}

function encodeType(type: OnnxType, where: string): Uint8Array | undefined {
  const empty = new Uint8Array()
  switch (type.kind) {
    case 'tensor': {
      const dataType = dataTypeNumber(type.dtype)
      const shape = type.shape === 'unknown' ? undefined : encodeShape(type.shape, where)
      return writeMessage(typeProto, { tensor: writeMessage(tensorTypeProto, { dataType, shape }) })
    }
    case 'sequence':
      return writeMessage(typeProto, { sequence: empty })
    case 'map':
      return writeMessage(typeProto, { map: empty })
    case 'opaque':
      return writeMessage(typeProto, { opaque: empty })
    case 'sparse-tensor':
      return writeMessage(typeProto, { sparseTensor: empty })
    case 'optional':
      return writeMessage(typeProto, { optional: empty })
    case 'unknown':
      return undefined
    default:
      return type satisfies never
  }
}

function encodeShape(shape: readonly OnnxDim[], where: string): Uint8Array {
  checkRank(shape.length, where)
  return writeMessage(shapeProto, { dims: shape.map((dim) => encodeDim(dim, where)) })
}

function encodeDim(dim: OnnxDim, where: string): Uint8Array {
  if (dim === 'unknown') return writeMessage(dimProto, {})
  if (typeof dim === 'number') return writeMessage(dimProto, { value: BigInt(toSize(BigInt(dim), where)) })
  return writeMessage(dimProto, { param: dim.param })
}

function toInt64(value: bigint, where: string): bigint {
  if (BigInt.asIntN(64, value) !== value) {
    throw malformed('onnx/bad-number', `${value} does not fit in 64 bits`, where)
  }
  return value
}

/** Empty text is the default of the format, and is left out. */
function text(value: string): string | undefined {
  return value === '' ? undefined : value
}
