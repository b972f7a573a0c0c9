/** Opens CUDA devices in Node: the NVIDIA driver through koffi, and kernels compiled by NVRTC or nvcc. */
import type { Device } from '@tilewright/backend'
import { checkOptions } from '@tilewright/ir'
import type { CudaCompiler } from './compiler.js'
import { findDevice, openCudaApi } from './cuda-api.js'
import { makeCudaDevice } from './device.js'
import { loadKoffi } from './koffi.js'
import { type CudaCompilerOptions, cudaCompiler } from './node-cuda-compiler.js'

export type { CudaCompiler } from './compiler.js'

/** What stands in for NVIDIA's driver and compilers. */
export interface CudaStack {
  /** Name or path of the driver's library. */
  readonly library: string
  readonly compiler: CudaCompiler
  /** Whether it emulates a GPU. */
  readonly software: boolean
}

export interface OpenCudaOptions extends CudaCompilerOptions {
  /** Number of the GPU, as the driver counts them (`CUDA_VISIBLE_DEVICES`). Default: 0. */
  readonly device?: number | undefined
  /** Default: NVIDIA's driver, and the compiler that this machine has. */
  readonly stack?: CudaStack | undefined
}

/**
 * Opens a GPU. The device's `target` has the limits of that GPU: compile for it.
 * Rejects with `CompileError` `device/no-koffi` when the package `koffi` cannot be loaded; `device/no-driver`,
 * `device/old-driver` when the NVIDIA driver is missing or older than CUDA 11.4; `device/no-adapter` when there is no such
 * GPU or it is older than compute capability 8.0; `device/no-compiler` when neither NVRTC nor nvcc is found; and
 * `device/driver` with whatever else CUDA says.
 */
export async function openCuda(options: OpenCudaOptions = {}): Promise<Device> {
  checkOptions('device/option', 'openCuda', options, { device: true, stack: true, cache: true, remark: true })
  const { device = 0, stack, ...compilers } = options
  const koffi = await loadKoffi()
  const cuda = openCudaApi(koffi, stack?.library ?? (process.platform === 'win32' ? 'nvcuda.dll' : 'libcuda.so.1'))
  const gpu = findDevice(cuda, device)
  const compiler = stack?.compiler ?? (await cudaCompiler(cuda.version, compilers))
  return makeCudaDevice(cuda, gpu, { compiler, software: stack?.software ?? false })
}
