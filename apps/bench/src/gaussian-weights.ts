/**
 * Networks of the ONNX test suite carry no weights: a ConstantOfShape node stands for each, so that all elements of a weight are
 * equal and most mistakes cancel out. Here seeded Gaussian numbers take their place.
 */
import { type OnnxModel, type OnnxNode, type OnnxTensor, tensorData, tensorOf } from '@tilewright/onnx'
import { gaussianFloats } from './random.js'

/** What a weight is to the operator that reads it. */
type Role = { readonly kind: 'weight'; readonly fanIn: number } | { readonly kind: 'factor' | 'offset' | 'variance' }

/**
 * The model with an initializer for each f32 ConstantOfShape of a known shape. Weights of products are scaled by
 * √(2 / inputs of a sum), which keeps activations as large as they are through ReLU (He et al. 2015, arXiv 1502.01852);
 * variances are positive. An output of Softmax is joined by what goes in: large activations would leave nothing but 0 and 1.
 */
export function withGaussianWeights(model: OnnxModel, seed: number): OnnxModel {
  const { graph } = model
  const known = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]))
  const weights = new Map<OnnxNode, OnnxTensor>()
  for (const node of graph.nodes) {
    const weight = weightOf(node, known, graph.nodes, seed + weights.size)
    if (weight !== undefined) weights.set(node, weight)
  }
  const nodes = graph.nodes.filter((node) => !weights.has(node))
  const read = new Set(nodes.flatMap((node) => node.inputs))
  const outputs = [...new Set(graph.outputs.flatMap(({ name }) => [name, ...softmaxInput(name, nodes)]))]
  return {
    ...model,
    // From version 4 on an initializer is no input, and thus a constant.
    irVersion: 8,
    graph: {
      ...graph,
      nodes,
      inputs: graph.inputs.filter((input) => !known.has(input.name)),
      initializers: [...graph.initializers.filter(({ name }) => read.has(name)), ...weights.values()],
      outputs: outputs.map((name) => ({ name, type: { kind: 'tensor', dtype: 'f32', shape: 'unknown' } })),
    },
  }
}

/** The tensor that takes the place of a node, or undefined when the node stays. */
function weightOf(
  { opType, inputs, outputs, attributes }: OnnxNode,
  known: ReadonlyMap<string, OnnxTensor>,
  nodes: readonly OnnxNode[],
  seed: number,
): OnnxTensor | undefined {
  const shape = known.get(inputs[0] ?? '')
  const value = attributes.find(({ name }) => name === 'value')
  const isFloat = value === undefined || (value.kind === 'tensor' && value.value.dtype === 'f32')
  if (opType !== 'ConstantOfShape' || shape === undefined || !isFloat) return undefined
  const [name = ''] = outputs
  const dims = Array.from(tensorData(shape).data, Number)
  const data = gaussianFloats(
    dims.reduce((product, extent) => product * extent, 1),
    seed,
  )
  return tensorOf(name, { dtype: 'f32', dims, data: shaped(data, roleOf(name, dims, nodes)) })
}

/** Changes numbers of deviation 1 into what a role wants, in place. */
function shaped(data: Float32Array, role: Role): Float32Array {
  switch (role.kind) {
    case 'weight': {
      const deviation = Math.sqrt(2 / role.fanIn)
      for (let i = 0; i < data.length; i++) data[i] = deviation * (data[i] ?? 0)
      return data
    }
    case 'factor':
      return data.map((value) => 1 + 0.1 * value)
    case 'offset':
      return data.map((value) => 0.1 * value)
    case 'variance':
      return data.map((value) => 1 + 0.5 * Math.abs(value))
    default:
      return role satisfies never
  }
}

/** What the first operator that computes with a value takes it for. */
function roleOf(name: string, dims: readonly number[], nodes: readonly OnnxNode[]): Role {
  const reader = nodes.find((node) => node.inputs.includes(name))
  const position = reader?.inputs.indexOf(name)
  const fanIn = (from: number, to?: number): Role => ({
    kind: 'weight',
    fanIn: dims.slice(from, to).reduce((product, extent) => product * extent, 1),
  })
  switch (reader?.opType) {
    case 'Unsqueeze':
    case 'Reshape':
      return roleOf(reader.outputs[0] ?? '', dims, nodes)
    case 'Conv':
      return position === 1 ? fanIn(1) : { kind: 'offset' }
    case 'Gemm': {
      const transposed = reader.attributes.some((item) => item.name === 'transB' && item.value === 1n)
      if (position !== 1) return { kind: 'offset' }
      return transposed ? fanIn(1) : fanIn(0, 1)
    }
    case 'BatchNormalization': {
      if (position === 1) return { kind: 'factor' }
      return { kind: position === 4 ? 'variance' : 'offset' }
    }
    case 'Mul':
      return { kind: 'factor' }
    default:
      return { kind: 'offset' }
  }
}

function softmaxInput(output: string, nodes: readonly OnnxNode[]): readonly string[] {
  const maker = nodes.find((node) => node.outputs.includes(output))
  return maker?.opType === 'Softmax' ? maker.inputs.slice(0, 1) : []
}
