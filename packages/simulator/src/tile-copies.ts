/**
 * Copies of boxes into tiles. The thread that starts one counts as the writer of what it fills; whoever waits for the phase in
 * which it was started sees that. Until the phase ends, nobody may touch the tile. In the memory of other workgroups, the last
 * thread to arrive there counts as the writer once the phase has ended.
 */
import { lineElements, linesOfBox, swizzledOffset, swizzlePeriod, type TileCopy } from '@tilewright/ir'
import { orderAccess, vectorIndex } from './access.js'
import { at } from './at.js'
import { SimulatorError } from './errors.js'
import { arrivingHazard, factorHazard } from './in-flight.js'
import { land } from './land-tile.js'
import { fail, type Machine, memoryOf } from './machine.js'
import { endPhase, knowsPhase } from './mbarriers.js'
import type { Memory } from './memory.js'
import type { Site } from './site.js'
import type { Action, Evaluate, MbarrierSlot, Thread } from './thread.js'

/** The slot of a mbarrier that the thread says, of a workgroup of its cluster. */
export type FindSlot = (thread: Thread, member: Machine) => MbarrierSlot

/** What the expressions of a copy are, compiled: the flat index of its first element, sizes, and where its box begins. */
export interface TilePlaces {
  readonly destination: Evaluate
  readonly extents: readonly Evaluate[]
  readonly first: readonly Evaluate[]
  readonly slot: FindSlot
}

/** Starts a copy. Throws `SimulatorError` `sim/out-of-bounds`, `sim/misaligned-vector`, `sim/async-hazard`, `sim/data-race`. */
export function tileCopier(machine: Machine, stmt: TileCopy, places: TilePlaces, site: Site): Action {
  const { box, multicast } = stmt
  const [destination, source] = [memoryOf(machine, stmt.destination), memoryOf(machine, stmt.source)]
  const orderRead = orderAccess(machine, source, site, 'read')
  const firstOf = vectorIndex(machine, destination, places.destination, swizzlePeriod, site)
  const lines = linesOfBox(box)
  const offsets = boxOffsets(box)
  const reached = multicast ? machine.cluster : [machine]
  const fills = new Map(reached.map((member) => [member, filler(machine, memoryOf(member, stmt.destination), site)]))
  return (thread) => {
    const start = firstOf(thread)
    if (start + lines * lineElements > destination.size) {
      const { hint } = destination.buffer
      const message = `elements ${start} to ${start + lines * lineElements - 1} of ${hint}, which has ${destination.size}`
      fail(machine, 'sim/out-of-bounds', message, site, thread)
    }
    const extents = places.extents.map((evaluate) => evaluate(thread))
    const first = places.first.map((evaluate) => evaluate(thread))
    const to = Int32Array.from(offsets, (_, i) => {
      return start + swizzledOffset(lines, Math.floor(i / lineElements), i % lineElements)
    })
    const from = Int32Array.from(offsets, (offset) => flatIndex(extents, first, offset))
    for (const element of from) if (element >= 0) orderRead(thread, element)
    const landed = machine.asyncCopies === 'earliest'
    for (const [member, fill] of fills) {
      const slot = places.slot(thread, member)
      if (multicast && !knowsPhase(slot, thread)) {
        const { hint } = slot.mbarrier
        const message = `${hint} of the workgroup of rank ${member.rank} counts a box in phase ${slot.phase}, of which nothing tells the thread that it has begun`
        fail(machine, 'sim/data-race', message, site, thread)
      }
      const landing = { site, isForeign: member !== machine, destination: fill(thread, to), to, source, from, landed }
      if (landed) land(landing)
      slot.copies.push(landing)
    }
    if (!multicast) return
    places.slot(thread, machine).awaited += lines * reached.length
    for (const member of reached) {
      const slot = places.slot(thread, member)
      slot.awaited -= lines
      endPhase(slot)
    }
  }
}

/** Has a copy on its way into elements of the memory of a workgroup of the cluster, which it gives. */
function filler(machine: Machine, destination: Memory, site: Site): (thread: Thread, to: Int32Array) => Memory {
  const { arriving, departing } = destination
  const orderWrite = orderAccess(machine, destination, site, 'write')
  return (thread, to) => {
    for (const element of to) {
      if (departing) factorHazard(machine, destination, element, site, thread)
      if (arriving !== undefined) {
        if (arriving[element] !== 0) arrivingHazard(machine, destination, element, 'written', site, thread)
        arriving[element] = site.id + 1
      }
      orderWrite(thread, element)
    }
    return destination
  }
}

/** Throws `SimulatorError` `sim/async-hazard` where a workgroup has ended before a copy into it. */
export function checkLanded({ mbarriers, workgroup }: Machine): void {
  for (const [{ hint }, slots] of mbarriers) {
    for (const [index, { copies, phase }] of slots.entries()) {
      const [copy] = copies
      if (copy === undefined) continue
      throw new SimulatorError({
        code: 'sim/async-hazard',
        message: `workgroup (${workgroup.join(', ')}) has ended, and phase ${phase} of slot ${index} of ${hint}, which awaits a copy, has not`,
        where: copy.site.text,
        workgroup,
      })
    }
  }
}

/** Positions in a box, by dimension, in order of its elements. */
function boxOffsets(box: readonly number[]): readonly (readonly number[])[] {
  return box.reduce<readonly (readonly number[])[]>(
    (outer, extent) => outer.flatMap((position) => Array.from({ length: extent }, (_, i) => [...position, i])),
    [[]],
  )
}

/** The element of a tensor at a position of a box that begins at `first`; -1 outside. */
function flatIndex(extents: readonly number[], first: readonly number[], offset: readonly number[]): number {
  let flat = 0
  for (const [dimension, extent] of extents.entries()) {
    const index = at(first, dimension) + at(offset, dimension)
    if (index < 0 || index >= extent) return -1
    flat = flat * extent + index
  }
  return flat
}
