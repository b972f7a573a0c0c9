/** What `tilewright check` prints: a line a failure, the count last; or everything as one JSON object. */
import type { Tolerance } from '../compare-tensors.js'
import { fitLine, formatList } from '../format.js'
import type { NamedDevice } from '../open-device.js'
import type { Colors } from '../terminal.js'
import type { CaseReport } from './check-case.js'

export interface CheckSummary {
  readonly passed: number
  readonly failed: number
  readonly unsupported: number
}

export function summarize(cases: readonly CaseReport[]): CheckSummary {
  const count = (status: CaseReport['status']): number => cases.filter((report) => report.status === status).length
  return { passed: count('passed'), failed: count('failed'), unsupported: count('unsupported') }
}

/** The line of a failed case. */
export function failureText({ name, failures }: CaseReport, colors: Colors): string {
  const [first = '', ...others] = failures
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return `${colors.red('failed')} ${name}: ${first}${more}`
}

/** The last line. */
export function summaryText({ passed, failed, unsupported }: CheckSummary, colors: Colors): string {
  const color = failed > 0 ? colors.red : colors.green
  return color(`${passed} passed, ${failed} failed, ${unsupported} unsupported`)
}

/** How to ask for less where rounding is what differs; undefined when nothing was compared and found wrong. */
export function toleranceText(cases: readonly CaseReport[], tolerance: Tolerance): string | undefined {
  const isWrong = cases.some(({ failures }) => failures.some((failure) => failure.includes('check/mismatch')))
  if (!isWrong || tolerance.kind === 'of-max') return undefined
  const { rtol, atol } = tolerance
  return `each element was compared within --rtol ${rtol} and --atol ${atol}; whole models round more: --of-max 1e-4 compares with the largest value of an output`
}

/** Gaps, and cases of one, that are shown before the rest is counted; `--json` has all. */
const shown = { gaps: 12, cases: 3 } as const

/** What unsupported cases lack, most frequent first: a line of `columns` characters each, with the cases. */
export function gapLines(cases: readonly CaseReport[], columns: number): readonly string[] {
  const lacking = new Map<string, string[]>()
  for (const { name, gaps } of cases) {
    for (const what of new Set(gaps.map((gap) => gap.what))) lacking.set(what, [...(lacking.get(what) ?? []), name])
  }
  const sorted = [...lacking].toSorted(([, a], [, b]) => b.length - a.length)
  const more = sorted.length - shown.gaps
  return [
    ...sorted
      .slice(0, shown.gaps)
      .map(([what, names]) => `unsupported: ${names.length} × ${what}: ${formatList(names, shown.cases)}`),
    ...(more > 0 ? [`unsupported: ${more} more, which --json lists`] : []),
  ].map((line) => fitLine(line, columns))
}

/** Everything, as plain data; a largest error that is not finite is null. */
export function checkData(cases: readonly CaseReport[], device: NamedDevice, tolerance: Tolerance): object {
  return { device, tolerance, ...summarize(cases), cases }
}
