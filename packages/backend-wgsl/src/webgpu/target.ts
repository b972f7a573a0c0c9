/** What WebGPU devices can do: the minima that all have, and what one has granted. */
import type { DeviceInfo } from '@tilewright/backend'
import type { Target } from '@tilewright/ir'

/** WebGPU's default limits: every device has them. */
export const wgslTarget: Target = {
  name: 'webgpu',
  limits: {
    threads: 256,
    workgroupBytes: 16384,
    workgroupsPerDimension: 65535,
    clusterWorkgroups: 1,
    storageBuffers: 8,
    bindingBytes: 2 ** 27,
    bufferBytes: 2 ** 28,
  },
  // WGSL has no 8-bit types, no bf16 and no bool in storage, and f16 only with a feature: one word an element.
  elementBytes: { f32: 4, f16: 4, bf16: 4, i32: 4, u32: 4, i8: 4, u8: 4, bool: 4 },
  // A buffer bound to read and to write in one dispatch is refused, whatever the ranges.
  binding: { alignment: 256, mixedAccess: false },
  vectorLanes: 4,
  fastWorkgroupMemory: true,
  asyncCopies: false,
  parallelWorkgroups: 1,
  matrixInstructions: [],
  tileInstructions: [],
  subgroupSize: undefined,
}

/** The limits that `deviceTarget` reads: what a device is asked for. */
export const wantedLimits = [
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
] as const

type DeviceLimits = Readonly<Record<(typeof wantedLimits)[number] | 'minStorageBufferOffsetAlignment', number>>

/** The target of a device with the limits granted. A software adapter emulates workgroup memory and barriers. */
export function deviceTarget(limits: DeviceLimits, info: DeviceInfo): Target {
  return {
    ...wgslTarget,
    name: `webgpu (${info.adapter})`,
    limits: {
      threads: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
      workgroupBytes: limits.maxComputeWorkgroupStorageSize,
      workgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      clusterWorkgroups: 1,
      storageBuffers: limits.maxStorageBuffersPerShaderStage,
      bindingBytes: limits.maxStorageBufferBindingSize,
      bufferBytes: limits.maxBufferSize,
    },
    binding: { ...wgslTarget.binding, alignment: Math.max(16, limits.minStorageBufferOffsetAlignment) },
    fastWorkgroupMemory: !info.software,
  }
}
