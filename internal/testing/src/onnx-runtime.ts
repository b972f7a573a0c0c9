// onnxruntime-node on the processor, as a second opinion. It is no dependency of the workspace: `npm run bench -- peers`
// installs it into a cache folder of the user, where benchmarks find it too.
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ModelInput } from './arbitrary-model.js'

/** A tensor as the package takes and gives it. */
interface RuntimeTensor {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: unknown
}

/** The part of the package that is used. */
interface OnnxRuntime {
  readonly InferenceSession: {
    readonly create: (
      model: Uint8Array,
      options: {
        readonly executionProviders: readonly string[]
        readonly logSeverityLevel: number
        readonly intraOpNumThreads: number
        readonly graphOptimizationLevel: 'disabled'
      },
    ) => Promise<{
      readonly run: (feeds: Readonly<Record<string, RuntimeTensor>>) => Promise<Readonly<Record<string, RuntimeTensor>>>
      readonly release: () => Promise<void>
    }>
  }
  readonly Tensor: new (type: string, data: ArrayBufferView, dims: readonly number[]) => RuntimeTensor
}

type Tensors = Readonly<Record<string, ModelInput>>

/** The outputs of a model for each of several inputs, or what the runtime says instead. */
export type ModelRunner = (model: Uint8Array, runs: readonly Tensors[]) => Promise<readonly (Tensors | string)[]>

/** The folder that holds the package, or undefined. */
function folderOfRuntime(): string | undefined {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tilewright', 'bench-peers')
  const names = existsSync(cache) ? readdirSync(cache) : []
  const found = names.filter((name) => name.startsWith('onnxruntime-node@')).toSorted()
  // npm writes this file last, so a folder with it is whole.
  return found
    .map((name) => join(cache, name))
    .findLast((folder) => existsSync(join(folder, 'node_modules', '.package-lock.json')))
}

/** Why there is no second opinion, or undefined when there is one. */
export function runtimeSkipReason(): string | undefined {
  return folderOfRuntime() === undefined
    ? 'onnxruntime-node is not installed (`npm run bench -- peers` installs it into a cache folder)'
    : undefined
}

/** The package, loaded into this process: what it computes, unoptimised. Throws `RangeError` when it is not installed. */
export function loadOnnxRuntime(): ModelRunner {
  const folder = folderOfRuntime()
  if (folder === undefined) throw new RangeError(runtimeSkipReason() ?? 'onnxruntime-node cannot be loaded')
  // The package carries these types, but is not there when this is compiled.
  const { InferenceSession, Tensor } = createRequire(join(folder, 'package.json'))('onnxruntime-node') as OnnxRuntime
  const options = { executionProviders: ['cpu'], logSeverityLevel: 4, intraOpNumThreads: 1 } as const
  return async (model, runs) => {
    try {
      const session = await InferenceSession.create(model, { ...options, graphOptimizationLevel: 'disabled' })
      const results: (Tensors | string)[] = []
      for (const inputs of runs) {
        const feeds = Object.entries(inputs).map(
          ([name, { dtype, shape, data }]) => [name, new Tensor(typeNames[dtype], data, shape)] as const,
        )
        try {
          const outputs = Object.entries(await session.run(Object.fromEntries(feeds)))
          results.push(Object.fromEntries(outputs.map(([name, tensor]) => [name, tensorOf(tensor)])))
        } catch (error) {
          results.push(String(error))
        }
      }
      await session.release()
      return results
    } catch (error) {
      return runs.map(() => String(error))
    }
  }
}

const typeNames = { f32: 'float32', i32: 'int32', i64: 'int64', bool: 'bool' } as const

function tensorOf({ type, dims: shape, data }: RuntimeTensor): ModelInput {
  if (data instanceof Float32Array) return { dtype: 'f32', shape, data }
  if (data instanceof Int32Array) return { dtype: 'i32', shape, data }
  if (data instanceof BigInt64Array) return { dtype: 'i64', shape, data }
  if (data instanceof Uint8Array && type === 'bool') return { dtype: 'bool', shape, data }
  throw new RangeError(`onnxruntime gives ${type}, which no random model has`)
}
