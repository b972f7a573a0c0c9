/**
 * Data races, by happens-before (after FastTrack, Flanagan and Freund 2009): a shadow of each element keeps its last
 * plain write, and the reads and atomics since then that later accesses may conflict with. Exact: an access is reported
 * exactly when an earlier one to the element conflicts and is not ordered before it.
 *
 * Ticks never repeat within a launch, so that an access below the first tick of the current cluster is another
 * one's: unordered whatever the clocks say.
 */
import type { BarrierMemory } from '@tilewright/ir'
import type { Shadow } from './shadow.js'
import type { Thread } from './thread.js'

export type AccessKind = 'read' | 'write' | 'atomic'

/** The earlier of two conflicting accesses. */
export interface Earlier {
  readonly access: AccessKind
  /** Its number in the cluster. */
  readonly thread: number
  readonly site: number
  /** Whether it was made by a workgroup of another cluster. */
  readonly foreign: boolean
}

/** Throws; called with the earlier access, and with what the later one was of. */
export type ReportRace = (earlier: Earlier, thread: Thread, element: number) => never

export interface RaceDetector {
  /** Clocks of the next cluster start at `tick`. */
  readonly startCluster: (tick: number) => void
  /** Forgets all reads and atomics: for memory that does not outlive the cluster. Shadows are cleared by their owner. */
  readonly clear: () => void
  readonly access: (
    kind: AccessKind,
    shadow: Shadow,
    element: number,
    thread: Thread,
    site: number,
    report: ReportRace,
  ) => void
}

// Nodes of the lists lie in one pool. What a node holds, by offset:
const TICK = 0
const THREAD = 1
const SITE = 2
/** Version of the clock that the access was checked against. */
const VERSION = 3
const NEXT = 4
const NODE = 5

/** A detector for all buffers of one memory. */
export function createRaceDetector(memory: BarrierMemory): RaceDetector {
  let firstTick = 1
  let pool = new Int32Array(64 * NODE)
  // Node 0 is none. Freed nodes are chained.
  let used = NODE
  let free = 0

  const allocate = (): number => {
    if (free !== 0) {
      const node = free
      free = pool[node + NEXT] ?? 0
      return node
    }
    if (used === pool.length) {
      const larger = new Int32Array(pool.length * 2)
      larger.set(pool)
      pool = larger
    }
    used += NODE
    return used - NODE
  }
  const release = (node: number): void => {
    pool[node + NEXT] = free
    free = node
  }

  const isOrdered = (tick: number, owner: number, thread: Thread): boolean =>
    tick >= firstTick && (owner === thread.id || tick <= (thread.clocks[memory].known[owner] ?? 0))

  const checkWrite = (shadow: Shadow, element: number, thread: Thread, report: ReportRace): void => {
    const tick = shadow.writeTick[element] ?? 0
    const owner = shadow.writeThread[element] ?? 0
    if (tick === 0 || isOrdered(tick, owner, thread)) return
    const site = shadow.writeSite[element] ?? 0
    report({ access: 'write', thread: owner, site, foreign: tick < firstTick }, thread, element)
  }

  const checkList = (
    access: 'read' | 'atomic',
    head: number,
    element: number,
    thread: Thread,
    report: ReportRace,
  ): void => {
    for (let node = head; node !== 0; node = pool[node + NEXT] ?? 0) {
      const tick = pool[node + TICK] ?? 0
      const owner = pool[node + THREAD] ?? 0
      if (isOrdered(tick, owner, thread)) continue
      const site = pool[node + SITE] ?? 0
      report({ access, thread: owner, site, foreign: tick < firstTick }, thread, element)
    }
  }

  // Leaves out what the access covers: accesses ordered before it, and all foreign ones but one, because each conflicts
  // with the same later accesses.
  const prune = (heads: Int32Array, element: number, thread: Thread): void => {
    let kept = 0
    let foreignKept = false
    for (let node = heads[element] ?? 0; node !== 0; ) {
      const next = pool[node + NEXT] ?? 0
      const tick = pool[node + TICK] ?? 0
      const isForeign = tick < firstTick
      if (isForeign ? foreignKept : isOrdered(tick, pool[node + THREAD] ?? 0, thread)) release(node)
      else {
        foreignKept ||= isForeign
        pool[node + NEXT] = kept
        kept = node
      }
      node = next
    }
    heads[element] = kept
  }

  const record = (heads: Int32Array, element: number, thread: Thread, site: number): void => {
    const { own, version } = thread.clocks[memory]
    const head = heads[element] ?? 0
    if (head !== 0) {
      // A thread that knows as much as this one has just pruned: nothing more to leave out, but perhaps our own.
      const isSameAccess = pool[head + TICK] === own && pool[head + THREAD] === thread.id
      if (isSameAccess) return
      if (version === 0 || pool[head + VERSION] !== version) prune(heads, element, thread)
    }
    const node = allocate()
    pool[node + TICK] = own
    pool[node + THREAD] = thread.id
    pool[node + SITE] = site
    pool[node + VERSION] = version
    pool[node + NEXT] = heads[element] ?? 0
    heads[element] = node
  }

  const drop = (heads: Int32Array, element: number): void => {
    for (let node = heads[element] ?? 0; node !== 0; ) {
      const next = pool[node + NEXT] ?? 0
      release(node)
      node = next
    }
    heads[element] = 0
  }

  return {
    startCluster: (tick) => {
      firstTick = tick
    },
    clear: () => {
      used = NODE
      free = 0
    },
    access: (kind, shadow, element, thread, site, report) => {
      const { reads, atomics } = shadow
      checkWrite(shadow, element, thread, report)
      if (kind !== 'read') checkList('read', reads[element] ?? 0, element, thread, report)
      if (kind !== 'atomic') checkList('atomic', atomics[element] ?? 0, element, thread, report)
      if (kind === 'read') record(reads, element, thread, site)
      else if (kind === 'atomic') record(atomics, element, thread, site)
      else {
        drop(reads, element)
        drop(atomics, element)
        shadow.writeTick[element] = thread.clocks[memory].own
        shadow.writeThread[element] = thread.id
        shadow.writeSite[element] = site
      }
    },
  }
}
