/** The device: buffers are memory of this process, a launch is a call. */
import {
  bufferSize,
  checkKernel,
  checkLaunch,
  checkRecording,
  checkTransfer,
  type Device,
  type DeviceBuffer,
  disposedReason,
  foreignBufferError,
  foreignPipelineError,
  lostError,
  type Pipeline,
  type PlanKernel,
} from '@tilewright/backend'
import { CompileError, type Target } from '@tilewright/ir'

/** What the printer of this package makes: it views the bytes of each buffer as its dtype. */
type Launch = (memory: readonly Uint8Array[], scalars: Int32Array, x: number, y: number, z: number) => void

/** Opens the device of last resort. It computes on the calling thread, when a recording is submitted. */
export function openCpu(target: Target): Device {
  const memories = new WeakMap<DeviceBuffer, ArrayBuffer>()
  const launches = new WeakMap<Pipeline, Launch>()
  let disposed = false
  const checkOpen = (): void => {
    if (disposed) throw lostError(disposedReason)
  }
  const memoryOf = (buffer: DeviceBuffer): ArrayBuffer => {
    const memory = memories.get(buffer)
    if (memory !== undefined) return memory
    throw foreignBufferError()
  }
  return {
    info: { backend: 'cpu', adapter: 'JavaScript', software: true },
    target,
    createBuffer: (bytes) => {
      checkOpen()
      const size = bufferSize(bytes, target)
      const buffer: DeviceBuffer = {
        bytes: size,
        destroy: () => {
          memories.delete(buffer)
        },
      }
      memories.set(buffer, allocate(size))
      return buffer
    },
    write: (buffer, data, offset = 0) => {
      checkOpen()
      checkTransfer(buffer, data?.byteLength, 'a write', offset)
      new Uint8Array(memoryOf(buffer)).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset)
    },
    read: async (buffer, bytes) => {
      checkOpen()
      checkTransfer(buffer, bytes, 'a read')
      return new Uint8Array(memoryOf(buffer).slice(0, bytes))
    },
    createPipeline: async (kernel) => {
      checkOpen()
      checkKernel(kernel, target)
      const pipeline: Pipeline = { kernel }
      launches.set(pipeline, compileLaunch(kernel))
      return pipeline
    },
    begin: () => {
      checkOpen()
      const recorded: (() => void)[] = []
      let isSubmitted = false
      return {
        dispatch: (pipeline, ranges, scalars, workgroups) => {
          checkRecording(isSubmitted)
          checkLaunch(target, pipeline, ranges, scalars, workgroups)
          const launch = launches.get(pipeline)
          if (launch === undefined) throw foreignPipelineError()
          const memory = ranges.map(({ buffer, offset, bytes }) => new Uint8Array(memoryOf(buffer), offset, bytes))
          const words = new Int32Array(scalars)
          recorded.push(() => launch(memory, words, ...workgroups))
        },
        submit: () => {
          checkOpen()
          checkRecording(isSubmitted)
          isSubmitted = true
          for (const run of recorded) run()
        },
      }
    },
    // A launch runs while it is submitted, and throws there.
    settled: async () => checkOpen(),
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
