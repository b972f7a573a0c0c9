/**
 * A `Device` over any `GPUDevice`: of Node, a browser, Deno, or the caller's own, which is neither patched nor listened
 * to. Everything is recorded in the order of the calls. What WebGPU reports late (a buffer that did not fit, an invalid
 * launch) is kept and rejects the next read, so that stale or zero data is never returned as if valid.
 */
import {
  bufferSize,
  checkKernel,
  checkTransfer,
  type Device,
  type DeviceBuffer,
  type DeviceInfo,
  foreignBufferError,
  foreignPipelineError,
  type Pipeline,
  type PlanKernel,
} from '@tilewright/backend'
import { CompileError, checkOptions, type Target } from '@tilewright/ir'
import { compilePipeline, type GpuPipeline } from './compile-pipeline.js'
import { createFaults } from './faults.js'
import type { GpuDevice } from './gpu-types.js'
import { createRecorder } from './recorder.js'
import { createStagingPool } from './staging.js'
import { deviceTarget } from './target.js'

export interface DeviceOptions {
  /** Waits for a promise of the device; Node throttles Dawn's polling meanwhile. Default: just waits. */
  readonly wait?: <T>(pending: Promise<T>) => Promise<T>
  /** Runs after the device has been destroyed. */
  readonly onDispose?: () => void
}

/** Flags of `GPUBufferUsage`, which is no global in Node. */
const usage = { copySrc: 0x4, copyDst: 0x8, storage: 0x80 } as const

/**
 * A device over `gpu`. It owns `gpu`: `dispose` destroys it. Throws `CompileError` `device/no-webgpu` for what is no
 * `GPUDevice`, or none of a WebGPU that tells what its adapter is.
 */
export function makeDevice(gpu: GpuDevice, options: DeviceOptions = {}): Device {
  // Callers without types may pass a promise of it, or an adapter.
  if (gpu?.adapterInfo === undefined) {
    throw new CompileError({
      code: 'device/no-webgpu',
      message: 'what makeDevice is given is no GPUDevice with adapterInfo',
      help: 'pass the device that await adapter.requestDevice() gives, in a current browser',
    })
  }
  checkOptions('device/option', 'makeDevice', options, { wait: true, onDispose: true })
  const { wait = (pending) => pending } = options
  const info = deviceInfo(gpu)
  const target: Target = deviceTarget(gpu.limits, info)
  const buffers = new WeakMap<DeviceBuffer, GPUBuffer>()
  const pipelines = new WeakMap<Pipeline, GpuPipeline>()
  const owned = new Set<GPUBuffer>()
  const staging = createStagingPool(gpu)
  const faults = createFaults(gpu)

  const bufferOf = (buffer: DeviceBuffer): GPUBuffer => {
    const known = buffers.get(buffer)
    if (known !== undefined) return known
    throw foreignBufferError()
  }
  const recorder = createRecorder(gpu, target, faults, bufferOf, (pipeline) => {
    const known = pipelines.get(pipeline)
    if (known !== undefined) return known
    throw foreignPipelineError()
  })

  return {
    info,
    target,
    lost: faults.lost,
    createBuffer: (bytes) => {
      faults.check()
      const size = bufferSize(bytes, target)
      const made = faults.guard('out-of-memory', () =>
        gpu.createBuffer({ size, usage: usage.storage | usage.copySrc | usage.copyDst }),
      )
      owned.add(made)
      const buffer: DeviceBuffer = Object.freeze({
        bytes: size,
        destroy: () => {
          if (!buffers.delete(buffer)) return
          owned.delete(made)
          recorder.forget(made)
          made.destroy()
        },
      })
      buffers.set(buffer, made)
      return buffer
    },
    write: (buffer, data, offset = 0) => {
      faults.check()
      checkTransfer(buffer, data?.byteLength, 'a write', offset)
      const bytes = writable(data)
      if (bytes.byteLength > 0) gpu.queue.writeBuffer(bufferOf(buffer), offset, bytes)
    },
    read: async (buffer, bytes) => {
      faults.check()
      checkTransfer(buffer, bytes, 'a read')
      const size = Math.max(4, Math.ceil(bytes / 4) * 4)
      const stage = staging.take(size)
      const result = new Uint8Array(bytes)
      try {
        faults.guard('validation', () => {
          const encoder = gpu.createCommandEncoder()
          encoder.copyBufferToBuffer(bufferOf(buffer), 0, stage, 0, size)
          gpu.queue.submit([encoder.finish()])
        })
        // Asked at once: what went wrong before this read concerns it, even if others are told of it too.
        const settled = faults.settled()
        await wait(faults.unlessLost(Promise.all([stage.mapAsync(1, 0, size), settled])))
        result.set(new Uint8Array(stage.getMappedRange(0, size), 0, bytes))
        stage.unmap()
      } catch (error) {
        stage.destroy()
        throw await faults.explain(error)
      }
      staging.give(stage)
      return result
    },
    createPipeline: async (kernel: PlanKernel) => {
      faults.check()
      checkKernel(kernel, target)
      const compiled = await wait(faults.unlessLost(compilePipeline(gpu, kernel)))
      const pipeline: Pipeline = Object.freeze({ kernel })
      pipelines.set(pipeline, compiled)
      return pipeline
    },
    begin: () => {
      faults.check()
      return recorder.begin()
    },
    settled: async () => {
      faults.check()
      try {
        await wait(faults.unlessLost(Promise.all([gpu.queue.onSubmittedWorkDone(), faults.settled()])))
      } catch (error) {
        throw await faults.explain(error)
      }
    },
    dispose: () => {
      if (!faults.dispose()) return
      for (const buffer of owned) buffer.destroy()
      staging.destroy()
      gpu.destroy()
      options.onDispose?.()
    },
  }
}

function deviceInfo(gpu: GPUDevice): DeviceInfo {
  const { vendor, architecture, description, isFallbackAdapter } = gpu.adapterInfo
  const words = [vendor, architecture].filter((word) => word !== '')
  return {
    backend: 'wgsl',
    adapter: words.join(' ') || description || 'unnamed adapter',
    software: isFallbackAdapter,
  }
}

/** The bytes of a view as WebGPU takes them: not shared, and whole words (the last one is filled up with zeros). */
function writable(data: ArrayBufferView): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = data
  if (buffer instanceof ArrayBuffer && byteLength % 4 === 0) return new Uint8Array(buffer, byteOffset, byteLength)
  const copy = new Uint8Array(Math.ceil(byteLength / 4) * 4)
  copy.set(new Uint8Array(buffer, byteOffset, byteLength))
  return copy
}
