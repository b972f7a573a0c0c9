/**
 * Writes ONNX graphs in code: each call gives the name of the value it makes, so a graph reads as the computation it is.
 *
 * ```ts
 * const graph = graphBuilder('dense')
 * const x = graph.input('x', 'f32', ['batch', 4])
 * const weight = graph.initializer('weight', { dtype: 'f32', dims: [4, 8], data: new Float32Array(32) })
 * const y = graph.node('Softmax', [graph.node('MatMul', [x, weight])], { attributes: { axis: attribute.int(-1) } })
 * graph.output(y, 'f32', ['batch', 8])
 * const bytes = encodeModel(modelOf(graph.build(), { opset: 17 }))
 * ```
 */
import { checkArgument, checkOptions } from '@tilewright/ir'
import { checkGraph, checkNode, checkValue } from './check-built.js'
import { checkName } from './check-elements.js'
import type { OnnxDataType } from './data-type.js'
import type {
  OnnxAttributeValue,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxType,
  OnnxValueInfo,
} from './model.js'
import { type TensorData, tensorOf } from './tensor-data.js'

/** A size, the name of a symbolic size, or undefined for a size that is not known. */
export type DimSpec = number | string | undefined

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttributeValue>>
  /** Names of the outputs; one made-up name by default. '' is an output that nobody wants. */
  readonly outputs?: readonly string[]
  readonly name?: string
  readonly domain?: string
}

export interface GraphBuilder {
  /** Declares an input and gives its name back; a shape left out is an unknown one. */
  readonly input: (name: string, dtype: OnnxDataType, shape?: readonly DimSpec[]) => string
  /** Adds a constant and gives its name back. */
  readonly initializer: (name: string, value: TensorData) => string
  /** Adds a node and gives the name of its first output back. An input '' is one left out. */
  readonly node: (opType: string, inputs: readonly string[], options?: NodeOptions) => string
  /** Makes a value of the graph an output. */
  readonly output: (name: string, dtype: OnnxDataType, shape?: readonly DimSpec[]) => void
  /** The graph so far. */
  readonly build: () => OnnxGraph
}

/**
 * An empty graph to add to. Made-up names start with the graph's name, so that a subgraph's never hide outer ones. Its methods
 * throw `CompileError` `onnx/argument` for arguments that are something else than their types say.
 */
export function graphBuilder(name: string): GraphBuilder {
  checkName('a graph', name)
  const inputs: OnnxValueInfo[] = []
  const outputs: OnnxValueInfo[] = []
  const initializers: OnnxTensor[] = []
  const nodes: OnnxNode[] = []
  return {
    input: (input, dtype, shape) => {
      checkValue('input', input, dtype, shape)
      inputs.push({ name: input, type: tensorType(dtype, shape) })
      return input
    },
    initializer: (initializer, value) => {
      initializers.push(tensorOf(initializer, value))
      return initializer
    },
    node: (opType, nodeInputs, options = {}) => {
      checkNode(opType, nodeInputs, options)
      const madeUp = `${name}/${opType}_${nodes.length}`
      const nodeOutputs = options.outputs ?? [madeUp]
      nodes.push({
        name: options.name ?? madeUp,
        opType,
        domain: options.domain ?? '',
        inputs: nodeInputs,
        outputs: nodeOutputs,
        attributes: Object.entries(options.attributes ?? {}).map(([key, value]) => ({ name: key, ...value })),
      })
      return nodeOutputs[0] ?? ''
    },
    output: (output, dtype, shape) => {
      checkValue('output', output, dtype, shape)
      outputs.push({ name: output, type: tensorType(dtype, shape) })
    },
    build: () => ({
      name,
      nodes: [...nodes],
      inputs: [...inputs],
      outputs: [...outputs],
      initializers: [...initializers],
      valueInfos: [],
    }),
  }
}

/**
 * A model of one graph over ONNX's own operators at version `opset`. Throws `CompileError` `onnx/argument` for what is no graph
 * or no version.
 */
export function modelOf(graph: OnnxGraph, options: { readonly opset: number }): OnnxModel {
  checkGraph(graph)
  checkOptions('onnx/argument', 'modelOf', options, { opset: true })
  const { opset } = options
  const isVersion = Number.isSafeInteger(opset) && opset > 0
  checkArgument(isVersion, 'onnx/argument', 'an opset is a version number', opset, 'pass modelOf(graph, { opset: 17 })')
  return {
    // IR version 8 came with opset 15, and every runtime since reads it with any opset.
    irVersion: 8,
    producerName: 'tilewright',
    producerVersion: '',
    opsetImports: [{ domain: '', version: opset }],
    graph,
    functions: [],
  }
}

/** Attribute values by kind; integers may be plain numbers. */
export const attribute: {
  readonly float: (value: number) => OnnxAttributeValue
  readonly int: (value: number | bigint) => OnnxAttributeValue
  readonly string: (value: string) => OnnxAttributeValue
  readonly tensor: (value: TensorData) => OnnxAttributeValue
  readonly graph: (value: OnnxGraph) => OnnxAttributeValue
  readonly floats: (value: readonly number[]) => OnnxAttributeValue
  readonly ints: (value: readonly (number | bigint)[]) => OnnxAttributeValue
  readonly strings: (value: readonly string[]) => OnnxAttributeValue
} = {
  float: (value) => ({ kind: 'float', value: number(value) }),
  int: (value) => ({ kind: 'int', value: integer(value) }),
  string: (value) => ({ kind: 'string', value: text(value) }),
  tensor: (value) => ({ kind: 'tensor', value: tensorOf('', value) }),
  graph: (value) => {
    checkGraph(value)
    return { kind: 'graph', value }
  },
  floats: (value) => ({ kind: 'floats', value: list(value).map(number) }),
  ints: (value) => ({ kind: 'ints', value: list(value).map(integer) }),
  strings: (value) => ({ kind: 'strings', value: list(value).map(text) }),
}

function checkAttribute(holds: boolean, kind: string, given: unknown): void {
  checkArgument(holds, 'onnx/argument', `an attribute of this kind is ${kind}`, given, 'attribute.int(1) is an integer')
}

function number(value: number): number {
  checkAttribute(typeof value === 'number', 'a number', value)
  return value
}

function integer(value: number | bigint): bigint {
  checkAttribute(typeof value === 'bigint' || Number.isInteger(value), 'an integer', value)
  return BigInt(value)
}

function text(value: string): string {
  checkAttribute(typeof value === 'string', 'a text', value)
  return value
}

function list<T>(values: readonly T[]): readonly T[] {
  checkAttribute(Array.isArray(values), 'an array', values)
  return Array.from(values)
}

function tensorType(dtype: OnnxDataType, shape: readonly DimSpec[] | undefined): OnnxType {
  if (shape === undefined) return { kind: 'tensor', dtype, shape: 'unknown' }
  const dims = shape.map((dim) => (typeof dim === 'string' ? { param: dim } : (dim ?? 'unknown')))
  return { kind: 'tensor', dtype, shape: dims }
}
