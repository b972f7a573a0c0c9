/** Where the workgroup buffers and mbarriers of a kernel lie in shared memory. */
import { type Buffer, type Kernel, walkStmts } from '@tilewright/ir'
import { elementBytes, elementsOf } from './cuda-types.js'

/** Shared memory above this must be dynamic: CUDA Programming Guide, "Compute Capabilities". */
const staticBytes = 48 * 1024
/** The largest access, and what `ldmatrix` asks of a row. */
const alignment = 16
const mbarrierBytes = 8

export interface SharedMemory {
  readonly bytes: number
  /** Whether it is too much to be declared with the kernel: each launch says how many bytes it takes. */
  readonly dynamic: boolean
  /** Of the buffers, in bytes. */
  readonly offsets: ReadonlyMap<Buffer, number>
}

/** Places buffers one after the other, in the order of their declarations; mbarriers are always declared statically. */
export function sharedMemory({ body }: Kernel): SharedMemory {
  const offsets = new Map<Buffer, number>()
  let end = 0
  let mbarriers = 0
  walkStmts(body, (stmt) => {
    if (stmt.kind === 'declare-mbarrier') mbarriers += stmt.mbarrier.slots * mbarrierBytes
    if (stmt.kind !== 'declare' || stmt.buffer.scope !== 'workgroup') return
    const { buffer } = stmt
    offsets.set(buffer, end)
    end += Math.ceil((elementsOf(buffer.shape) * elementBytes[buffer.dtype]) / alignment) * alignment
  })
  const dynamic = end + mbarriers > staticBytes
  return { bytes: dynamic ? end : end + mbarriers, dynamic, offsets }
}
