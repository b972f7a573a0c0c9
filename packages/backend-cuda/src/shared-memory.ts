/** Where the workgroup buffers and mbarriers of a kernel lie in shared memory. */
import { type Buffer, type Kernel, type Mbarrier, swizzlePeriod, walkStmts } from '@tilewright/ir'
import { elementBytes, elementsOf } from './cuda-types.js'
import { tilesOf } from './print-async-multiply.js'

/** Shared memory above this must be dynamic: CUDA Programming Guide, "Compute Capabilities". */
const staticBytes = 48 * 1024
/** The largest access, and what `ldmatrix` asks of a row. */
const alignment = 16
/** What lines that are swizzled begin at: their pattern repeats after so many bytes. */
const tileAlignment = swizzlePeriod * elementBytes.f16
const mbarrierBytes = 8

export interface SharedMemory {
  readonly bytes: number
  /** Whether it is too much to be declared with the kernel: each launch says how many bytes it takes. */
  readonly dynamic: boolean
  /** Of where dynamic memory begins. */
  readonly alignment: number
  /** Whether hardware copies boxes into it. */
  readonly tileCopies: boolean
  /** Of the buffers and mbarriers, in bytes. */
  readonly offsets: ReadonlyMap<Buffer | Mbarrier, number>
}

/**
 * Places buffers and mbarriers one after the other, in the order of their declarations. Dynamic memory is all there is where it
 * is used: it then begins where shared memory does, so that the offsets of tiles are as aligned as their addresses.
 */
export function sharedMemory(kernel: Kernel): SharedMemory {
  const offsets = new Map<Buffer | Mbarrier, number>()
  const tiles = tilesOf(kernel)
  let end = 0
  let tileCopies = false
  const place = (of: Buffer | Mbarrier, bytes: number, aligned: number): void => {
    const offset = Math.ceil(end / aligned) * aligned
    offsets.set(of, offset)
    end = offset + bytes
  }
  walkStmts(kernel.body, (stmt) => {
    if (stmt.kind === 'tile-copy') tileCopies = true
    if (stmt.kind === 'declare-mbarrier') place(stmt.mbarrier, stmt.mbarrier.slots * mbarrierBytes, alignment)
    if (stmt.kind !== 'declare' || stmt.buffer.scope !== 'workgroup') return
    const { buffer } = stmt
    place(buffer, elementsOf(buffer.shape) * elementBytes[buffer.dtype], tiles.has(buffer) ? tileAlignment : alignment)
  })
  const bytes = Math.ceil(end / alignment) * alignment
  const hasTiles = tiles.size > 0
  const dynamic = hasTiles || bytes > staticBytes
  return { bytes, dynamic, alignment: hasTiles ? tileAlignment : alignment, tileCopies, offsets }
}
