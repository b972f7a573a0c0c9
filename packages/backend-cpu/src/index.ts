/** The processor as a device of last resort: JavaScript over typed arrays, one thread a workgroup. */
import { backendApi, type DeviceBackend, defineBackend } from '@tilewright/backend'
import { checkNoOptions, type Target } from '@tilewright/ir'
import { flattenIndices, hoistInvariants, lowerTaskMapping, simplify } from '@tilewright/passes'
import { openCpu } from './device.js'
import { elementBytes } from './memory.js'
import { emitJs } from './print-js.js'

/** One thread and no workgroup memory: templates that want either refuse it, and the rules schedule. */
export const cpuTarget: Target = {
  name: 'cpu',
  limits: {
    threads: 1,
    workgroupBytes: 0,
    workgroupsPerDimension: 2 ** 31 - 1,
    clusterWorkgroups: 1,
    storageBuffers: 64,
    bindingBytes: 2 ** 31 - 1,
    bufferBytes: 2 ** 31 - 1,
  },
  elementBytes,
  binding: { alignment: 16, mixedAccess: true },
  vectorLanes: 1,
  fastWorkgroupMemory: false,
  asyncCopies: false,
  parallelWorkgroups: 1,
  matrixInstructions: [],
  tileInstructions: [],
  subgroupSize: undefined,
}

/** The CPU backend. Throws `CompileError` `backend/option` for options: it has none. */
export function cpu(...none: readonly never[]): DeviceBackend {
  checkNoOptions('backend/option', 'cpu', none)
  return defineBackend({
    meta: { name: 'cpu', version: '0.0.0', api: backendApi },
    target: cpuTarget,
    // No unrolling and no vectors: the engine's own compiler does better with loops.
    pipeline: () => [lowerTaskMapping, flattenIndices, simplify, hoistInvariants],
    emit: emitJs,
    open: async () => openCpu(cpuTarget),
  })
}
