/** The device: buffers are memory of this process, a launch is a call. */
import type { Device, DeviceBuffer, Pipeline, PlanKernel } from '@tilewright/backend'
import { CompileError, type Target } from '@tilewright/ir'

/** What the printer of this package makes: it views the bytes of each buffer as its dtype. */
type Launch = (memory: readonly Uint8Array[], scalars: Int32Array, x: number, y: number, z: number) => void

/** Opens the device of last resort. It computes on the calling thread, when a recording is submitted. */
export function openCpu(target: Target): Device {
  const memories = new WeakMap<DeviceBuffer, ArrayBuffer>()
  const launches = new WeakMap<Pipeline, Launch>()
  let disposed = false
  const memoryOf = (buffer: DeviceBuffer): ArrayBuffer => {
    const memory = memories.get(buffer)
    if (disposed) {
      throw new CompileError({
        code: 'device/lost',
        message: 'the device was disposed of',
        help: 'open a new device',
      })
    }
    if (memory !== undefined) return memory
    throw new CompileError({
      code: 'device/foreign',
      message: 'the buffer was destroyed, or it is another device’s',
    })
  }
  return {
    info: { backend: 'cpu', adapter: 'JavaScript', software: true },
    target,
    createBuffer: (bytes) => {
      if (bytes > target.limits.bufferBytes) {
        throw new CompileError({
          code: 'limits/buffer-size',
          message: `a buffer of ${bytes} bytes; the target allows ${target.limits.bufferBytes}`,
          help: 'split the tensor, or run on another device',
        })
      }
      const padded = Math.max(16, Math.ceil(bytes / 16) * 16)
      const buffer: DeviceBuffer = {
        bytes: padded,
        destroy: () => {
          memories.delete(buffer)
        },
      }
      memories.set(buffer, allocate(padded))
      return buffer
    },
    write: (buffer, data, offset = 0) => {
      new Uint8Array(memoryOf(buffer)).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset)
    },
    read: async (buffer, bytes) => new Uint8Array(memoryOf(buffer).slice(0, bytes)),
    createPipeline: async (kernel) => {
      const pipeline: Pipeline = { kernel }
      launches.set(pipeline, compileLaunch(kernel))
      return pipeline
    },
    begin: () => {
      const recorded: (() => void)[] = []
      return {
        dispatch: (pipeline, ranges, scalars, [x, y, z]) => {
          const launch = launches.get(pipeline)
          if (launch === undefined) {
            throw new CompileError({ code: 'device/pipeline', message: 'the pipeline belongs to another device' })
          }
          const memory = ranges.map(({ buffer, offset, bytes }) => new Uint8Array(memoryOf(buffer), offset, bytes))
          const words = new Int32Array(scalars)
          recorded.push(() => launch(memory, words, x, y, z))
        },
        submit: () => {
          for (const run of recorded) run()
          recorded.length = 0
        },
      }
    },
    // A launch runs while it is submitted, and throws there.
    settled: async () => undefined,
    lost: new Promise(() => undefined),
    dispose: () => {
      disposed = true
    },
  }
}

function allocate(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes)
  } catch (cause) {
    throw new CompileError({
      code: 'device/out-of-memory',
      message: `this process has no ${bytes} bytes left for a buffer`,
      help: 'dispose sessions that are not used, or run on smaller inputs',
      cause,
    })
  }
}

/** The function of a kernel's source, which the printer of this package has made. */
function compileLaunch(kernel: PlanKernel): Launch {
  try {
    const launch: unknown = new Function(`"use strict"\nreturn ${kernel.source}`)()
    if (typeof launch === 'function') return (...args) => Reflect.apply(launch, undefined, args)
  } catch (cause) {
    throw new CompileError({ code: 'device/pipeline', message: `the kernel does not compile: ${String(cause)}`, cause })
  }
  throw new CompileError({ code: 'device/pipeline', message: 'the kernel is not a function' })
}
