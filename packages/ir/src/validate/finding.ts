/** What a rule of the validator is, and what it finds: plain values, so that all faults of a kernel show at once. */
import type { Kernel } from '../kernel.js'
import type { Stmt } from '../stmt.js'
import type { Target } from '../target.js'

export interface Finding {
  /** `area/what`, stable across versions. */
  readonly code: string
  readonly message: string
  readonly help?: string | undefined
  /** The statement at fault; undefined when it is the kernel as a whole. */
  readonly stmt?: Stmt | undefined
  /** The statement that makes this one a fault: its line is quoted after the message. */
  readonly culprit?: Stmt | undefined
}

/** Without a target, only what must hold on every target is checked. */
export type Rule = (kernel: Kernel, target: Target | undefined) => readonly Finding[]
