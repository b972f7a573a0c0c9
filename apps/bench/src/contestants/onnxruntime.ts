/** onnxruntime-node, on WebGPU through its own Dawn or on the processor, with its own number of threads. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { CompileError } from '@tilewright/ir'
import { attribute, encodeModel, graphBuilder, modelOf } from '@tilewright/onnx'
import type { FloatTensor, Tensors } from '../tensors.js'
import type { OpenContestant } from './contestant.js'

/** The part of the package that is used. */
interface OnnxRuntime {
  readonly InferenceSession: {
    readonly create: (
      model: Uint8Array,
      options: { readonly executionProviders: readonly string[]; readonly logSeverityLevel: number },
    ) => Promise<RuntimeSession>
  }
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => RuntimeTensor
}

interface RuntimeSession {
  readonly run: (feeds: Readonly<Record<string, RuntimeTensor>>) => Promise<Readonly<Record<string, RuntimeTensor>>>
}

interface RuntimeTensor {
  readonly type: string
  readonly dims: readonly number[]
  /** Outputs stay on the processor's side by default: read back when `run` resolves. */
  readonly data: unknown
}

/** Loads the package from the folder that it is installed in, and opens the device. Rejects with what the package throws. */
export async function openOnnxRuntime(folder: string, provider: 'webgpu' | 'cpu'): Promise<OpenContestant> {
  // The package carries these types, but is not there when this is compiled; its version is pinned.
  const runtime = createRequire(join(folder, 'package.json'))('onnxruntime-node') as OnnxRuntime
  // Errors alone: warnings say which nodes stay on the processor.
  const options = { executionProviders: [provider], logSeverityLevel: 3 }
  // The first session opens the device, which is no part of anybody's first run.
  await runtime.InferenceSession.create(smallestModel(), options)
  return {
    prepare: async ({ model, inputs }) => {
      const session = await runtime.InferenceSession.create(model, options)
      return async () => {
        const feeds = Object.entries(inputs).map(([name, { data, shape }]): [string, RuntimeTensor] => [
          name,
          new runtime.Tensor('float32', data, shape),
        ])
        return floatOutputs(await session.run(Object.fromEntries(feeds)))
      }
    },
  }
}

function floatOutputs(outputs: Readonly<Record<string, RuntimeTensor>>): Tensors {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, dims, data }]): [string, FloatTensor] => {
      if (data instanceof Float32Array) return [name, { shape: dims, data }]
      throw new CompileError({ code: 'bench/output', message: `output "${name}" is ${type}, not float32` })
    }),
  )
}

function smallestModel(): Uint8Array {
  const graph = graphBuilder('smallest')
  graph.node('Elu', [graph.input('x', 'f32', [1])], { attributes: { alpha: attribute.float(1) }, outputs: ['y'] })
  graph.output('y', 'f32', [1])
  return encodeModel(modelOf(graph.build(), { opset: 17 }))
}
