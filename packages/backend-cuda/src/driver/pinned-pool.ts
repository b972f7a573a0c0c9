/** Host memory that the device copies to and from by itself. Sizes are rounded up, so that few blocks serve all transfers. */
import { stagingBytes } from '@tilewright/backend'
import type { CudaApi } from './cuda-api.js'
import { handleFrom } from './koffi.js'

export interface PinnedBlock {
  readonly pointer: bigint
  readonly bytes: Uint8Array
}

export interface PinnedPool {
  /** A block of at least `bytes` that is in nobody's use. */
  readonly take: (bytes: number) => PinnedBlock
  /** Gives back a block that no copy uses any more. */
  readonly give: (block: PinnedBlock) => void
  /** Bytes in use. */
  readonly taken: () => number
  /** Frees all blocks, those in use too. */
  readonly destroy: () => void
}

/** What idle blocks may hold together. */
const maxIdleBytes = 2 ** 26

export function createPinnedPool(cuda: CudaApi): PinnedPool {
  const idle: PinnedBlock[] = []
  const used = new Set<PinnedBlock>()
  const sum = (blocks: Iterable<PinnedBlock>): number => {
    let bytes = 0
    for (const block of blocks) bytes += block.bytes.length
    return bytes
  }
  const make = (bytes: number): PinnedBlock => {
    const pointer = handleFrom((out) => cuda.call('cuMemHostAlloc', out, bytes, 0))
    return { pointer, bytes: new Uint8Array(cuda.view(pointer, bytes)) }
  }
  const free = ({ pointer }: PinnedBlock): void => cuda.call('cuMemFreeHost', pointer)
  return {
    take: (bytes) => {
      const size = stagingBytes(bytes)
      const found = idle.findIndex((block) => block.bytes.length === size)
      const [known] = found < 0 ? [] : idle.splice(found, 1)
      const block = known ?? make(size)
      used.add(block)
      return block
    },
    give: (block) => {
      used.delete(block)
      idle.push(block)
      for (let held = sum(idle); held > maxIdleBytes; ) {
        const dropped = idle.shift()
        if (dropped === undefined) break
        held -= dropped.bytes.length
        free(dropped)
      }
    },
    taken: () => sum(used),
    destroy: () => {
      for (const block of [...idle.splice(0), ...used]) free(block)
      used.clear()
    },
  }
}
