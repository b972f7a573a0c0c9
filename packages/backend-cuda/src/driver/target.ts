/** What a GPU can do. */
import { CompileError, type Target } from '@tilewright/ir'
import { cudaTarget, hopperTarget } from '../cuda-target.js'
import type { CudaApi } from './cuda-api.js'
import { numberFrom } from './koffi.js'

export interface GpuProperties {
  readonly name: string
  /** As compilers name it: `sm_90`. */
  readonly architecture: string
  readonly hasPools: boolean
  readonly target: Target
}

/** The first version with `cuTensorMapEncodeTiled`. */
const tileMapVersion = 12000

/** Values of `CUdevice_attribute`. */
const attributes = {
  threadsPerBlock: 1,
  processors: 16,
  capabilityMajor: 75,
  capabilityMinor: 76,
  sharedBytesPerBlock: 97,
  memoryPools: 115,
} as const

/** Asks for a device's limits. Throws `CompileError` `device/no-adapter` for GPUs older than compute capability 8.0. */
export function gpuProperties(cuda: CudaApi, device: number): GpuProperties {
  const ask = (attribute: number): number =>
    numberFrom((out) => cuda.call('cuDeviceGetAttribute', out, attribute, device))
  const text = new Uint8Array(256)
  cuda.call('cuDeviceGetName', text, text.length, device)
  const name = new TextDecoder().decode(text.subarray(0, text.indexOf(0)))
  const [major, minor] = [ask(attributes.capabilityMajor), ask(attributes.capabilityMinor)]
  if (major < 8) {
    throw new CompileError({
      code: 'device/no-adapter',
      message: `${name} has compute capability ${major}.${minor}; 8.0 is needed`,
      help: 'use a GPU of the Ampere generation or later, or the wgsl backend',
    })
  }
  const bytes = numberFrom((out) => cuda.call('cuDeviceTotalMem', out, device))
  // Later generations do not have the instructions that only this one has, nor older drivers what makes tile maps.
  const isHopper = major === 9 && cuda.version >= tileMapVersion
  const base = isHopper ? hopperTarget : cudaTarget
  const architecture = `sm_${major}${minor}${isHopper ? 'a' : ''}`
  const target: Target = {
    ...base,
    name: `cuda ${architecture}`,
    limits: {
      ...base.limits,
      threads: ask(attributes.threadsPerBlock),
      workgroupBytes: ask(attributes.sharedBytesPerBlock),
      bindingBytes: Math.min(base.limits.bindingBytes, bytes),
      bufferBytes: bytes,
    },
    parallelWorkgroups: ask(attributes.processors),
  }
  return { name, architecture, hasPools: ask(attributes.memoryPools) !== 0, target }
}
