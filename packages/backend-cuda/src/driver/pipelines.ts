/** Makes kernels ready to be launched: compiles, loads modules. Equal sources share a module. */
import { checkKernel, type PlanKernel } from '@tilewright/backend'
import { CompileError, type Target } from '@tilewright/ir'
import type { CudaCompiler } from './compiler.js'
import { type CudaApi, CudaFailure } from './cuda-api.js'
import type { Faults } from './faults.js'
import { handleFrom } from './koffi.js'
import { type TileMap, tileMapsOf } from './tile-maps.js'

export interface CudaPipeline {
  readonly handle: bigint
  readonly threads: number
  /** Bytes of dynamic shared memory. */
  readonly sharedBytes: number
  readonly tileMaps: readonly TileMap[]
  /** For messages. */
  readonly name: string
}

export interface Pipelines {
  /** Rejects with `CompileError` `limits/…`, `device/pipeline` with the compiler's message, `device/old-driver`, and `device/lost`. */
  readonly create: (kernel: PlanKernel) => Promise<CudaPipeline>
  readonly destroy: () => void
}

/** `CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES`: what is above 48 KiB must be asked for. */
const maxDynamicBytes = 8

export function createPipelines(
  cuda: CudaApi,
  compiler: CudaCompiler,
  architecture: string,
  target: Target,
  faults: Faults,
): Pipelines {
  const modules = new Map<string, Promise<bigint>>()
  const loaded: bigint[] = []
  const load = async (source: string): Promise<bigint> => {
    const image = await faults.unlessLost(compiler.compile(source, architecture))
    const module = faults.run(() => handleFrom((out) => cuda.call('cuModuleLoadData', out, image)))
    loaded.push(module)
    return module
  }
  const moduleOf = async (source: string): Promise<bigint> => {
    const module = modules.get(source) ?? load(source)
    modules.set(source, module)
    try {
      return await module
    } catch (error) {
      modules.delete(source)
      throw refusal(
        error,
        'the driver does not load a compiled kernel',
        `it was compiled by ${compiler.name}: is the driver older?`,
      )
    }
  }
  return {
    create: async (kernel) => {
      checkKernel(kernel, target)
      checkSource(kernel)
      const tileMaps = tileMapsOf(kernel)
      if (tileMaps.length > 0) cuda.need('cuTensorMapEncodeTiled')
      const name = `${kernel.entry} of ${kernel.threads} threads, ${kernel.buffers.length} buffers, ${kernel.scalars} scalars`
      const module = await moduleOf(kernel.source)
      // CUDA's own word for shared memory whose size comes with the launch.
      const sharedBytes = kernel.source.includes('extern __shared__') ? kernel.workgroupBytes : 0
      try {
        return faults.run(() => {
          const handle = handleFrom((out) => cuda.call('cuModuleGetFunction', out, module, kernel.entry))
          if (sharedBytes > 0) cuda.call('cuFuncSetAttribute', handle, maxDynamicBytes, sharedBytes)
          return { handle, threads: kernel.threads, sharedBytes, tileMaps, name }
        })
      } catch (error) {
        throw refusal(error, 'a compiled kernel is not what was printed', 'please report it with this message', name)
      }
    },
    destroy: () => {
      for (const module of loaded) cuda.call('cuModuleUnload', module)
    },
  }
}

/** Throws `CompileError` `device/pipeline` for another language, of which compilers complain line by line. */
function checkSource({ source }: PlanKernel): void {
  if (source.includes('__global__')) return
  throw new CompileError({
    code: 'device/pipeline',
    message: 'the source of a kernel is no CUDA C++: no function of it is __global__',
    help: 'pass the pipeline of what the printer for this device gives: emitCuda(runPipeline(kernel, cudaPipeline(device.target)))',
  })
}

/** What to throw when CUDA refuses an image or a function of it. */
function refusal(error: unknown, what: string, help: string, where?: string): unknown {
  if (!(error instanceof CudaFailure) || error.code === 'device/out-of-memory') return error
  return new CompileError({ code: 'device/pipeline', message: `${what}: ${error.message}`, where, help, cause: error })
}
