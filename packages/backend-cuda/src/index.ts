/** The CUDA backend: CUDA C++ for NVIDIA GPUs. It generates code and opens no device. */
import { backendApi, type CodeBackend, defineBackend } from '@tilewright/backend'
import type { Pass, Target } from '@tilewright/ir'
import { loweringPasses } from '@tilewright/passes'
import { elementBytes } from './cuda-types.js'
import { halfMatrixInstruction } from './matrix-instructions.js'
import { emitCuda } from './print-cuda.js'

export { emitCuda } from './print-cuda.js'

/** What every GPU of compute capability 8.0 and above has. */
export const cudaTarget: Target = {
  name: 'cuda sm_80',
  limits: {
    threads: 1024,
    workgroupBytes: 99 * 1024,
    // In y and z; x allows more.
    workgroupsPerDimension: 65535,
    storageBuffers: 128,
    bindingBytes: 2 ** 33,
    bufferBytes: 2 ** 36,
  },
  elementBytes,
  binding: { alignment: 256, mixedAccess: true },
  vectorLanes: 4,
  fastWorkgroupMemory: true,
  asyncCopies: true,
  // A processor or more for each; data centers have above 100.
  parallelWorkgroups: 64,
  matrixInstructions: [halfMatrixInstruction],
  subgroupSize: 32,
}

/** What leaves a kernel that `emitCuda` prints. */
export function cudaPipeline(target: Target): readonly Pass[] {
  return loweringPasses(target)
}

/** The backend. */
export function cuda(): CodeBackend {
  return defineBackend({
    meta: { name: 'cuda', version: '0.0.0', api: backendApi },
    target: cudaTarget,
    pipeline: cudaPipeline,
    emit: emitCuda,
  })
}
