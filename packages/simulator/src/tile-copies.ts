/**
 * Copies of boxes into tiles. The thread that starts one counts as the writer of what it fills; whoever waits for the phase in
 * which it was started sees that. Until the phase ends, nobody may touch the tile.
 */
import { lineElements, linesOfBox, swizzledOffset, swizzlePeriod, type TileCopy } from '@tilewright/ir'
import { orderAccess, vectorIndex } from './access.js'
import { at } from './at.js'
import { arrivingHazard, factorHazard } from './in-flight.js'
import { land } from './land-tile.js'
import { fail, type Machine, memoryOf } from './machine.js'
import type { Site } from './site.js'
import type { Action, Evaluate, MbarrierSlot, Thread } from './thread.js'

/** What the expressions of a copy are, compiled: the flat index of its first element, sizes, and where its box begins. */
export interface TilePlaces {
  readonly destination: Evaluate
  readonly extents: readonly Evaluate[]
  readonly first: readonly Evaluate[]
  readonly slot: (thread: Thread) => MbarrierSlot
}

/** Starts a copy. Throws `SimulatorError` `sim/out-of-bounds`, `sim/misaligned-vector`, `sim/async-hazard`, `sim/data-race`. */
export function tileCopier(machine: Machine, stmt: TileCopy, places: TilePlaces, site: Site): Action {
  const { box } = stmt
  const [destination, source] = [memoryOf(machine, stmt.destination), memoryOf(machine, stmt.source)]
  const orderWrite = orderAccess(machine, destination, site, 'write')
  const orderRead = orderAccess(machine, source, site, 'read')
  const firstOf = vectorIndex(machine, destination, places.destination, swizzlePeriod, site)
  const lines = linesOfBox(box)
  const offsets = boxOffsets(box)
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
    for (const [i, element] of to.entries()) {
      if (destination.departing) factorHazard(machine, destination, element, site, thread)
      if (destination.arriving !== undefined) {
        if (destination.arriving[element] !== 0) {
          arrivingHazard(machine, destination, element, 'written', site, thread)
        }
        destination.arriving[element] = site.id + 1
      }
      orderWrite(thread, element)
      const read = at(from, i)
      if (read >= 0) orderRead(thread, read)
    }
    const landed = machine.asyncCopies === 'earliest'
    const landing = { destination, to, source, from, landed }
    if (landed) land(landing)
    places.slot(thread).copies.push(landing)
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
