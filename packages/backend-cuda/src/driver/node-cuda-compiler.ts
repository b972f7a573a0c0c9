/** The compiler of CUDA C++ that this machine has. */
import { CompileError } from '@tilewright/ir'
import type { CudaCompiler } from './compiler.js'
import { findNvrtc } from './node-find-nvrtc.js'
import { defaultModuleFolder, keepModules } from './node-module-cache.js'
import { findNvcc } from './node-nvcc.js'
import { openNvrtc } from './node-nvrtc.js'

export interface CudaCompilerOptions {
  /** The folder where images stay for other processes; `false`: they do not. Default: one among the user's caches. */
  readonly cache?: string | false | undefined
  /** Told once when images cannot be kept. */
  readonly remark?: ((text: string) => void) | undefined
}

/**
 * NVRTC where it is installed, since it is about ten times faster, else nvcc. What is asked for again while it is being
 * compiled is compiled once. `driver` is the version of CUDA, 13000 for 13.0, that the driver knows: images are for it.
 * Rejects with `CompileError` `device/no-compiler` where there is neither.
 */
export async function cudaCompiler(driver: number, { cache, remark }: CudaCompilerOptions = {}): Promise<CudaCompiler> {
  const found = (await openNvrtc(await findNvrtc(driver))) ?? (await findNvcc())
  if (found === undefined) {
    throw new CompileError({
      code: 'device/no-compiler',
      message: 'no compiler of CUDA is installed: neither NVRTC nor nvcc is found',
      help: 'install the CUDA toolkit and set CUDA_HOME to its folder, or NVRTC alone (pip install nvidia-cuda-nvrtc) and koffi (npm install koffi)',
    })
  }
  const folder = cache ?? defaultModuleFolder()
  if (folder === undefined) remark?.('compiled CUDA modules are not kept: this user has no home folder')
  return shareWork(typeof folder === 'string' ? keepModules(found, { folder, remark }) : found)
}

function shareWork(compiler: CudaCompiler): CudaCompiler {
  const running = new Map<string, Promise<Uint8Array>>()
  return {
    name: compiler.name,
    compile: (source, architecture) => {
      const key = `${architecture}\n${source}`
      const other = running.get(key)
      if (other !== undefined) return other
      const work = compiler.compile(source, architecture).finally(() => running.delete(key))
      running.set(key, work)
      return work
    },
  }
}
