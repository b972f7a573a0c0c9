/** Runs the cases without a test framework, and says what became of them. */
import { checkOptions } from '@tilewright/ir'
import { conformanceCases } from './cases/index.js'
import type { ConformanceCase, Outcome, Subject } from './conformance-case.js'

/** What became of a case. A failure is a `ConformanceError`, or whatever else the subject threw. */
export type ConformanceResult = { readonly case: ConformanceCase; readonly ms: number } & (
  | Outcome
  | { readonly kind: 'failed'; readonly error: unknown }
)

export interface ConformanceReport {
  readonly passed: number
  readonly skipped: number
  readonly failed: number
  /** In the order of the cases. */
  readonly results: readonly ConformanceResult[]
}

export interface ConformanceOptions {
  /** Which cases run. Default: all. */
  readonly only?: (one: ConformanceCase) => boolean
  /** Told of each case as it ends. */
  readonly onResult?: (result: ConformanceResult) => void
}

/** Runs the cases on a subject, one after the other. Does not reject for a case that fails: the report has it. */
export async function runConformance(subject: Subject, options: ConformanceOptions = {}): Promise<ConformanceReport> {
  checkOptions('conformance/option', 'runConformance', options, { only: true, onResult: true })
  const { only = () => true, onResult } = options
  const results: ConformanceResult[] = []
  for (const one of conformanceCases.filter(only)) {
    const result = await resultOf(one, subject)
    results.push(result)
    onResult?.(result)
  }
  const count = (kind: ConformanceResult['kind']): number => results.filter((result) => result.kind === kind).length
  return { passed: count('passed'), skipped: count('skipped'), failed: count('failed'), results }
}

async function resultOf(one: ConformanceCase, subject: Subject): Promise<ConformanceResult> {
  const start = performance.now()
  try {
    const outcome = await one.run(subject)
    return { case: one, ms: performance.now() - start, ...outcome }
  } catch (error) {
    return { case: one, ms: performance.now() - start, kind: 'failed', error }
  }
}
