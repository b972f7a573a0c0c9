/**
 * From an ONNX model to a graph: values by name become tensors, nodes become operations. What the compiler cannot do is
 * refused first and whole (find-gaps.ts); what the ONNX text forbids is an error at the node.
 */
import { buildGraph, type Graph, type Tensor, type TensorData } from '@tilewright/graph'
import { atPlace, CompileError, type SizeExpr, size, UnsupportedError } from '@tilewright/ir'
import { decodeModel } from '../decode-model.js'
import { quote } from '../format-errors.js'
import type { OnnxDim, OnnxModel } from '../model.js'
import { checkExtents } from './check-extents.js'
import { constantData, isGraphDType } from './constant-data.js'
import { refuseGaps } from './find-gaps.js'
import { evaluateOperation } from './host-values/evaluate-operation.js'
import { nodeContext } from './node-context.js'
import { operatorOf } from './operators/index.js'
import { sortNodes } from './sort-nodes.js'

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

/** Imports a decoded model; throws as `importModel`. */
export function importGraph(model: OnnxModel, { hostValues = new Map() }: ImportOptions = {}): Graph {
  const opset = model.opsetImports.find(({ domain }) => domain === '')?.version ?? 1
  refuseGaps(model, opset)
  const { graph } = model
  const builder = buildGraph(graph.name)
  const values = new Map<string, Tensor>()
  const define = (name: string, tensor: Tensor, where: string): void => {
    if (values.has(name)) throw invalid('onnx/duplicate-value', `value ${quote(name)} is made twice`, where)
    values.set(name, tensor)
  }

  const weights = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]))
  if (weights.size !== graph.initializers.length) {
    throw invalid('onnx/duplicate-value', 'two initializers have one name', `graph ${quote(graph.name)}`)
  }
  const used = new Set([...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.map((output) => output.name)])
  for (const [name, tensor] of weights) {
    // Only what is read is looked into: a model may carry weights that nothing uses.
    if (used.has(name) && isGraphDType(tensor.dtype))
      define(name, builder.constant(name, constantData(tensor)), `weight ${quote(name)}`)
  }
  for (const { name, type } of graph.inputs) {
    if (weights.has(name) || type.kind !== 'tensor' || type.shape === 'unknown' || !isGraphDType(type.dtype)) continue
    const shape = type.shape.map((dim, d) => sizeOf(dim, name, d))
    const where = `input ${quote(name)}`
    const host = hostValues.get(name)
    if (host === undefined) define(name, builder.input(name, { dtype: type.dtype, shape }), where)
    else define(name, builder.constant(name, checkHostValue(host, type.dtype, shape, where)), where)
  }

  for (const { node, where } of sortNodes(graph.nodes, new Set(values.keys()))) {
    const operator = operatorOf(node.opType, node.domain)
    const tensors = node.inputs.map((name) => (name === '' ? undefined : valueNamed(name, values, where)))
    if (operator === undefined) continue
    const imported = atPlace(where, () => {
      const made = operator.import(nodeContext(node, opset, where, tensors))
      if (made.kind === 'operation') checkExtents(made.operation)
      return made
    })
    const made =
      imported.kind === 'tensors'
        ? imported.tensors
        : // What follows from shapes and constants is known here, and no node of the graph.
          (evaluateOperation(imported.operation, imported.operands, node.outputs) ??
          builder.apply(imported.operation, imported.operands, {
            ...(node.name === '' ? {} : { node: node.name }),
            outputs: node.outputs,
          }))
    node.outputs.forEach((name, o) => {
      const tensor = made[o]
      if (name === '') return
      if (tensor === undefined) {
        throw new UnsupportedError({
          code: 'onnx/output',
          message: `output ${o} of ${node.opType} is not supported`,
          where,
          gaps: [{ where, what: `output ${o} of ${node.opType}` }],
        })
      }
      define(name, tensor, where)
    })
  }
  return builder.finish(
    graph.outputs.map(({ name }) => ({ name, tensor: valueNamed(name, values, `output ${quote(name)}`) })),
  )
}

/**
 * Names of the graph inputs that some node reads as a host value, or from which one is computed, so that a model compiles
 * only when they are given.
 */
export function hostInputs({ graph }: OnnxModel): readonly string[] {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  const seen = new Set<string>()
  const wanted = graph.nodes.flatMap((node) =>
    (operatorOf(node.opType, node.domain)?.hostInputs ?? []).flatMap((position) => node.inputs[position] ?? []),
  )
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    const maker = makers.get(name)
    if (maker !== undefined && operatorOf(maker.opType, maker.domain)?.ofShape !== true) wanted.push(...maker.inputs)
  }
  const weights = new Set(graph.initializers.map(({ name }) => name))
  return graph.inputs.flatMap(({ name }) => (seen.has(name) && !weights.has(name) ? [name] : []))
}

function sizeOf(dim: OnnxDim, input: string, d: number): SizeExpr {
  if (typeof dim === 'number') return dim
  // Exporters write "?" and the like for sizes that have nothing to do with each other.
  const isNamed = dim !== 'unknown' && /[\p{L}\p{N}]/u.test(dim.param)
  return size(isNamed ? dim.param : `${input}.${d}`)
}

function valueNamed(name: string, values: ReadonlyMap<string, Tensor>, where: string): Tensor {
  const value = values.get(name)
  if (value !== undefined) return value
  throw invalid('onnx/undefined-value', `nothing makes value ${quote(name)}`, where)
}

function checkHostValue(host: TensorData, dtype: string, shape: readonly SizeExpr[], where: string): TensorData {
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

function invalid(code: string, message: string, where: string): CompileError {
  return new CompileError({
    code,
    message,
    where,
    help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
  })
}
