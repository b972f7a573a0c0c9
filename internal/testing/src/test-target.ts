// A target with WebGPU's default limits, for tests that need one.
import type { Target } from '@tilewright/ir'

export const testTarget: Target = {
  name: 'test',
  limits: {
    threads: 256,
    workgroupBytes: 16384,
    workgroupsPerDimension: 65535,
    clusterWorkgroups: 1,
    storageBuffers: 8,
    bindingBytes: 2 ** 27,
    bufferBytes: 2 ** 28,
  },
  elementBytes: { f32: 4, f16: 4, bf16: 4, i32: 4, u32: 4, i8: 4, u8: 4, bool: 4 },
  binding: { alignment: 256, mixedAccess: false },
  vectorLanes: 4,
  fastWorkgroupMemory: true,
  asyncCopies: false,
  parallelWorkgroups: 1,
  matrixInstructions: [],
  tileInstructions: [],
  subgroupSize: undefined,
}
