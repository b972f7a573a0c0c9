/** What a case is, what it is run on, and what comes of it. */
import type { Backend, Device } from '@tilewright/backend'
import { TilewrightError } from '@tilewright/ir'

/** What a case is about. */
export type Area =
  | 'arithmetic'
  | 'functions'
  | 'conversions'
  | 'narrow-types'
  | 'control-flow'
  | 'memory'
  | 'launches'
  | 'cooperation'
  | 'device'

/** A backend under test, with a device that runs what it prints. */
export interface Subject {
  readonly backend: Backend
  readonly device: Device
  /** Opens a device beside that one: cases that dispose of one, or need two, are skipped without. */
  readonly open?: (() => Promise<Device>) | undefined
}

/** A case that does not pass throws. `skipped`: the target lacks what the case is about. */
export type Outcome = { readonly kind: 'passed' } | { readonly kind: 'skipped'; readonly reason: string }

export interface ConformanceCase {
  /** Unique among the cases, and begins with the area: `control-flow: a loop of no iterations`. */
  readonly name: string
  readonly area: Area
  /** Leaves the device as it was. Rejects with `ConformanceError` where the subject breaks the contract. */
  readonly run: (subject: Subject) => Promise<Outcome>
}

export const passed: Outcome = { kind: 'passed' }

export interface ConformanceErrorDetails {
  /**
   * `conformance/difference`: a result is not the simulator's; `conformance/refused`: a legal kernel does not get to
   * run; `conformance/contract`: a device does not do what the contract says.
   */
  readonly code: 'conformance/difference' | 'conformance/refused' | 'conformance/contract'
  readonly message: string
  readonly help?: string | undefined
  readonly cause?: unknown
  readonly kernel?: string | undefined
  readonly source?: string | undefined
}

/** A breach of the contract by a backend. */
export class ConformanceError extends TilewrightError {
  /** The kernel as it was authored, in the text form of the IR. */
  readonly kernel: string | undefined
  /** What the backend printed for it. */
  readonly source: string | undefined

  constructor(details: ConformanceErrorDetails) {
    super(details)
    this.kernel = details.kernel
    this.source = details.source
  }
}
