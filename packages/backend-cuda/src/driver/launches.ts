/** Launches of kernels, with their parameters in memory that the driver reads while it is called. */
import { invariant } from '@tilewright/ir'
import type { CudaApi } from './cuda-api.js'
import { CudaFailure } from './cuda-api.js'
import type { CudaPipeline } from './pipelines.js'
import { encodeTileMap, tileMapBytes } from './tile-maps.js'

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

/** CUDA takes 4096 bytes of parameters; the smallest is a scalar, the largest a tile map. */
const maxParamBytes = 4096
const maxParams = maxParamBytes / 4
const maxTileMaps = maxParamBytes / tileMapBytes

export function createLauncher(cuda: CudaApi, stream: bigint): Launcher {
  // Not in a typed array: the garbage collector may move those. Values, 8 bytes each, and behind them pointers to each; then
  // tile maps, from the first address on at which one may be.
  const params = cuda.allocateHost(16 * maxParams + maxParamBytes + tileMapBytes)
  const memory = cuda.view(params, 16 * maxParams)
  const longs = new BigUint64Array(memory)
  const words = new Uint32Array(memory)
  const pointAt = (i: number, value: bigint): void => {
    longs[maxParams + i] = value
  }
  const pointAtValue = (i: number): void => pointAt(i, params + BigInt(8 * i))
  for (let i = 0; i < maxParams; i++) pointAtValue(i)
  const pointers = params + BigInt(8 * maxParams)
  const end = params + BigInt(16 * maxParams)
  const maps = end + BigInt(tileMapBytes) - (end % BigInt(tileMapBytes))

  const launchOne = ({ pipeline, pointers: buffers, scalars, workgroups: [x, y, z] }: Launch): void => {
    const { handle, threads, sharedBytes, tileMaps, name } = pipeline
    const before = buffers.length + scalars.length
    const isTaken = before + tileMaps.length <= maxParams && tileMaps.length <= maxTileMaps
    invariant(isTaken, 'a kernel has more parameters than CUDA takes')
    for (const [i, pointer] of buffers.entries()) longs[i] = pointer
    for (const [i, scalar] of scalars.entries()) words[2 * (buffers.length + i)] = scalar
    try {
      for (const [i, map] of tileMaps.entries()) {
        const at = maps + BigInt(tileMapBytes * i)
        encodeTileMap(cuda, map, at, buffers, scalars)
        pointAt(before + i, at)
      }
      cuda.call('cuLaunchKernel', handle, x, y, z, threads, 1, 1, sharedBytes, stream, pointers, 0n)
    } catch (error) {
      throw error instanceof CudaFailure ? new CudaFailure(error.result, error.message, name) : error
    } finally {
      for (let i = 0; i < tileMaps.length; i++) pointAtValue(before + i)
    }
  }
  return {
    launch: (launches) => {
      for (const one of launches) launchOne(one)
    },
    destroy: () => cuda.freeHost(params),
  }
}
