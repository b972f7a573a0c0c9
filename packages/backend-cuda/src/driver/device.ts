/**
 * A `Device` on NVIDIA's driver API: the primary context of a GPU and one stream, in which everything happens in the order of
 * the calls. Invariant: each call of CUDA stands within `faults.run`, which makes the context current and notices a loss.
 */
import {
  bufferSize,
  checkTransfer,
  type Device,
  type DeviceBuffer,
  foreignBufferError,
  foreignPipelineError,
  type Pipeline,
} from '@tilewright/backend'
import { InternalError, TilewrightError } from '@tilewright/ir'
import type { CudaCompiler } from './compiler.js'
import type { CudaApi } from './cuda-api.js'
import { createDeviceMemory } from './device-memory.js'
import { createFaults } from './faults.js'
import { createGraphs } from './graphs.js'
import { handleFrom } from './koffi.js'
import { createLauncher } from './launches.js'
import { createPinnedPool } from './pinned-pool.js'
import { type CudaPipeline, createPipelines } from './pipelines.js'
import { createRecorders } from './recorder.js'
import { createStreamProgress } from './stream-progress.js'
import { gpuProperties } from './target.js'

export interface CudaDeviceOptions {
  readonly compiler: CudaCompiler
  /** Whether the driver is none of NVIDIA's, but emulates a GPU. */
  readonly software: boolean
}

/** `CU_STREAM_NON_BLOCKING`: does not wait for what others do in the default stream. */
const nonBlocking = 1

/** A write is copied in pieces of this size, and waits when so many bytes are under way. */
const pieceBytes = 2 ** 23
const maxBytesUnderWay = 2 ** 26

