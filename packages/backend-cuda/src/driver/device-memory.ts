/** Memory of the device, taken and given back in the order of the stream where it has pools; else at once. */
import { type CudaApi, CudaFailure } from './cuda-api.js'
import { handleFrom } from './koffi.js'

export interface DeviceMemory {
  /** A pointer to at least `bytes`, undefined at first. Throws `CompileError` `device/out-of-memory`. */
  readonly allocate: (bytes: number) => bigint
  /** Frees what `allocate` gave, once the work so far is done. */
  readonly free: (pointer: bigint) => void
  /** Frees the pool and all that is left. */
  readonly destroy: () => void
}

/** `CU_MEMPOOL_ATTR_RELEASE_THRESHOLD`: above it, freed memory goes back to the system at each wait. */
const releaseThreshold = 4

/** `hasPools`: of the device, as `CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED` has it. */
export function createDeviceMemory(cuda: CudaApi, device: number, stream: bigint, hasPools: boolean): DeviceMemory {
  const live = new Set<bigint>()
  // A pool of its own: the settings of the device's are everybody's, and what is left in this one ends with it.
  const pool = hasPools ? createPool(cuda, device) : undefined
  const take = (bytes: number): bigint =>
    handleFrom((out) => {
      if (pool === undefined) cuda.call('cuMemAlloc', out, bytes)
      else cuda.call('cuMemAllocFromPoolAsync', out, bytes, pool, stream)
    })
  const free = (pointer: bigint): void => {
    live.delete(pointer)
    if (pool === undefined) cuda.call('cuMemFree', pointer)
    else cuda.call('cuMemFreeAsync', pointer, stream)
  }
  return {
    allocate: (bytes) => {
      let pointer: bigint
      try {
        pointer = take(bytes)
      } catch (error) {
        if (!(error instanceof CudaFailure) || error.code !== 'device/out-of-memory' || pool === undefined) throw error
        // What is freed in the stream comes back for sure once the stream has come so far, and the pool has let go of it.
        cuda.call('cuStreamSynchronize', stream)
        cuda.call('cuMemPoolTrimTo', pool, 0)
        pointer = take(bytes)
      }
      live.add(pointer)
      return pointer
    },
    free,
    destroy: () => {
      for (const pointer of live) free(pointer)
      if (pool === undefined) return
      cuda.call('cuStreamSynchronize', stream)
      cuda.call('cuMemPoolDestroy', pool)
    },
  }
}

function createPool(cuda: CudaApi, device: number): bigint {
  // CUmemPoolProps: type PINNED, no handles for other processes, location DEVICE and its number; the rest is 0.
  const properties = new Uint8Array(88)
  new Int32Array(properties.buffer).set([1, 0, 1, device])
  const pool = handleFrom((out) => cuda.call('cuMemPoolCreate', out, properties))
  cuda.call('cuMemPoolSetAttribute', pool, releaseThreshold, new Uint8Array(8).fill(0xff))
  return pool
}
