/** Several launches over the same memory, on a device and on the simulator side by side. */
import { type DeviceBuffer, type Recorder, scalarWord } from '@tilewright/backend'
import { defined, evaluateSize, type Kernel, printKernel, type SizeValues } from '@tilewright/ir'
import { runKernel } from '@tilewright/simulator'
import { ConformanceError, type Subject } from './conformance-case.js'
import { lower } from './launch.js'

/** A launch of a kernel: its parameters are the memory of their names. */
export interface Step {
  readonly kernel: Kernel
  readonly sizes?: SizeValues
}

/** Launches that are recorded, and not yet submitted. */
export interface Recorded {
  readonly submit: () => void
}

export interface Sequence {
  /** Compiles the kernels and records the launches. */
  readonly record: (steps: readonly Step[]) => Promise<Recorded>
  readonly write: (name: string, data: Int32Array<ArrayBuffer>) => void
  /** Reads a memory of the device, and compares with what the simulator has now. Throws `ConformanceError`. */
  readonly check: (name: string) => Promise<void>
  readonly destroy: () => void
}

/** Memories of i32 by their names. */
export function createSequence(
  subject: Subject,
  memories: Readonly<Record<string, Int32Array<ArrayBuffer>>>,
): Sequence {
  const { device } = subject
  const buffers = new Map<string, DeviceBuffer>()
  const truth = new Map<string, Int32Array<ArrayBuffer>>()
  const kernels: string[] = []
  const write: Sequence['write'] = (name, data) => {
    device.write(bufferOf(name), data)
    truthOf(name).set(data)
  }
  const bufferOf = (name: string): DeviceBuffer => defined(buffers.get(name), `a memory is called "${name}"`)
  const truthOf = (name: string): Int32Array<ArrayBuffer> => defined(truth.get(name), `a memory is called "${name}"`)
  for (const [name, data] of Object.entries(memories)) {
    buffers.set(name, device.createBuffer(data.byteLength))
    truth.set(name, data.slice())
    write(name, data)
  }

  const dispatch = async ({ kernel, sizes = {} }: Step): Promise<(recorder: Recorder) => void> => {
    kernels.push(printKernel(kernel))
    const { kernel: lowered, emitted } = lower(subject.backend, device, kernel)
    const pipeline = await device.createPipeline(emitted.pipeline)
    const ranges = emitted.buffers.map((param) => {
      const { hint } = defined(kernel.params[lowered.params.indexOf(param)], 'a printed buffer is a parameter')
      const buffer = bufferOf(hint)
      return { buffer, offset: 0, bytes: buffer.bytes }
    })
    const scalars = emitted.scalars.map((scalar) => scalarWord(scalar, (size) => evaluateSize(size, sizes)))
    const [x, y, z] = emitted.workgroups
    const grid = [evaluateSize(x, sizes), evaluateSize(y, sizes), evaluateSize(z, sizes)] as const
    return (recorder) => recorder.dispatch(pipeline, ranges, Uint32Array.from(scalars), grid)
  }

  return {
    record: async (steps) => {
      const launches = await Promise.all(steps.map(dispatch))
      const recorder = device.begin()
      for (const launch of launches) launch(recorder)
      return {
        submit: () => {
          recorder.submit()
          for (const { kernel, sizes = {} } of steps) {
            runKernel(kernel, { buffers: new Map(kernel.params.map((param) => [param, truthOf(param.hint)])), sizes })
          }
        },
      }
    },
    write,
    check: async (name) => {
      // The truth as it is now: a read takes its place in the order when it is made.
      const expected = truthOf(name).slice()
      const got = new Int32Array((await device.read(bufferOf(name), expected.byteLength)).buffer)
      const at = expected.findIndex((value, i) => value !== got[i])
      if (at < 0) return
      throw new ConformanceError({
        code: 'conformance/difference',
        message: `${name}: element ${at} is ${got[at]}, the simulator's is ${expected[at]}`,
        kernel: [...new Set(kernels)].join('\n'),
      })
    },
    destroy: () => {
      for (const buffer of buffers.values()) buffer.destroy()
    },
  }
}
