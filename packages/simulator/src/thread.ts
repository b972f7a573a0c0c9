/** A thread: its variables, its clocks, its copies in flight, and what it waits for. */
import type { BarrierMemory, Mbarrier, Participants } from '@tilewright/ir'
import type { Clock } from './clocks.js'
import type { Memory } from './memory.js'
import type { Site } from './site.js'

/** Evaluates an expression: booleans are 0 and 1, i32 and u32 integers in their range, f32 values of binary32. */
export type Evaluate = (thread: Thread) => number
export type Action = (thread: Thread) => void

export interface Thread {
  /** In the workgroup. */
  readonly index: number
  /** In the cluster: threads are numbered workgroup by workgroup. */
  readonly id: number
  readonly subgroup: number
  readonly lane: number
  /** Values of the variables of the kernel, by slot. */
  readonly vars: Float64Array
  /** What is ordered before the thread's next access to each memory. */
  readonly clocks: Readonly<Record<BarrierMemory, Clock>>
  /** Copies started since the last commit. */
  open: Copy[]
  /** Committed groups that are unfinished, oldest first. */
  groups: Copy[][]
  /** Started and not yet waited for, oldest first; the threads of a group share each. */
  products: Product[]
  waiting: Wait | undefined
  ended: boolean
}

/** An async copy between its start and the wait for it. */
export interface Copy {
  readonly site: Site
  readonly destination: Memory
  readonly to: number
  readonly source: Memory
  /** Undefined for a copy of zeros. */
  readonly from: number | undefined
  readonly elements: number
  /** Checks and records the accesses of the copy, as made by the thread now. */
  readonly touch: (thread: Thread, copy: Copy) => void
}

/** An async multiply between its start and the last wait for it. */
export interface Product {
  readonly site: Site
  /** Of its fragments, which are its own until it is waited for. */
  readonly held: readonly Memory[]
  readonly reads: readonly TileRead[]
  /** Threads of the group that have not waited for it. */
  unfinished: number
  /** Checks and records the reads of the thread's share, as made now. */
  readonly touch: (thread: Thread) => void
}

/** What a product reads of a tile: elements `offsets` from `first` on, all below `extent`. */
export interface TileRead {
  readonly memory: Memory
  readonly first: number
  readonly offsets: Int32Array
  readonly extent: number
}

/** A tile copy between its start and the end of its phase. */
export interface TileLanding {
  readonly site: Site
  /** Whether a thread of another workgroup started it. */
  readonly isForeign: boolean
  readonly destination: Memory
  /** Elements of the destination, and for each the element of the source, or -1 for a zero. */
  readonly to: Int32Array
  readonly source: Memory
  readonly from: Int32Array
  /** Whether it has been done at its start. */
  readonly landed: boolean
}

/** One slot of an mbarrier. */
export interface MbarrierSlot {
  readonly mbarrier: Mbarrier
  /** What its current phase waits for besides arrivals, and then makes land. */
  copies: TileLanding[]
  /** How many phases have completed. */
  phase: number
  arrived: number
  /** Thread of the last arrival, by number in the cluster. */
  last: number
  /** Lines of multicast boxes that the current phase awaits: below 0 where they were sent before they were asked for. */
  awaited: number
  /** What was done before the arrivals of completed phases, and before those of the current one: ticks by thread of the cluster. */
  readonly released: Readonly<Record<BarrierMemory, Int32Array>>
  readonly pending: Readonly<Record<BarrierMemory, Int32Array>>
}

interface Together {
  readonly site: Site
  /** A number: groups of so many consecutive threads. */
  readonly participants: Participants | number
  /** Slots of the variables of the enclosing loops: all participants must be in the same iteration. */
  readonly loops: readonly number[]
  /** Done once for all participants, which stand in order of index. */
  readonly meet: (participants: readonly Thread[]) => void
}

/** Why a thread does not go on: it meets others at a statement, or waits for a phase. */
export type Wait =
  | ({ readonly kind: 'meeting' } & Together)
  | { readonly kind: 'phase'; readonly site: Site; readonly slot: MbarrierSlot; readonly parity: number }
