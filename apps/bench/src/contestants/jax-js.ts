/**
 * jax-js, jitted, on a WebGPU device of ours: it expects a browser, so it is given the `navigator.gpu` that it asks for.
 * Its waits go through our throttle. Without it Dawn's polling would take a core from SwiftShader, and from jax-js alone.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type NodeGpu, openNodeGpu } from '@tilewright/backend-wgsl/node'
import { CompileError, defined } from '@tilewright/ir'
import type { Computation } from '../cases/workload.js'
import type { FloatTensor } from '../tensors.js'
import type { OpenContestant } from './contestant.js'

/** The part of the package that is used. An array is used up by whoever takes it; `ref` is one more use of it. */
interface JaxArray {
  readonly ref: JaxArray
  readonly shape: readonly number[]
  readonly data: () => Promise<Float32Array>
}

type Operation = (...operands: readonly JaxArray[]) => JaxArray

interface Jax {
  readonly init: (device: 'webgpu') => Promise<readonly string[]>
  readonly defaultDevice: (device: 'webgpu') => void
  readonly jit: (work: Operation) => Operation
  readonly numpy: Readonly<Record<'add' | 'multiply' | 'tanh' | 'matmul', Operation>> & {
    readonly array: (data: Float32Array, options: { readonly shape: readonly number[] }) => JaxArray
  }
  readonly nn: { readonly sigmoid: Operation; readonly softmax: (x: JaxArray, axis: number) => JaxArray }
  readonly lax: {
    readonly convGeneralDilated: (
      x: JaxArray,
      weight: JaxArray,
      strides: readonly number[],
      padding: readonly (readonly [number, number])[],
      options: { readonly featureGroupCount: number },
    ) => JaxArray
  }
}

/**
 * Loads the package from the folder that it is installed in, and opens the device. Rejects with `CompileError` `device/…`
 * and with what the package throws.
 */
export async function openJaxJs(folder: string, software: boolean): Promise<OpenContestant> {
  await offerGpu(await openNodeGpu({ software }))
  const entry = pathToFileURL(join(folder, 'node_modules/@jax-js/jax/dist/index.js')).href
  // The package carries these types, but is not there when this is compiled; its version is pinned.
  const jax = (await import(entry)) as Jax
  if (!(await jax.init('webgpu')).includes('webgpu')) {
    throw new CompileError({ code: 'bench/peer', message: 'jax-js does not take the WebGPU device' })
  }
  jax.defaultDevice('webgpu')
  return {
    prepare: async ({ inputs, computation }) => {
      if (computation === undefined) {
        throw new CompileError({ code: 'bench/peer', message: 'the case is not written down for jax-js' })
      }
      const upload = ({ data, shape }: FloatTensor): JaxArray => jax.numpy.array(data, { shape })
      const { work, weights } = programOf(jax, computation)
      const held = weights.map(upload)
      const jitted = jax.jit(work)
      return async () => {
        const result = jitted(...Object.values(inputs).map(upload), ...held.map((weight) => weight.ref))
        // Reading uses the array up, and its shape with it.
        const { shape } = result
        return { [outputName(computation)]: { shape, data: await result.data() } }
      }
    },
  }
}

/** As the case's ONNX model names it. */
function outputName({ kind }: Computation): string {
  return kind === 'chain' ? 'z' : 'y'
}

interface Program {
  /** Takes the inputs of the case, then the weights. */
  readonly work: Operation
  readonly weights: readonly FloatTensor[]
}

function programOf({ numpy, nn, lax }: Jax, computation: Computation): Program {
  switch (computation.kind) {
    case 'matmul':
      return { work: numpy.matmul, weights: [computation.weight] }
    case 'conv': {
      const { weight, bias, stride, pad, group } = computation
      const along = [pad, pad] as const
      return {
        work: (...operands) => {
          const [x, w, b] = [operand(operands, 0), operand(operands, 1), operand(operands, 2)]
          const product = lax.convGeneralDilated(x, w, [stride, stride], [along, along], { featureGroupCount: group })
          return numpy.add(product, b)
        },
        weights: [weight, { shape: [...bias.shape, 1, 1], data: bias.data }],
      }
    }
    case 'softmax':
      return { work: (...operands) => nn.softmax(operand(operands, 0), -1), weights: [] }
    case 'chain':
      return {
        work: (...operands) => {
          const [x, y] = [operand(operands, 0), operand(operands, 1)]
          const sum = numpy.add(numpy.multiply(numpy.tanh(x.ref), x.ref), x)
          return numpy.multiply(nn.sigmoid(sum), y)
        },
        weights: [],
      }
    default:
      return computation satisfies never
  }
}

function operand(operands: readonly JaxArray[], position: number): JaxArray {
  return defined(operands[position], `a program has operand ${position}`)
}

/** Puts one device where a page would find its GPU, and the names of WebGPU where a page has them. */
async function offerGpu({ device, wait }: NodeGpu): Promise<void> {
  Object.assign(globalThis, (await import('webgpu')).globals)
  const createBuffer = device.createBuffer.bind(device)
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer(descriptor)
    const map = buffer.mapAsync.bind(buffer)
    buffer.mapAsync = (...mode) => wait(map(...mode))
    return buffer
  }
  const adapter = { features: device.features, limits: device.limits, requestDevice: async () => device }
  const gpu = { requestAdapter: async () => adapter }
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'Node' }, configurable: true })
}
