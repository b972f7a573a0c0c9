/** A target: what a device can do, as plain data. Schedules and passes ask it; nobody asks a backend's name. */
import type { TaskMapping } from '@tilewright/task-mapping'
import { checkArgument } from './check-arguments.js'
import type { DType, HalfDType } from './dtype.js'

export interface TargetLimits {
  /** Threads of a workgroup. */
  readonly threads: number
  readonly workgroupBytes: number
  /** Workgroups in one dimension of a launch. */
  readonly workgroupsPerDimension: number
  /** Workgroups of a cluster; 1 where none reach each other's memory. */
  readonly clusterWorkgroups: number
  /** Storage buffers bound to one kernel. */
  readonly storageBuffers: number
  /** Bytes of one binding, and of one buffer. */
  readonly bindingBytes: number
  readonly bufferBytes: number
}

/** D = A·B + D on fragments, as `matrix-multiply` has it. */
export interface MatrixInstruction {
  /** Element types of A and of B: either may have any of them. */
  readonly operands: readonly DType[]
  readonly sums: 'f32' | 'i32'
  /** Threads of a subgroup that hold the fragments. */
  readonly lanes: number
  /** From (lane, element) to (row, column) of A, B and D. */
  readonly a: TaskMapping
  readonly b: TaskMapping
  readonly d: TaskMapping
}

/**
 * D = A·B + D of swizzled tiles in workgroup memory, on its own while threads go on: f32 products and sums of two of one of
 * `operands`. Threads may hold A instead.
 */
export interface TileInstruction {
  readonly operands: readonly HalfDType[]
  /** Elements along k; a tile is a multiple of it deep. */
  readonly depth: number
  /** From (thread of a group, element) to (row, column) of A, `depth` columns of it, and of D. */
  readonly a: TaskMapping
  readonly d: TaskMapping
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
  /** Whether asynchronous copies go on while threads do something else: elsewhere they are loads that are waited for. */
  readonly asyncCopies: boolean
  /** Workgroups that run at the same time, at least: fewer leave a part of the device idle. */
  readonly parallelWorkgroups: number
  /** What whole subgroups multiply in one instruction, best first. */
  readonly matrixInstructions: readonly MatrixInstruction[]
  /** What groups of threads multiply out of workgroup memory, narrow ones first; none of most targets. */
  readonly tileInstructions: readonly TileInstruction[]
  /** Threads that run in step, when the target fixes it. */
  readonly subgroupSize: number | undefined
}

/** Throws `CompileError` `ir/target` for what is no target: callers without types may pass the device, or the backend. */
export function checkTarget(target: Pick<Target, 'vectorLanes' | 'limits'>): void {
  const isTarget = typeof target?.vectorLanes === 'number' && typeof target.limits?.threads === 'number'
  const help = 'pass the target of a device or of a backend: device.target, wgsl().target'
  checkArgument(isTarget, 'ir/target', 'a target says what a device can do', target, help)
}
