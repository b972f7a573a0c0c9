/** Buffers that results are copied to and mapped from. Sizes are rounded up, so that few of them serve all results. */
import { stagingBytes } from '@tilewright/backend'

export interface StagingPool {
  /** A buffer of at least `bytes` that is in nobody's use. */
  readonly take: (bytes: number) => GPUBuffer
  /** Gives an unmapped buffer back. */
  readonly give: (buffer: GPUBuffer) => void
  readonly destroy: () => void
}

/** Flags of `GPUBufferUsage`, which is no global in Node. */
const usage = { mapRead: 0x1, copyDst: 0x8 } as const

/** What idle buffers may hold together; a larger result is read through a buffer of its own. */
const maxIdleBytes = 2 ** 28

export function createStagingPool(gpu: GPUDevice): StagingPool {
  const idle: GPUBuffer[] = []
  return {
    take: (bytes) => {
      const size = Math.min(stagingBytes(bytes), gpu.limits.maxBufferSize)
      const found = idle.findIndex((buffer) => buffer.size === size)
      const [known] = found < 0 ? [] : idle.splice(found, 1)
      return known ?? gpu.createBuffer({ size, usage: usage.mapRead | usage.copyDst })
    },
    give: (buffer) => {
      idle.push(buffer)
      let held = idle.reduce((bytes, { size }) => bytes + size, 0)
      while (held > maxIdleBytes) {
        const dropped = idle.shift()
        if (dropped === undefined) break
        held -= dropped.size
        dropped.destroy()
      }
    },
    destroy: () => {
      for (const buffer of idle.splice(0)) buffer.destroy()
    },
  }
}
