/** Mbarriers: slots that count arrivals into phases, and carry what the arriving threads did to those who wait. */
import type { BarrierMemory, Mbarrier } from '@tilewright/ir'
import { acquire, mergeInto, release } from './clocks.js'
import { endLanding } from './land-tile.js'
import type { MbarrierSlot, Thread } from './thread.js'

const memories: readonly BarrierMemory[] = ['workgroup', 'storage']
export function createMbarrierSlots(mbarrier: Mbarrier, threads: number): readonly MbarrierSlot[] {
  const clocks = (): MbarrierSlot['released'] => ({
    workgroup: new Int32Array(threads),
    storage: new Int32Array(threads),
  })
  return Array.from({ length: mbarrier.slots }, () => ({
    mbarrier,
    copies: [],
    phase: 0,
    arrived: 0,
    released: clocks(),
    pending: clocks(),
  }))
}

/** Fresh for the next workgroup. */
export function resetSlot(slot: MbarrierSlot): void {
  slot.phase = 0
  slot.arrived = 0
  slot.copies = []
  for (const memory of memories) {
    slot.released[memory].fill(0)
    slot.pending[memory].fill(0)
  }
}

/** One arrival; the last of a phase completes it, before which its copies land. */
export function arrive(slot: MbarrierSlot, thread: Thread): void {
  for (const memory of memories) release(thread.clocks[memory], thread.index, slot.pending[memory])
  slot.arrived += 1
  if (slot.arrived < slot.mbarrier.arrivals) return
  slot.arrived = 0
  slot.phase += 1
  for (const copy of slot.copies) endLanding(copy)
  slot.copies = []
  for (const memory of memories) {
    mergeInto(slot.released[memory], slot.pending[memory])
    slot.pending[memory].fill(0)
  }
}

/** Whether the phase of `parity` has completed: the current phase is of the other parity. */
export function phaseCompleted(slot: MbarrierSlot, parity: number): boolean {
  return slot.phase % 2 !== parity
}

/** The thread sees what was done before the arrivals of all completed phases. */
export function observe(slot: MbarrierSlot, thread: Thread): void {
  for (const memory of memories) acquire(thread.clocks[memory], slot.released[memory])
}
