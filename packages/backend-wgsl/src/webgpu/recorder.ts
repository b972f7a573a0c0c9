/**
 * Recording of launches: one command encoder and one compute pass a run. Bind groups are cached by what they bind, and
 * blocks of scalars by their content, so that a run repeated with the same buffers and sizes makes no objects.
 */
import {
  checkLaunch,
  checkRecording,
  type DeviceBuffer,
  numberObjects,
  type Pipeline,
  type Recorder,
} from '@tilewright/backend'
import type { Target } from '@tilewright/ir'
import type { GpuPipeline } from './compile-pipeline.js'
import type { Faults } from './faults.js'

/** Entries above which a cache begins anew; what recorded work still holds stays alive. */
const maxCached = 4096

/** Flags of `GPUBufferUsage`, which is no global in Node. */
const usage = { copyDst: 0x8, uniform: 0x40 } as const

export function createRecorder(
  gpu: GPUDevice,
  target: Target,
  faults: Faults,
  bufferOf: (buffer: DeviceBuffer) => GPUBuffer,
  pipelineOf: (pipeline: Pipeline) => GpuPipeline,
): { readonly begin: () => Recorder; readonly forget: (buffer: GPUBuffer) => void } {
  const scalarBlocks = new Map<string, GPUBuffer>()
  const bindGroups = new Map<string, { readonly group: GPUBindGroup; readonly bound: readonly GPUBufferBinding[] }>()
  /** Keys of the bind groups that bind a buffer. */
  const keysOf = new Map<GPUBuffer, Set<string>>()
  const idOf = numberObjects()
  const remember = <T>(cache: Map<string, T>, key: string, value: T): T => {
    if (cache.size >= maxCached) cache.clear()
    cache.set(key, value)
    return value
  }

  const scalarBlock = (scalars: Uint32Array): GPUBuffer => {
    const key = scalars.join()
    const known = scalarBlocks.get(key)
    if (known !== undefined) return known
    const size = Math.ceil(scalars.byteLength / 16) * 16
    const made = gpu.createBuffer({ size, usage: usage.uniform | usage.copyDst })
    // Never written again, so a launch that is recorded but not yet submitted may rely on it.
    gpu.queue.writeBuffer(made, 0, Uint32Array.from(scalars))
    return remember(scalarBlocks, key, made)
  }
  const bindGroup = ({ layout }: GpuPipeline, bound: readonly GPUBufferBinding[]): GPUBindGroup => {
    const key = `${idOf(layout)}:${bound.map(({ buffer, offset, size }) => `${idOf(buffer)}+${offset}+${size}`).join()}`
    const known = bindGroups.get(key)
    if (known !== undefined) return known.group
    const entries = bound.map((resource, binding) => ({ binding, resource }))
    const group = faults.guard('validation', () => gpu.createBindGroup({ layout, entries }))
    if (bindGroups.size >= maxCached) keysOf.clear()
    for (const { buffer } of bound) {
      const keys = keysOf.get(buffer) ?? new Set()
      keysOf.set(buffer, keys.add(key))
    }
    return remember(bindGroups, key, { group, bound }).group
  }

  return {
    /** Drops what is kept of a buffer that is destroyed. */
    forget: (buffer) => {
      for (const key of keysOf.get(buffer) ?? []) {
        for (const other of bindGroups.get(key)?.bound ?? []) keysOf.get(other.buffer)?.delete(key)
        bindGroups.delete(key)
      }
      keysOf.delete(buffer)
    },
    begin: () => {
      const launches: { pipeline: GPUComputePipeline; group: GPUBindGroup; workgroups: readonly number[] }[] = []
      let isSubmitted = false
      const checkOpen = (): void => checkRecording(isSubmitted)
      return {
        dispatch: (pipeline, ranges, scalars, workgroups) => {
          checkOpen()
          checkLaunch(target, pipeline, ranges, scalars, workgroups)
          const made = pipelineOf(pipeline)
          const bound: GPUBufferBinding[] = ranges.map(({ buffer, offset, bytes }) => ({
            buffer: bufferOf(buffer),
            offset,
            size: bytes,
          }))
          if (scalars.length > 0) bound.push({ buffer: scalarBlock(scalars) })
          launches.push({ pipeline: made.pipeline, group: bindGroup(made, bound), workgroups })
        },
        submit: () => {
          checkOpen()
          isSubmitted = true
          faults.check()
          if (launches.length === 0) return
          faults.guard('validation', () => {
            const encoder = gpu.createCommandEncoder()
            const pass = encoder.beginComputePass()
            for (const { pipeline, group, workgroups } of launches) {
              pass.setPipeline(pipeline)
              pass.setBindGroup(0, group)
              const [x = 1, y = 1, z = 1] = workgroups
              pass.dispatchWorkgroups(x, y, z)
            }
            pass.end()
            gpu.queue.submit([encoder.finish()])
          })
        },
      }
    },
  }
}
