/** The CUDA backend: CUDA C++ for NVIDIA GPUs. It generates code; `./driver` and `./emulated` open devices that run it. */
import { backendApi, type CodeBackend, defineBackend } from '@tilewright/backend'
import { checkNoOptions, type Pass, type Target } from '@tilewright/ir'
import { loweringPasses } from '@tilewright/passes'
import { cudaTarget } from './cuda-target.js'
import { emitCuda } from './print-cuda.js'

export { cudaTarget, hopperTarget } from './cuda-target.js'
export { emitCuda } from './print-cuda.js'

/** What leaves a kernel that `emitCuda` prints. */
export function cudaPipeline(target: Target): readonly Pass[] {
  return loweringPasses(target)
}

/** The backend. Throws `CompileError` `backend/option` for options: it has none. */
export function cuda(...none: readonly never[]): CodeBackend {
  checkNoOptions('backend/option', 'cuda', none)
  return defineBackend({
    meta: { name: 'cuda', version: '0.0.0', api: backendApi },
    target: cudaTarget,
    pipeline: cudaPipeline,
    emit: emitCuda,
  })
}
