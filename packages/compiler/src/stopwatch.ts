/** What the stages of one compile take. It is always measured: asking the clock costs nothing beside any stage. */
import type { PassEvent } from '@tilewright/passes'

/**
 * In order. Up to `partition`, a stage is done once; then each group is compared with those before it. What has no equal is
 * scheduled, inlined, lowered and emitted. `overwrite` finds results that take the memory of an operand, `refine` makes
 * variants for sizes with further facts.
 */
const stages = [
  'fold',
  'define',
  'bytes',
  'split',
  'rows',
  'attention',
  'partition',
  'compare',
  'overwrite',
  'refine',
  'schedule',
  'inline',
  'lower',
  'emit',
  'validate',
  'plan',
] as const
export type Stage = (typeof stages)[number]

export interface StageTime {
  readonly stage: Stage
  readonly ms: number
  /** How often it was done: once for all groups that are equal. */
  readonly times: number
}

/** A pass at one place of the pipeline, over all kernels. */
export interface PassTime {
  readonly pass: string
  readonly ms: number
  readonly times: number
  /** Kernels that it changed. */
  readonly changed: number
}

export interface CompileTimes {
  /** Every stage, in order. */
  readonly stages: readonly StageTime[]
  /** What `lower` consists of, in the order of the pipeline. */
  readonly passes: readonly PassTime[]
}

export interface Stopwatch {
  /** Does the work of a stage, and adds what it took. Stages are not nested. */
  readonly time: <T>(stage: Stage, work: () => T) => T
  /** Takes the events of one kernel's way through the pipeline, in order. */
  readonly passes: () => (event: PassEvent) => void
  readonly read: () => CompileTimes
}

export function stopwatch(): Stopwatch {
  const spent = new Map(stages.map((stage) => [stage, { ms: 0, times: 0 }]))
  const passes: { pass: string; ms: number; times: number; changed: number }[] = []
  return {
    time: (stage, work) => {
      const start = performance.now()
      const result = work()
      const { ms, times } = spent.get(stage) ?? { ms: 0, times: 0 }
      spent.set(stage, { ms: ms + performance.now() - start, times: times + 1 })
      return result
    },
    passes: () => {
      let place = 0
      return ({ pass, ms, changed }) => {
        const known = passes[place] ?? { pass, ms: 0, times: 0, changed: 0 }
        passes[place++] = {
          pass,
          ms: known.ms + ms,
          times: known.times + 1,
          changed: known.changed + (changed ? 1 : 0),
        }
      }
    },
    read: () => ({ stages: [...spent].map(([stage, time]) => ({ stage, ...time })), passes: [...passes] }),
  }
}
