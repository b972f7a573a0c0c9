/** The CUDA backend: CUDA C++ for NVIDIA GPUs. It generates code and opens no device. */
import { type Backend, backendApi, defineBackend } from '@tilewright/backend'
import type { Pass, Target } from '@tilewright/ir'
import { loweringPasses } from '@tilewright/passes'
import { elementBytes, emitCuda } from './print-cuda.js'

export { emitCuda } from './print-cuda.js'

/** GPUs of compute capability 9.0, with the limits of kernels whose shared memory is declared statically. */
export const cudaTarget: Target = {
  name: 'cuda sm_90',
  limits: {
    threads: 1024,
    workgroupBytes: 49152,
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
  subgroupSize: 32,
}

/** What leaves a kernel that `emitCuda` prints. */
export function cudaPipeline(target: Target): readonly Pass[] {
  return loweringPasses(target)
}

/** The backend. */
export function cuda(): Backend {
  return defineBackend({
    meta: { name: 'cuda', version: '0.0.0', api: backendApi },
    target: cudaTarget,
    pipeline: cudaPipeline,
    emit: emitCuda,
  })
}
