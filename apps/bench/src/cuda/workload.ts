/**
 * A case as an ONNX model with its inputs. Numbers come of a hash of their position, in multiples of 1/512 that f16 holds
 * too, and that bf16 rounds; `cuda_peers.py` computes the same.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { CompileError } from '@tilewright/ir'
import {
  attribute,
  decodeModel,
  decodeTensor,
  encodeModel,
  graphBuilder,
  hostInputs,
  modelOf,
  type OnnxAttributeValue,
  tensorData,
} from '@tilewright/onnx'
import type { HostTensor } from '@tilewright/runtime'
import { numberToBfloat, numberToHalf } from '@tilewright/simulator'
import { readData } from '../data-folder.js'
import type { CudaComputation, CudaDType, CudaKernel } from './cases.js'

export interface CudaWorkload {
  readonly model: Uint8Array
  readonly inputs: Readonly<Record<string, HostTensor>>
  /** Inputs that must be known when the model is compiled. */
  readonly hostValues: ReadonlyMap<string, HostTensor>
}

/** Throws `CompileError` `bench/data` for a model that is not in the data folder. */
export function workloadOf(computation: CudaComputation): CudaWorkload {
  return computation.kind === 'model' ? modelWorkload(computation.name) : kernelWorkload(computation)
}

/** The names of the models in the data folder; none where there is no such folder. */
export function modelNames(): readonly string[] {
  const models = join(process.env.TILEWRIGHT_DATA ?? '', 'models')
  if (process.env.TILEWRIGHT_DATA === undefined || !existsSync(models)) return []
  return readdirSync(models).filter((name) => existsSync(join(models, name, 'model.onnx')))
}

/** The shapes of a kernel's operands, in the order of its inputs, and of its result. */
export function shapesOf(computation: CudaKernel): {
  readonly operands: readonly (readonly number[])[]
  readonly result: readonly number[]
} {
  switch (computation.kind) {
    case 'matmul': {
      const { m, k, n } = computation
      return {
        operands: [
          [m, k],
          [k, n],
        ],
        result: [m, n],
      }
    }
    case 'softmax':
      return { operands: [[computation.rows, computation.columns]], result: [computation.rows, computation.columns] }
    case 'layer-norm': {
      const { rows, columns } = computation
      return { operands: [[rows, columns], [columns], [columns]], result: [rows, columns] }
    }
    case 'row-sum':
      return { operands: [[computation.rows, computation.columns]], result: [computation.rows] }
    case 'attention': {
      const { batch, heads, length, size } = computation
      const shape = [batch, heads, length, size]
      return { operands: [shape, shape, shape], result: shape }
    }
    case 'conv': {
      const { channels, filters, kernel, extent, stride } = computation
      const operands = [[1, channels, extent, extent], [filters, channels, kernel, kernel], [filters]]
      return { operands, result: [1, filters, extent / stride, extent / stride] }
    }
    default:
      return computation satisfies never
  }
}

const nodes = {
  matmul: 'MatMul',
  softmax: 'Softmax',
  'layer-norm': 'LayerNormalization',
  'row-sum': 'ReduceSum',
  attention: 'Attention',
  conv: 'Conv',
} as const

function kernelWorkload(computation: CudaKernel): CudaWorkload {
  const { kind, dtype } = computation
  const { operands, result } = shapesOf(computation)
  const graph = graphBuilder(kind)
  const inputs: [string, HostTensor][] = []
  const names = operands.map((shape, seed) => {
    const values = tensorOf(dtype, shape, seed + 1)
    // As in an exported network: weights of a convolution are constants.
    if (kind === 'conv' && seed > 0 && values.data instanceof Float32Array) {
      return graph.initializer(`w${seed}`, { dtype: 'f32', dims: shape, data: values.data })
    }
    const name = `x${seed}`
    inputs.push([name, values])
    return graph.input(name, dtype, shape)
  })
  graph.node(nodes[kind], [...names, ...axesOf(kind, graph)], { attributes: attributesOf(computation), outputs: ['y'] })
  graph.output('y', dtype, result)
  const model = encodeModel(modelOf(graph.build(), { opset: 23 }))
  return { model, inputs: Object.fromEntries(inputs), hostValues: new Map() }
}

function axesOf(kind: CudaKernel['kind'], graph: ReturnType<typeof graphBuilder>): readonly string[] {
  if (kind !== 'row-sum') return []
  return [graph.initializer('axes', { dtype: 'i64', dims: [1], data: BigInt64Array.of(1n) })]
}

function attributesOf(computation: CudaKernel): Readonly<Record<string, OnnxAttributeValue>> {
  switch (computation.kind) {
    case 'softmax':
      return { axis: attribute.int(-1) }
    case 'layer-norm':
      return { axis: attribute.int(-1), epsilon: attribute.float(1e-5) }
    case 'row-sum':
      return { keepdims: attribute.int(0) }
    case 'attention':
      return computation.causal ? { is_causal: attribute.int(1) } : {}
    case 'conv': {
      const { kernel, stride } = computation
      const pad = (kernel - 1) / 2
      return { strides: attribute.ints([stride, stride]), pads: attribute.ints([pad, pad, pad, pad]) }
    }
    default:
      return {}
  }
}

function tensorOf(dtype: CudaDType, shape: readonly number[], seed: number): HostTensor {
  const length = shape.reduce((product, extent) => product * extent, 1)
  const values = hashedFloats(length, seed)
  if (dtype === 'f32') return { dtype, shape, data: values }
  return { dtype, shape, data: Uint16Array.from(values, dtype === 'f16' ? numberToHalf : numberToBfloat) }
}

/** Multiples of 1/512 in [-1, 1). */
export function hashedFloats(length: number, seed: number): Float32Array {
  const values = new Float32Array(length)
  for (let i = 0; i < length; i++) {
    let bits = Math.imul(i + seed * 7919, 0x9e3779b1)
    bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d)
    values[i] = (bits >>> 22) / 512 - 1
  }
  return values
}

function modelWorkload(name: string): CudaWorkload {
  const bytes = readData('models', name, 'model.onnx')
  const model = decodeModel(bytes)
  const { inputs, initializers } = model.graph
  // Models before IR version 4 list their weights among the inputs.
  const weights = new Set(initializers.map((weight) => weight.name))
  const atHost = new Set(hostInputs(model))
  const tensors = inputs
    .map((input) => input.name)
    .filter((input) => !weights.has(input))
    .map((input, n) => [input, readInput(name, n)] as const)
  return {
    model: bytes,
    inputs: Object.fromEntries(tensors.filter(([input]) => !atHost.has(input))),
    hostValues: new Map(tensors.filter(([input]) => atHost.has(input))),
  }
}

function readInput(name: string, position: number): HostTensor {
  const { dims, ...value } = tensorData(
    decodeTensor(readData('models', name, 'test_data_set_0', `input_${position}.pb`)),
  )
  switch (value.dtype) {
    case 'f32':
    case 'f16':
    case 'bf16':
    case 'i64':
    case 'i32':
    case 'u32':
    case 'i8':
    case 'u8':
    case 'bool':
      return { dtype: value.dtype, shape: dims, data: value.data }
    default:
      throw new CompileError({ code: 'bench/data', message: `input ${position} of ${name} holds ${value.dtype}` })
  }
}
