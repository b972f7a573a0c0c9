/**
 * The device `cuda-emulated`: printed CUDA C++ is compiled for the processor and executed there. It computes on the calling
 * thread (and as many others as there are processors), when a recording is submitted.
 */
import type { Device, DeviceBuffer, Pipeline, PlanKernel } from '@tilewright/backend'
import { CompileError, defined } from '@tilewright/ir'
import { cudaTarget } from '../cuda-target.js'
import { type EmulationOptions, emulatedCompiler } from './node-compile-emulated.js'

/** Memory that stays where it is. */
interface HostMemory {
  readonly block: unknown
  readonly address: bigint
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Gives 0, or another number when the kernel did something wrong. */
type Entry = (
  workgroups: readonly [number, number, number],
  threads: number,
  sharedBytes: number,
  params: unknown,
) => number

interface Module {
  readonly launch: Entry
  readonly message: () => string
}

/**
 * Opens the device. Rejects with `CompileError` `device/no-koffi` where the package `koffi` cannot be loaded; what a machine
 * lacks to compile is told by the first pipeline (`device/no-compiler`, `device/emulation`).
 */
export async function openEmulated(options: EmulationOptions = {}): Promise<Device> {
  const koffi = await loadKoffi()
  const compile = emulatedCompiler(options)
  const memories = new Map<DeviceBuffer, HostMemory>()
  const modules = new WeakMap<Pipeline, Module>()
  const { promise: lost, resolve: lose } = withResolvers()
  let fault: CompileError | undefined

  const check = (): void => {
    if (fault !== undefined) throw fault
  }
  const memoryOf = (buffer: DeviceBuffer): HostMemory => {
    check()
    const memory = memories.get(buffer)
    if (memory !== undefined) return memory
    throw new CompileError({ code: 'device/foreign', message: 'the buffer was destroyed, or it is another device’s' })
  }
  const allocate = (bytes: number): HostMemory => {
    const block: unknown = koffi.alloc('uint8_t', bytes)
    return { block, address: koffi.address(block), bytes: new Uint8Array(koffi.view(block, bytes)) }
  }
  const load = (path: string): Module => {
    const library = koffi.load(path)
    const extents = 'uint gx, uint gy, uint gz, uint bx, uint by, uint bz'
    const entry = library.func(`int main_kernel__launch(${extents}, uint bytes, void *params, uint osThreads)`)
    const message = library.func('const char *tilewright_message()')
    return {
      launch: ([x, y, z], threads, shared, params) => Number(entry(x, y, z, threads, 1, 1, shared, params, 0)),
      message: () => String(message()),
    }
  }

  return {
    info: { backend: 'cuda', adapter: 'CUDA C++ on the processor', software: true },
    target: cudaTarget,
    createBuffer: (bytes) => {
      check()
      if (bytes > cudaTarget.limits.bufferBytes) {
        throw new CompileError({
          code: 'limits/buffer-size',
          message: `a buffer of ${bytes} bytes; the target allows ${cudaTarget.limits.bufferBytes}`,
          help: 'split the tensor, or run on another device',
        })
      }
      const padded = Math.max(16, Math.ceil(bytes / 16) * 16)
      const buffer: DeviceBuffer = {
        bytes: padded,
        destroy: () => {
          const memory = memories.get(buffer)
          if (memory !== undefined) koffi.free(memory.block)
          memories.delete(buffer)
        },
      }
      const memory = allocate(padded)
      memory.bytes.fill(0)
      memories.set(buffer, memory)
      return buffer
    },
    write: (buffer, data, offset = 0) => {
      memoryOf(buffer).bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset)
    },
    read: async (buffer, bytes) => memoryOf(buffer).bytes.slice(0, bytes),
    createPipeline: async (kernel: PlanKernel) => {
      check()
      const image = new TextDecoder().decode(await compile(kernel.source))
      const pipeline: Pipeline = Object.freeze({ kernel })
      modules.set(pipeline, load(defined(image.split('\n')[1], 'an image names a module')))
      return pipeline
    },
    begin: () => {
      check()
      const recorded: (() => void)[] = []
      return {
        dispatch: (pipeline, ranges, scalars, workgroups) => {
          const module = modules.get(pipeline)
          if (module === undefined) {
            throw new CompileError({ code: 'device/pipeline', message: 'the pipeline belongs to another device' })
          }
          const { threads, workgroupBytes } = pipeline.kernel
          const pointers = ranges.map(({ buffer, offset }) => memoryOf(buffer).address + BigInt(offset))
          const words = Uint32Array.from(scalars)
          recorded.push(() => {
            const status = withParameters(koffi, pointers, words, (params) =>
              module.launch(workgroups, threads, workgroupBytes, params),
            )
            if (status === 0) return
            fault = new CompileError({
              code: 'device/lost',
              message: `a kernel failed: ${module.message()}`,
              help: 'open a new device',
            })
            lose(fault.message)
          })
        },
        submit: () => {
          check()
          for (const run of recorded) if (fault === undefined) run()
          recorded.length = 0
        },
      }
    },
    settled: async () => check(),
    lost,
    dispose: () => {
      for (const buffer of memories.keys()) buffer.destroy()
      fault ??= new CompileError({
        code: 'device/lost',
        message: 'the device was disposed of',
        help: 'open a new device',
      })
    },
  }
}

type Koffi = typeof import('koffi')['default']

async function loadKoffi(): Promise<Koffi> {
  try {
    return (await import('koffi')).default
  } catch (cause) {
    throw new CompileError({
      code: 'device/no-koffi',
      message: 'the package koffi, which calls compiled code, cannot be loaded',
      help: 'install it: npm install koffi',
      cause,
    })
  }
}

/** Calls `launch` with what `cuLaunchKernel` takes: of each parameter the address of its value. */
function withParameters(
  koffi: Koffi,
  pointers: readonly bigint[],
  scalars: Uint32Array,
  launch: (params: unknown) => number,
): number {
  const count = pointers.length + scalars.length
  const block: unknown = koffi.alloc('uint64_t', 2 * count + 1)
  const words = new BigUint64Array(koffi.view(block, 16 * count + 8))
  const values = koffi.address(block) + BigInt(8 * count)
  pointers.forEach((pointer, i) => {
    words[count + i] = pointer
  })
  scalars.forEach((scalar, i) => {
    words[count + pointers.length + i] = BigInt(scalar)
  })
  for (let i = 0; i < count; i++) words[i] = values + BigInt(8 * i)
  try {
    return launch(block)
  } finally {
    koffi.free(block)
  }
}

function withResolvers(): { readonly promise: Promise<string>; readonly resolve: (reason: string) => void } {
  let resolve: (reason: string) => void = () => {}
  const promise = new Promise<string>((set) => {
    resolve = set
  })
  return { promise, resolve }
}
