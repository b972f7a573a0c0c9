/** A target: what a device can do, as plain data. Schedules and passes ask it; nobody asks a backend's name. */
import type { DType } from './dtype.js'

export interface TargetLimits {
  /** Threads of a workgroup. */
  readonly threads: number
  readonly workgroupBytes: number
  /** Workgroups in one dimension of a launch. */
  readonly workgroupsPerDimension: number
  /** Storage buffers bound to one kernel. */
  readonly storageBuffers: number
  /** Bytes of one binding, and of one buffer. */
  readonly bindingBytes: number
  readonly bufferBytes: number
}

export interface Target {
  /** For people: messages and reports. */
  readonly name: string
  readonly limits: TargetLimits
  /** Bytes that one element of each dtype takes in a storage buffer. */
  readonly elementBytes: Readonly<Record<DType, number>>
  /** How ranges of one storage buffer may be bound. */
  readonly binding: {
    /** Offsets are multiples of this: a power of two, 16 at least. */
    readonly alignment: number
    /** Whether one launch may bind one buffer, in ranges apart, both to read and to write. */
    readonly mixedAccess: boolean
  }
  /** Elements of a 4-byte type that one memory access can move: 4 or 1. */
  readonly vectorLanes: number
  /** Whether staging tiles in workgroup memory pays: false where it is emulated in main memory (software adapters). */
  readonly fastWorkgroupMemory: boolean
  /** Threads that run in step, when the target fixes it. */
  readonly subgroupSize: number | undefined
}
