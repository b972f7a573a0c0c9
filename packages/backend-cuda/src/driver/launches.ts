/** Launches of kernels, with their parameters in memory that the driver reads while it is called. */
import { invariant } from '@tilewright/ir'
import type { CudaApi } from './cuda-api.js'
import { CudaFailure } from './cuda-api.js'
import type { CudaPipeline } from './pipelines.js'

export interface Launch {
  readonly pipeline: CudaPipeline
  /** Of the kernel's buffers, in order. */
  readonly pointers: readonly bigint[]
  readonly scalars: Uint32Array
  readonly workgroups: readonly [number, number, number]
}

export interface Launcher {
  /** Puts launches into the stream, in order. Throws `CompileError` that names the kernel. */
  readonly launch: (launches: readonly Launch[]) => void
  readonly destroy: () => void
}

/** CUDA takes 4096 bytes of parameters; the smallest is a scalar. */
const maxParams = 1024

export function createLauncher(cuda: CudaApi, stream: bigint): Launcher {
  // Not in a typed array: the garbage collector may move those. Values, 8 bytes each, and behind them pointers to each.
  const params = cuda.allocateHost(16 * maxParams)
  const memory = cuda.view(params, 16 * maxParams)
  const longs = new BigUint64Array(memory)
  const words = new Uint32Array(memory)
  for (let i = 0; i < maxParams; i++) longs[maxParams + i] = params + BigInt(8 * i)
  const pointers = params + BigInt(8 * maxParams)

  const launchOne = ({ pipeline, pointers: buffers, scalars, workgroups: [x, y, z] }: Launch): void => {
    invariant(buffers.length + scalars.length <= maxParams, 'a kernel has more parameters than CUDA takes')
    for (const [i, pointer] of buffers.entries()) longs[i] = pointer
    for (const [i, scalar] of scalars.entries()) words[2 * (buffers.length + i)] = scalar
    const { handle, threads, sharedBytes, name } = pipeline
    try {
      cuda.call('cuLaunchKernel', handle, x, y, z, threads, 1, 1, sharedBytes, stream, pointers, 0n)
    } catch (error) {
      throw error instanceof CudaFailure ? new CudaFailure(error.result, error.message, name) : error
    }
  }
  return {
    launch: (launches) => {
      for (const one of launches) launchOne(one)
    },
    destroy: () => cuda.freeHost(params),
  }
}
