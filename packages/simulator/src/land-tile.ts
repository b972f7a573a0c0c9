/** What a copy of a box does when it lands, which is before the phase of its mbarrier ends. */
import { at } from './at.js'
import type { TileLanding } from './thread.js'

/** The copy is over: its tile may be touched by those who know. */
export function endLanding(landing: TileLanding): void {
  const { destination, to, landed } = landing
  if (!landed) land(landing)
  for (const element of to) {
    if (destination.initialised !== undefined) destination.initialised[element] = 1
    if (destination.arriving !== undefined) destination.arriving[element] = 0
  }
}

/** What the copy wrote is seen by those who see what this thread of the cluster did at this tick. */
export function passOn({ destination: { shadow }, to }: TileLanding, thread: number, tick: number): void {
  if (shadow === undefined) return
  for (const element of to) {
    shadow.writeThread[element] = thread
    shadow.writeTick[element] = tick
  }
}

/** Fills the tile. */
export function land({ destination, to, source, from }: TileLanding): void {
  for (const [i, element] of to.entries()) {
    const read = at(from, i)
    destination.cells[element] = read < 0 ? 0 : at(source.cells, read)
  }
}