/** A device on the GPU `gpu`. Throws `CompileError` `device/no-adapter`, `device/out-of-memory`, `device/driver`. */
export function makeCudaDevice(cuda: CudaApi, gpu: number, { compiler, software }: CudaDeviceOptions): Device {
  const { name, architecture, hasPools, target } = gpuProperties(cuda, gpu)
  const context = handleFrom((out) => cuda.call('cuDevicePrimaryCtxRetain', out, gpu))
  const faults = createFaults(() => cuda.call('cuCtxSetCurrent', context))
  const leave = (): void => {
    try {
      cuda.call('cuCtxSetCurrent', 0n)
      cuda.call('cuDevicePrimaryCtxRelease', gpu)
    } catch {
      // A context in error says so once more as it goes.
    }
  }
  const opened = ((): Parts => {
    try {
      return faults.run(() => openParts(cuda, gpu, hasPools, faults))
    } catch (error) {
      leave()
      throw error
    }
  })()
  const { stream, progress, memory, pinned, launcher, graphs } = opened
  const kernels = createPipelines(cuda, compiler, architecture, target, faults)
  const pointers = new WeakMap<DeviceBuffer, bigint>()
  const pipelines = new WeakMap<Pipeline, CudaPipeline>()

  const pointerOf = (buffer: DeviceBuffer): bigint => {
    const known = pointers.get(buffer)
    if (known !== undefined) return known
    throw foreignBufferError()
  }
  const begin = createRecorders({
    target,
    pointerOf,
    pipelineOf: (pipeline) => {
      const known = pipelines.get(pipeline)
      if (known !== undefined) return known
      throw foreignPipelineError()
    },
    submit: (run) => {
      faults.check()
      if (run.launches.length === 0) return
      try {
        for (const buffer of run.buffers) pointerOf(buffer)
        faults.run(() => {
          progress.sweep()
          graphs.submit(run)
        })
      } catch (error) {
        faults.check()
        faults.keep(
          error instanceof TilewrightError ? error : new InternalError(`a submission failed: ${String(error)}`),
        )
      }
    },
  })

  return {
    info: { backend: 'cuda', adapter: name, software },
    target,
    lost: faults.lost,
    createBuffer: (bytes) => {
      const size = bufferSize(bytes, target)
      const pointer = faults.run(() => {
        const made = memory.allocate(size)
        cuda.call('cuMemsetD8Async', made, 0, size, stream)
        return made
      })
      const buffer: DeviceBuffer = Object.freeze({
        bytes: size,
        destroy: () => {
          if (!pointers.delete(buffer) || faults.reason() !== undefined) return
          faults.run(() => {
            graphs.forget(buffer)
            memory.free(pointer)
          })
        },
      })
      pointers.set(buffer, pointer)
      return buffer
    },
    write: (buffer, data, offset = 0) => {
      faults.check()
      checkTransfer(buffer, data?.byteLength, 'a write', offset)
      const to = pointerOf(buffer) + BigInt(offset)
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      faults.run(() => {
        for (let at = 0; at < bytes.length; at += pieceBytes) {
          progress.sweep()
          if (pinned.taken() >= maxBytesUnderWay) progress.finish()
          const piece = bytes.subarray(at, at + pieceBytes)
          const block = pinned.take(piece.length)
          block.bytes.set(piece)
          cuda.call('cuMemcpyHtoDAsync', to + BigInt(at), block.pointer, piece.length, stream)
          progress.after(() => pinned.give(block))
        }
      })
    },
    read: async (buffer, bytes) => {
      faults.check()
      checkTransfer(buffer, bytes, 'a read')
      const from = pointerOf(buffer)
      const result = new Uint8Array(bytes)
      const copied = faults.run(() => {
        if (bytes === 0) return progress.done()
        const block = pinned.take(bytes)
        cuda.call('cuMemcpyDtoHAsync', block.pointer, from, bytes, stream)
        return progress.done(() => {
          result.set(block.bytes.subarray(0, bytes))
          pinned.give(block)
        })
      })
      // Asked at once: what went wrong before this read concerns it, even if others are told of it too.
      await Promise.all([faults.settled(), copied])
      return result
    },
    createPipeline: async (kernel) => {
      faults.check()
      const made = await kernels.create(kernel)
      const pipeline: Pipeline = Object.freeze({ kernel })
      pipelines.set(pipeline, made)
      return pipeline
    },
    begin: () => {
      faults.check()
      return begin()
    },
    settled: async () => {
      faults.check()
      const done = faults.run(() => progress.done())
      await Promise.all([faults.settled(), done])
    },
    dispose: () => {
      const wasLost = faults.reason() !== undefined
      if (!faults.dispose()) return
      try {
        // What a lost device holds is freed with its context.
        if (wasLost) return
        cuda.call('cuCtxSetCurrent', context)
        progress.finish()
        graphs.destroy()
        pinned.destroy()
        memory.destroy()
        kernels.destroy()
        progress.destroy()
        cuda.call('cuStreamDestroy', stream)
      } catch {
        // It is lost in the last moment: nobody can be told, and the context takes the rest along.
      } finally {
        launcher.destroy()
        leave()
      }
    },
  }
}

interface Parts {
  readonly stream: bigint
  readonly progress: ReturnType<typeof createStreamProgress>
  readonly memory: ReturnType<typeof createDeviceMemory>
  readonly pinned: ReturnType<typeof createPinnedPool>
  readonly launcher: ReturnType<typeof createLauncher>
  readonly graphs: ReturnType<typeof createGraphs>
}

function openParts(cuda: CudaApi, gpu: number, hasPools: boolean, faults: ReturnType<typeof createFaults>): Parts {
  const stream = handleFrom((out) => cuda.call('cuStreamCreate', out, nonBlocking))
  const progress = createStreamProgress(cuda, stream, faults)
  const memory = createDeviceMemory(cuda, gpu, stream, hasPools)
  const launcher = createLauncher(cuda, stream)
  const graphs = createGraphs(cuda, stream, launcher, progress)
  return { stream, progress, memory, pinned: createPinnedPool(cuda), launcher, graphs }
}
