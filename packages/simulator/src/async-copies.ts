/**
 * Asynchronous copies. A copy counts as a read of its source and a write of its destination by the thread that started
 * it, both when it is started and when it is waited for, because it may land at either moment; in between, neither end
 * may be touched. A copy that is never waited for stays in flight: nobody may look.
 */
import { orderAccess } from './access.js'
import { arrivingHazard, factorHazard } from './in-flight.js'
import type { Machine } from './machine.js'
import type { Memory } from './memory.js'
import type { Site } from './site.js'
import type { Copy, Thread } from './thread.js'

/**
 * Starts copies of one statement: of `elements` elements to position `to`, from position `from`, or of zeros.
 * Throws `SimulatorError` `sim/async-hazard`, `sim/data-race`.
 */
export function copyStarter(
  machine: Machine,
  site: Site,
  destination: Memory,
  source: Memory,
  elements: number,
): (thread: Thread, to: number, from: number | undefined) => void {
  const orderWrite = orderAccess(machine, destination, site, 'write')
  const orderRead = orderAccess(machine, source, site, 'read')
  const touch: Copy['touch'] = (thread, { to, from }) => {
    for (let e = 0; e < elements; e++) {
      orderWrite(thread, to + e)
      if (from !== undefined) orderRead(thread, from + e)
    }
  }
  return (thread, to, from) => {
    const { arriving, departing } = destination
    const copy: Copy = { site, destination, to, source, from, elements, touch }
    for (let e = to; arriving !== undefined && e < to + elements; e++) {
      if (departing) factorHazard(machine, destination, e, site, thread)
      if (arriving[e] !== 0) arrivingHazard(machine, destination, e, 'written', site, thread)
      arriving[e] = site.id + 1
    }
    touch(thread, copy)
    if (machine.asyncCopies === 'earliest') land(copy)
    thread.open.push(copy)
  }
}

/** Closes a group of the copies started since the last one. */
export function commitCopies(thread: Thread): void {
  thread.groups.push(thread.open)
  thread.open = []
}

/** Finishes groups, oldest first, until at most `pending` are left. */
export function waitForCopies(machine: Machine, thread: Thread, pending: number): void {
  for (const group of thread.groups.splice(0, Math.max(0, thread.groups.length - pending))) {
    for (const copy of group) finish(machine, thread, copy)
  }
}

function finish(machine: Machine, thread: Thread, copy: Copy): void {
  const { destination, to, elements, touch } = copy
  if (machine.asyncCopies === 'latest') land(copy)
  touch(thread, copy)
  destination.initialised?.fill(1, to, to + elements)
  destination.arriving?.fill(0, to, to + elements)
}

function land({ destination, to, source, from, elements }: Copy): void {
  if (from === undefined) destination.cells.fill(0, to, to + elements)
  else destination.cells.set(source.cells.subarray(from, from + elements), to)
}
