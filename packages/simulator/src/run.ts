/** What a caller says about a run, and gets back. */
import type { Buffer, SizeValues } from '@tilewright/ir'
import type { CountOptions, OperationCounts } from './count.js'
import type { TypedArray } from './elements.js'

/** Of the threads between two synchronisations, and of the workgroups. */
export type Order = 'ascending' | 'descending'

/** When an async copy lands: at the wait for it, or as soon as it is started. */
export type AsyncMoment = 'latest' | 'earliest'

export interface KernelRun {
  /** An array for each parameter of the kernel, in its dtype; those the kernel writes are changed in place. */
  readonly buffers: ReadonlyMap<Buffer, TypedArray>
  readonly sizes?: SizeValues
  /** Default: ascending. */
  readonly order?: Order
  /** Default: latest. */
  readonly asyncCopies?: AsyncMoment
  /** All of the launch, or only the one at this position and those of its cluster. Default: all. */
  readonly workgroups?: 'all' | readonly [x: number, y: number, z: number]
  /** Reading what was never written is reported, or gives NaN (integers: arbitrary bits). Default: report. */
  readonly uninitialised?: 'report' | 'garbage'
  /** Counts executed operations. */
  readonly count?: CountOptions
  /** Ends a run with `sim/operations-exceeded` after so many operations, as counted. Default: no limit. */
  readonly maxOperations?: number
}

export interface RunReport {
  /** How many workgroups ran. */
  readonly workgroups: number
  /** Present when the run counts or limits operations. */
  readonly counts: OperationCounts | undefined
}
