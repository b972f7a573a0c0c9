/**
 * Schedule templates: the parametric way to run an anchor (Hidet, section 5).
 *
 * A template is scheduled alone, reading operand buffers and writing result buffers. Fusion then replaces every load of
 * a computed operand by its prologue and every store to a result by its epilogue, so a template must load operands
 * element by element (vectors and async copies are made of direct operands only) and store each result element exactly
 * once, in its final value.
 */
import type { Buffer } from './buffer.js'
import type { Equation } from './definition.js'
import type { Kernel } from './kernel.js'
import type { SizeParam } from './size.js'
import type { Target } from './target.js'

/** Named choices; every value is a number or a boolean, so that candidates are plain data. */
export type Candidate = Readonly<Record<string, number | boolean>>

/** The choices of each parameter, hardware-friendly values independent of the problem's size. */
export type Space<C extends Candidate> = { readonly [K in keyof C]: readonly C[K][] }

/** An anchor to schedule. */
export interface Problem {
  readonly anchor: Equation
  /** Operands that are expressions (they have a prologue) rather than memory. */
  readonly computed: ReadonlySet<Buffer>
}

/** Why a candidate is not legal: a value, never an exception. */
export interface Rejection {
  readonly reason: string
}

export interface ScheduledKernels {
  /** In launch order. */
  readonly kernels: readonly Kernel[]
  /** Storage buffers between the kernels, besides operands and results. */
  readonly workspaces: readonly Buffer[]
}

/** Facts about one size parameter under which a template has a better candidate: a variant of the plan. */
export interface Refinement {
  readonly param: SizeParam
  readonly facts: { readonly max: number } | { readonly multipleOf: number }
}

/** Methods, not properties: a template of particular candidates is a template, and is only given its own. */
export interface ScheduleTemplate<C extends Candidate = Candidate> {
  readonly name: string
  /** Whether this template can run the anchor at all. */
  matches(anchor: Equation): boolean
  readonly space: Space<C>
  /** Facts about symbolic sizes that are worth a variant, best first. */
  refinements(anchor: Equation): readonly Refinement[]
  /** Integer constraints, checked before anything is built; undefined when the candidate is legal. */
  check(candidate: C, problem: Problem, target: Target): Rejection | undefined
  /** The candidate to use without measuring: always legal where any is; a rejection where the target rules all out. */
  level0(problem: Problem, target: Target): C | Rejection
  build(candidate: C, problem: Problem, target: Target): ScheduledKernels
}

export function isRejection(value: object): value is Rejection {
  return 'reason' in value
}
