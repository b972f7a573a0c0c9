/** What `tilewright check` prints: a line a case or a failure, the count last; or everything as one JSON object. */
import { fitLine, formatList, formatMilliseconds } from '../format.js'
import type { NamedDevice } from '../open-device.js'
import type { Colors } from '../terminal.js'
import type { Tolerance } from '../tolerance.js'
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

/** How many cases have a line each; of more, those that failed have one. */
const listed = 30

/**
 * The lines of cases, one after the other: what became of each, and what to know and to do about it beneath; undefined for a case that
 * is counted alone. What is to be done is said once, at the first case that it helps.
 */
export function caseLines(names: readonly string[], colors: Colors): (report: CaseReport) => string | undefined {
  const isListed = names.length <= listed
  const width = isListed ? Math.max(...names.map((name) => name.length)) : 0
  const said = new Set<string>()
  return (report) => {
    if (!isListed && report.status !== 'failed') return undefined
    const label = report.status.padEnd(isListed ? 'unsupported'.length : 0)
    const beneath = [
      ...report.notes.map((note) => `\n  ${colors.dim('note')}  ${note}`),
      ...report.helps.filter((help) => !said.has(help)).map((help) => `\n  ${colors.dim('help')}  ${help}`),
    ]
    for (const help of report.helps) said.add(help)
    return `${colorOf(report, colors)(label)} ${report.name.padEnd(width)}  ${outcomeText(report)}${beneath.join('')}`
  }
}

function colorOf({ status }: CaseReport, colors: Colors): (text: string) => string {
  return { passed: colors.green, failed: colors.red, unsupported: colors.yellow }[status]
}

function outcomeText({ status, failures, gaps, dataSets, fixed, times, ...errors }: CaseReport): string {
  switch (status) {
    case 'passed':
      return `${errorText(errors)}, ${formatMilliseconds(times.run / dataSets)} a run${fixedText(fixed)}`
    case 'failed':
      return `${failures[0] ?? ''}${failures.length > 1 ? ` (and ${failures.length - 1} more)` : ''}`
    case 'unsupported':
      return formatList([...new Set(gaps.map(({ what }) => what))], shown.gapsOfCase)
    default:
      return status satisfies never
  }
}

/** The sizes that it was compiled for, each name with its values. */
function fixedText(fixed: CaseReport['fixed']): string {
  const names = [...new Set(fixed.flatMap((sizes) => Object.keys(sizes)))]
  const texts = names.map((name) => {
    const values = new Set(fixed.flatMap((sizes) => sizes[name] ?? []))
    return `${name}=${[...values].join(' or ')}`
  })
  return texts.length === 0 ? '' : `, compiled for ${texts.join(', ')}`
}

function errorText({
  largestError,
  largestErrorOfMax,
}: Pick<CaseReport, 'largestError' | 'largestErrorOfMax'>): string {
  if (largestError === 0) return 'exact'
  // Where all should be 0 there is nothing to compare an error with.
  return Number.isFinite(largestErrorOfMax)
    ? `largest error ${largestErrorOfMax.toExponential(1)} of the largest value`
    : `largest error ${largestError.toExponential(1)}`
}

/** The last line. */
export function summaryText({ passed, failed, unsupported }: CheckSummary, colors: Colors): string {
  const color = failed > 0 ? colors.red : colors.green
  return color(`${passed} passed, ${failed} failed, ${unsupported} unsupported`)
}

/** Gaps, and cases of one, that are shown before the rest is counted; `--json` has all. */
const shown = { gaps: 12, cases: 3, gapsOfCase: 3 } as const

/**
 * What unsupported cases lack, most frequent first: a line of `columns` characters each, with the cases. Nothing where each
 * case has a line that says it.
 */
export function gapLines(cases: readonly CaseReport[], columns: number): readonly string[] {
  if (cases.length <= listed) return []
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
