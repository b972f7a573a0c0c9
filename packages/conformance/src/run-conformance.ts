/** Runs the cases without a test framework, and says what became of them. */
import { checkBackend } from '@tilewright/backend'
import { checkArgument, checkOptions, isPlain } from '@tilewright/ir'
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

/**
 * Runs the cases on a subject, one after the other. Does not reject for a case that fails: the report has it. Rejects with
 * `CompileError` `conformance/subject` or `backend/descriptor` for what is no subject, and `conformance/option`.
 */
export async function runConformance(subject: Subject, options: ConformanceOptions = {}): Promise<ConformanceReport> {
  checkOptions('conformance/option', 'runConformance', options, { only: true, onResult: true })
  checkSubject(subject)
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

/** Callers without types may leave out the device, or pass the backend alone. */
function checkSubject(subject: Subject): void {
  const code = 'conformance/subject'
  const help =
    'pass { backend, device, open }: the backend, and a device that runs what it prints, such as await open()'
  checkArgument(isPlain(subject), code, 'what is tried is a backend with a device', subject, help)
  checkOptions(code, 'a subject', subject, { backend: true, device: true, open: true })
  const { backend, device, open } = subject
  checkBackend(backend)
  const isDevice = typeof device?.createPipeline === 'function' && typeof device.target?.limits?.threads === 'number'
  checkArgument(isDevice, code, 'the device of a subject is one that is open', device, help)
  checkArgument(open === undefined || typeof open === 'function', code, 'open of a subject is a function', open, help)
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
