/** Mbarriers: slots that count arrivals into phases, and carry what the arriving threads did to those who wait. */
import type { BarrierMemory, Mbarrier } from '@tilewright/ir'
import { at } from './at.js'
import { acquire, mergeInto, release } from './clocks.js'
import { endLanding, passOn } from './land-tile.js'
import type { MbarrierSlot, Thread } from './thread.js'

const memories: readonly BarrierMemory[] = ['workgroup', 'storage']

/** `threads`: of the cluster. */
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
    last: 0,
    awaited: 0,
    released: clocks(),
    pending: clocks(),
  }))
}

/** Fresh for the next workgroup. */
export function resetSlot(slot: MbarrierSlot): void {
  slot.phase = 0
  slot.arrived = 0
  slot.awaited = 0
  slot.copies = []
  for (const memory of memories) {
    slot.released[memory].fill(0)
    slot.pending[memory].fill(0)
  }
}

/** One arrival of a thread of the slot's own workgroup; one of another tells nothing of storage. */
export function arrive(slot: MbarrierSlot, thread: Thread, isOwn: boolean): void {
  for (const memory of memories) {
    if (isOwn || memory === 'workgroup') release(thread.clocks[memory], thread.id, slot.pending[memory])
  }
  slot.arrived += 1
  slot.last = thread.id
  endPhase(slot)
}

/** Ends the phase that has its arrivals, and boxes of all that it awaits; before that, copies land. */
export function endPhase(slot: MbarrierSlot): void {
  const { pending, released, last } = slot
  if (slot.arrived < slot.mbarrier.arrivals || slot.awaited !== 0) return
  slot.arrived = 0
  slot.phase += 1
  for (const copy of slot.copies) {
    endLanding(copy)
    // Of another workgroup nobody here knows what it did; who waits knows of the last arrival.
    if (copy.isForeign) passOn(copy, last, at(pending.workgroup, last))
  }
  slot.copies = []
  for (const memory of memories) {
    mergeInto(released[memory], pending[memory])
    pending[memory].fill(0)
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

/** Whether the thread sees all arrivals of completed phases: that the current one has begun. */
export function knowsPhase({ released }: MbarrierSlot, { id, clocks }: Thread): boolean {
  return released.workgroup.every((tick, other) => other === id || tick <= at(clocks.workgroup.known, other))
}
