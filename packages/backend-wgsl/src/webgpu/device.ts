/// <reference types="@webgpu/types" preserve="true" />
/**
 * A `Device` over any `GPUDevice`: of Node, a browser, Deno, or the caller's own, which is neither patched nor listened
 * to. Everything is recorded in the order of the calls. What WebGPU reports late (a buffer that did not fit, an invalid
 * launch) is kept and rejects the next read, so that stale or zero data is never returned as if valid.
 */
import type { Device, DeviceBuffer, DeviceInfo, Pipeline, PlanKernel } from '@tilewright/backend'
import { CompileError, type Target } from '@tilewright/ir'
import { compilePipeline, type GpuPipeline } from './compile-pipeline.js'
import { createFaults } from './faults.js'
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

/** What stays within a vector of the last element is always there to be read. */
const padding = 16

/** A device over `gpu`. It owns `gpu`: `dispose` destroys it. */
export function makeDevice(gpu: GPUDevice, options: DeviceOptions = {}): Device {
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
    throw new CompileError({ code: 'device/foreign', message: 'a buffer of another device was given' })
  }
  const checkBytes = (buffer: DeviceBuffer, bytes: number, what: string, offset = 0): void => {
    if (offset + bytes <= buffer.bytes) return
    throw new CompileError({
      code: 'device/range',
      message: `${what} of ${bytes} bytes at ${offset === 0 ? '' : `byte ${offset} of `}a buffer of ${buffer.bytes} bytes`,
    })
  }
  const recorder = createRecorder(gpu, faults, bufferOf, (pipeline) => {
    const known = pipelines.get(pipeline)
    if (known !== undefined) return known
    throw new CompileError({ code: 'device/foreign', message: 'a pipeline of another device was given' })
  })

  return {
    info,
    target,
    lost: faults.lost,
    createBuffer: (bytes) => {
      faults.check()
      if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > target.limits.bufferBytes) {
        throw new CompileError({
          code: 'limits/buffer-size',
          message: `a buffer of ${bytes} bytes; ${target.name} allows ${target.limits.bufferBytes}`,
          help: 'use smaller tensors, or a device with larger buffers',
        })
      }
      const size = Math.max(padding, Math.ceil(bytes / padding) * padding)
      const made = faults.guard('out-of-memory', () =>
        gpu.createBuffer({ size, usage: usage.storage | usage.copySrc | usage.copyDst }),
      )
      owned.add(made)
      const buffer: DeviceBuffer = Object.freeze({
        bytes: size,
        destroy: () => {
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
      checkBytes(buffer, data.byteLength, 'a write', offset)
      const bytes = writable(data)
      if (bytes.byteLength > 0) gpu.queue.writeBuffer(bufferOf(buffer), offset, bytes)
    },
    read: async (buffer, bytes) => {
      faults.check()
      checkBytes(buffer, bytes, 'a read')
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

/** Throws `CompileError` `limits/…` for a kernel that the device cannot run. */
function checkKernel(kernel: PlanKernel, { name, limits }: Target): void {
  const checks = [
    ['threads', 'threads in a workgroup', kernel.threads, limits.threads],
    ['workgroup-memory', 'bytes of workgroup memory', kernel.workgroupBytes, limits.workgroupBytes],
    ['storage-buffers', 'storage buffers', kernel.buffers.length, limits.storageBuffers],
  ] as const
  for (const [code, what, needed, allowed] of checks) {
    if (needed <= allowed) continue
    throw new CompileError({
      code: `limits/${code}`,
      message: `a kernel needs ${needed} ${what}; ${name} allows ${allowed}`,
      help: 'compile for this device: its target carries these limits',
    })
  }
}
