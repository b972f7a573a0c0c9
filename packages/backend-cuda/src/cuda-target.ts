/** The target: what schedules and passes may ask of an NVIDIA GPU. */
import type { Target } from '@tilewright/ir'
import { elementBytes } from './cuda-types.js'
import { byteMatrixInstruction, halfMatrixInstruction, roundedMatrixInstruction } from './matrix-instructions.js'
import { halfTileInstructions } from './tile-instructions.js'

/** What every GPU of compute capability 8.0 and above has. */
export const cudaTarget: Target = {
  name: 'cuda sm_80',
  limits: {
    threads: 1024,
    workgroupBytes: 99 * 1024,
    // In y and z; x allows more.
    workgroupsPerDimension: 65535,
    clusterWorkgroups: 1,
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
  matrixInstructions: [halfMatrixInstruction, byteMatrixInstruction, roundedMatrixInstruction],
  tileInstructions: [],
  subgroupSize: 32,
}

/** What GPUs of compute capability 9.0 have: their own instructions are in source for that architecture alone. */
export const hopperTarget: Target = {
  ...cudaTarget,
  name: 'cuda sm_90a',
  limits: { ...cudaTarget.limits, workgroupBytes: 227 * 1024, clusterWorkgroups: 8 },
  tileInstructions: halfTileInstructions,
}
