/**
 * From an ONNX model to a graph: values by name become tensors, nodes become operations. What the compiler cannot do is
 * refused first and whole (find-gaps.ts); what the ONNX text forbids is an error at the node.
 */
import { buildGraph, type Graph, type TensorData } from '@tilewright/graph'
import { CompileError, checkArgument, checkOptions, isPlain, type SizeExpr, size } from '@tilewright/ir'
import { checkModel } from '../check-model.js'
import { decodeModel } from '../decode-model.js'
import { quote } from '../format-errors.js'
import type { OnnxDim, OnnxModel } from '../model.js'
import { sizeName } from '../size-name.js'
import { constantData, isGraphDType } from './constant-data.js'
import { refuseGaps } from './find-gaps.js'
import { functionsOf, namesRead } from './functions.js'
import { importerFor } from './import-nodes.js'
import { invalid, scopeIn } from './scope.js'

export interface ImportOptions {
  /**
   * Values, by name, of graph inputs that decide shapes, axes or counts (`hostInputs` lists them). They become constants
   * of the graph, which no longer has them as inputs.
   */
  readonly hostValues?: ReadonlyMap<string, TensorData>
}

/**
 * Imports a model from its bytes. Throws `CompileError` `onnx/…` for a malformed or invalid model and one
 * `UnsupportedError` `onnx/unsupported` that names everything missing.
 */
export function importModel(bytes: Uint8Array, options: ImportOptions = {}): Graph {
  return importGraph(decodeModel(bytes), options)
}

/** Imports a decoded model; throws as `importModel`, and `CompileError` `onnx/model` for what is none. */
export function importGraph(model: OnnxModel, options: ImportOptions = {}): Graph {
  checkModel(model)
  checkOptions('onnx/option', 'the import', options, { hostValues: true })
  const { hostValues = new Map() } = options
  // Callers without types may pass an object of values by name.
  if (typeof hostValues?.get !== 'function') {
    throw new CompileError({
      code: 'onnx/host-value',
      message: 'the host values are no Map',
      help: 'pass a Map from names of inputs to tensors: new Map([[name, { dtype, shape, data }]])',
    })
  }
  const inputNames = model.graph.inputs.map((input) => input.name)
  const unknown = [...hostValues.keys()].find((name) => !inputNames.includes(name))
  if (unknown !== undefined) {
    throw new CompileError({
      code: 'onnx/host-value',
      message: `the model has no input ${quote(String(unknown))} to give a host value for`,
      help: `its inputs are ${inputNames.map(quote).join(', ') || 'none'}`,
    })
  }
  const opset = model.opsetImports.find(({ domain }) => domain === '')?.version ?? 1
  const functions = functionsOf(model)
  refuseGaps(model, functions, opset)
  const { graph } = model
  const builder = buildGraph(graph.name)
  const scope = scopeIn(undefined)

  const weights = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]))
  if (weights.size !== graph.initializers.length) {
    throw invalid('onnx/duplicate-value', 'two initializers have one name', `graph ${quote(graph.name)}`)
  }
  const used = new Set([...graph.nodes.flatMap(namesRead), ...graph.outputs.map((output) => output.name)])
  for (const [name, tensor] of weights) {
    // Only what is read is looked into: a model may carry weights that nothing uses.
    if (used.has(name) && isGraphDType(tensor.dtype))
      scope.define(name, builder.constant(name, constantData(tensor)), `weight ${quote(name)}`)
  }
  for (const { name, type } of graph.inputs) {
    if (weights.has(name) || type.kind !== 'tensor' || type.shape === 'unknown' || !isGraphDType(type.dtype)) continue
    const shape = type.shape.map((dim, d) => sizeOf(dim, name, d))
    const where = `input ${quote(name)}`
    const host = hostValues.get(name)
    if (host === undefined) scope.define(name, builder.input(name, { dtype: type.dtype, shape }), where)
    else scope.define(name, builder.constant(name, checkHostValue(host, type.dtype, shape, where)), where)
  }

  const importer = importerFor(builder, functions, opset)
  importer.nodes(graph.nodes, scope, importer, '')
  return builder.finish(
    graph.outputs.map(({ name, type }) => {
      const where = `output ${quote(name)}`
      const tensor = scope.lookup(name, where)
      if (type.kind !== 'tensor' || type.dtype === tensor.dtype || !isGraphDType(type.dtype)) return { name, tensor }
      throw invalid('onnx/output-dtype', `it is declared as ${type.dtype}, and its node makes ${tensor.dtype}`, where)
    }),
  )
}

function sizeOf(dim: OnnxDim, input: string, d: number): SizeExpr {
  if (typeof dim === 'number') return dim
  return size(sizeName(dim, input, d))
}

function checkHostValue(host: TensorData, dtype: string, shape: readonly SizeExpr[], where: string): TensorData {
  // Callers without types may pass anything.
  checkArgument(
    isPlain(host) && Array.isArray(host.shape) && ArrayBuffer.isView(host.data),
    'onnx/host-value',
    `the host value of ${where} is a tensor`,
    host,
    'pass { dtype, shape, data }, with elements in a typed array',
  )
  const fits =
    host.dtype === dtype &&
    host.shape.length === shape.length &&
    host.data.length === host.shape.reduce((product, extent) => product * extent, 1) &&
    shape.every((extent, d) => typeof extent !== 'number' || extent === host.shape[d])
  if (fits) return host
  throw new CompileError({
    code: 'onnx/host-value',
    message: `the host value is ${host.dtype} [${host.shape.join(', ')}], which the model does not declare`,
    where,
    help: `pass ${dtype} data of the declared shape`,
  })
}
