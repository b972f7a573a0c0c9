/** What a simulated kernel or definition can do wrong. Each code has its help line in the table below. */
import { TilewrightError } from '@tilewright/ir'

export type SimulatorErrorCode =
  | 'sim/async-hazard'
  | 'sim/data-race'
  | 'sim/deadlock'
  | 'sim/divergent-barrier'
  | 'sim/divergent-index'
  | 'sim/division-by-zero'
  | 'sim/invalid-buffer'
  | 'sim/invalid-parity'
  | 'sim/misaligned-vector'
  | 'sim/missing-workers'
  | 'sim/no-subgroups'
  | 'sim/no-such-workgroup'
  | 'sim/operations-exceeded'
  | 'sim/order-dependent'
  | 'sim/out-of-bounds'
  | 'sim/unbound'
  | 'sim/uninitialised-read'

const helpFor: Readonly<Record<SimulatorErrorCode, string>> = {
  'sim/async-hazard':
    'wait for the copy or the product, and put a barrier after the wait, before touching what it reads or writes',
  'sim/data-race':
    'put a barrier that orders this memory between the two accesses, or make both atomic; what orders workgroups is another launch',
  'sim/deadlock': 'count the arrivals of each phase; a phase completes after exactly that many',
  'sim/divergent-barrier': 'take the barrier out of conditions and loop bounds that differ between its participants',
  'sim/divergent-index': 'the threads that multiply together give the same index',
  'sim/division-by-zero': 'guard the division with a select, whose other arm is not evaluated',
  'sim/invalid-buffer':
    'give every storage buffer an array of its own, of its dtype and element count: { buffers: new Map([[kernel.params[0], new Float32Array(4)]]) }',
  'sim/invalid-parity': 'the parity of a phase is 0 or 1: take the iteration modulo 2',
  'sim/misaligned-vector': 'a vector access starts at a multiple of its width',
  'sim/missing-workers': 'repeat more, or ask for more threads: the tasks of workers that are not there are never done',
  'sim/no-subgroups': 'fix the subgroup size of the kernel',
  'sim/no-such-workgroup': 'ask for a position inside the launch',
  'sim/operations-exceeded': 'raise maxOperations, or make the kernel smaller',
  'sim/order-dependent': 'results may not depend on the order of threads, workgroups or asynchronous copies',
  'sim/out-of-bounds': 'guard the access: every index lies within its extent',
  'sim/unbound':
    'use a value in the kernel that it was made in, between where it is made and the end of the block around that',
  'sim/uninitialised-read':
    'write the element before it is read, on every path; a barrier must stand between when another thread writes it',
}

export interface SimulatorErrorDetails {
  readonly code: SimulatorErrorCode
  readonly message: string
  readonly where?: string | undefined
  /** Index in the workgroup of the thread at fault. */
  readonly thread?: number | undefined
  readonly workgroup?: readonly [number, number, number] | undefined
}

/**
 * A kernel or a definition that breaks the semantics of the IR. `where` is the line and a short description of the
 * statement at fault; `thread` and `workgroup` are there when a thread was executing.
 */
export class SimulatorError extends TilewrightError {
  readonly thread: number | undefined
  readonly workgroup: readonly [number, number, number] | undefined

  constructor(details: SimulatorErrorDetails) {
    const { code, message, where, thread, workgroup } = details
    super({ code, message, where, help: helpFor[code] })
    this.thread = thread
    this.workgroup = workgroup
  }
}
