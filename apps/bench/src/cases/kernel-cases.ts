/**
 * One operator a case, and one chain of them: small ONNX models of seeded random numbers. Activations are inputs, weights are
 * initializers, as in an exported network. Convolutions have a bias and no activation, batch 1, and pads that make the
 * output as large as the input, or half of it at stride 2; the padding is the same on all four sides, as PyTorch has it.
 */
import { attribute, encodeModel, graphBuilder, modelOf } from '@tilewright/onnx'
import { randomFloats } from '../random.js'
import type { FloatTensor } from '../tensors.js'
import type { BenchCase, Computation, Workload } from './workload.js'

interface ConvSize {
  readonly channels: number
  readonly filters: number
  readonly kernel: number
  readonly extent: number
  readonly stride?: number
  readonly group?: number
}

export const kernelCases: readonly BenchCase[] = [
  matmulCase('matmul-512', 512, 512, 512),
  matmulCase('matmul-1024', 1024, 1024, 1024),
  matmulCase('matmul-1021', 1021, 1021, 1021),
  matmulCase('matmul-row', 1, 1024, 4096),
  convCase('conv-3x3', { channels: 64, filters: 64, kernel: 3, extent: 56 }),
  convCase('conv-1x1', { channels: 64, filters: 256, kernel: 1, extent: 56 }),
  convCase('conv-depthwise', { channels: 96, filters: 96, kernel: 3, extent: 112, group: 96 }),
  convCase('conv-stride-2', { channels: 3, filters: 32, kernel: 3, extent: 224, stride: 2 }),
  {
    name: 'softmax-1024',
    group: 'kernels',
    about: 'softmax of 1024 rows of 1024',
    load: () => {
      const graph = graphBuilder('softmax')
      const x = graph.input('x', 'f32', [1024, 1024])
      graph.node('Softmax', [x], { attributes: { axis: attribute.int(-1) }, outputs: ['y'] })
      graph.output('y', 'f32', [1024, 1024])
      return workload(graph.build(), { x: floats([1024, 1024], 1) }, { kind: 'softmax' })
    },
  },
  {
    name: 'elementwise-chain',
    group: 'kernels',
    about: 'sigmoid(tanh(x) · x + x) · y of 1024 × 1024: five operators',
    load: () => {
      const graph = graphBuilder('chain')
      const [x, y] = [graph.input('x', 'f32', [1024, 1024]), graph.input('y', 'f32', [1024, 1024])]
      const sum = graph.node('Add', [graph.node('Mul', [graph.node('Tanh', [x]), x]), x])
      graph.node('Mul', [graph.node('Sigmoid', [sum]), y], { outputs: ['z'] })
      graph.output('z', 'f32', [1024, 1024])
      const inputs = { x: floats([1024, 1024], 1), y: floats([1024, 1024], 2) }
      return workload(graph.build(), inputs, { kind: 'chain' })
    },
  },
]

function matmulCase(name: string, m: number, k: number, n: number): BenchCase {
  return {
    name,
    group: 'kernels',
    about: `${m} × ${k} times ${k} × ${n}`,
    load: () => {
      const weight = floats([k, n], 2)
      const graph = graphBuilder('matmul')
      const x = graph.input('x', 'f32', [m, k])
      graph.node('MatMul', [x, initializer(graph, 'weight', weight)], { outputs: ['y'] })
      graph.output('y', 'f32', [m, n])
      return workload(graph.build(), { x: floats([m, k], 1) }, { kind: 'matmul', weight })
    },
  }
}

function convCase(name: string, { channels, filters, kernel, extent, stride = 1, group = 1 }: ConvSize): BenchCase {
  const form = group === 1 ? `${channels} → ${filters}` : `${channels} channels alone`
  return {
    name,
    group: 'kernels',
    about: `${form}, ${kernel} × ${kernel} at ${extent} × ${extent}, stride ${stride}, with bias`,
    load: () => {
      const pad = (kernel - 1) / 2
      const weight = floats([filters, channels / group, kernel, kernel], 2)
      const bias = floats([filters], 3)
      const graph = graphBuilder('conv')
      const x = graph.input('x', 'f32', [1, channels, extent, extent])
      const operands = [x, initializer(graph, 'weight', weight), initializer(graph, 'bias', bias)]
      graph.node('Conv', operands, {
        outputs: ['y'],
        attributes: {
          strides: attribute.ints([stride, stride]),
          pads: attribute.ints([pad, pad, pad, pad]),
          group: attribute.int(group),
        },
      })
      graph.output('y', 'f32', [1, filters, extent / stride, extent / stride])
      const inputs = { x: floats([1, channels, extent, extent], 1) }
      return workload(graph.build(), inputs, { kind: 'conv', weight, bias, stride, pad, group })
    },
  }
}

function workload(
  graph: Parameters<typeof modelOf>[0],
  inputs: Workload['inputs'],
  computation: Computation,
): Workload {
  return { model: encodeModel(modelOf(graph, { opset: 17 })), inputs, computation }
}

function initializer(graph: ReturnType<typeof graphBuilder>, name: string, { shape, data }: FloatTensor): string {
  return graph.initializer(name, { dtype: 'f32', dims: shape, data })
}

function floats(shape: readonly number[], seed: number): FloatTensor {
  return {
    shape,
    data: randomFloats(
      shape.reduce((product, extent) => product * extent, 1),
      seed,
    ),
  }
}
