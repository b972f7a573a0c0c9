/** The results of a comparison: as a table for people, and as the object that is printed or saved as JSON. */
import type { DeviceInfo } from '@tilewright/backend'
import type { Entry } from './compete.js'
import type { Spread } from './statistics.js'

export interface Comparison {
  /** ISO 8601. */
  readonly date: string
  /** Of the repository; undefined outside one. `+` at its end: with changes that are not committed. */
  readonly commit: string | undefined
  readonly node: string
  readonly device: DeviceInfo
  readonly machine: { readonly processor: string; readonly cores: number; readonly load: number }
  /** Exact versions by package. */
  readonly peers: Readonly<Record<string, string>>
  /** Rounds that count. */
  readonly rounds: number
  readonly cases: readonly CaseResult[]
}

export interface CaseResult {
  readonly name: string
  readonly about: string
  readonly entries: readonly Entry[]
}

/** The table: a row for each contestant of each case, and what is missing or wrong below it. */
export function comparisonText({ device, machine, rounds, cases }: Comparison): string {
  const title = `${device.adapter} on ${machine.cores} × ${machine.processor}, load ${machine.load.toFixed(1)}, ${rounds} rounds`
  const legend =
    'ms: wall time of a run with upload and readback, median (min … max); first: from model to first outputs'
  const ratio = 'ratio: to tilewright in the same round, above 1 is slower; cpu ratio: the same of processor time'
  const head = ['case', 'contestant', 'ms', '', 'ratio', '', 'cpu ratio', 'first ms', 'error']
  const rows = cases.flatMap(({ name, entries }) => entries.map((entry, i) => rowOf(i === 0 ? name : '', entry)))
  return [title, legend, ratio, '', ...alignRight([head, ...rows], 2), ...remarks(cases)].join('\n')
}

/** The medians of one case on a line, for who waits: of device times where there are any. */
export function caseLine({ name, entries }: CaseResult): string {
  const parts = entries.map((entry) => {
    if (entry.status === 'missing') return `no ${entry.contestant}`
    const { contestant } = entry
    const [ms, ratio] = entry.deviceMs ? [entry.deviceMs, entry.deviceRatio] : [entry.wallMs, entry.ratio]
    const times = ratio === undefined || contestant === 'tilewright' ? '' : ` (${digits(ratio.median)} ×)`
    return `${contestant} ${digits(ms.median)} ms${times}`
  })
  return `${name}: ${parts.join(', ')}`
}

/** Contestants whose outputs differ from ours. */
export function disagreements(cases: readonly CaseResult[]): readonly string[] {
  return cases.flatMap(({ name, entries }) =>
    entries.flatMap((entry) =>
      entry.status === 'measured' && !entry.agrees
        ? [`${name}: ${entry.contestant} differs by ${entry.errorOfMax.toExponential(1)} of the largest value`]
        : [],
    ),
  )
}

function rowOf(name: string, entry: Entry): readonly string[] {
  if (entry.status === 'missing') return [name, entry.contestant, 'missing']
  const { contestant, wallMs, ratio, cpuRatio, firstMs, errorOfMax } = entry
  const isBase = contestant === 'tilewright'
  return [
    name,
    contestant,
    ...spreadCells(wallMs),
    ...(ratio === undefined || isBase ? ['', ''] : spreadCells(ratio)),
    cpuRatio === undefined || isBase ? '' : digits(cpuRatio.median),
    digits(firstMs),
    isBase ? '' : errorOfMax.toExponential(1),
  ]
}

function spreadCells({ min, median, max }: Spread): readonly string[] {
  return [digits(median), `(${digits(min)} … ${digits(max)})`]
}

/** Three digits, or all before the point. */
export function digits(value: number): string {
  if (value >= 100 || value === 0) return value.toFixed(0)
  return value.toFixed(value >= 10 ? 1 : 2)
}

function remarks(cases: readonly CaseResult[]): readonly string[] {
  const missing = cases.flatMap(({ name, entries }) =>
    entries.flatMap((entry) =>
      entry.status === 'missing' ? [`${name}: no ${entry.contestant}: ${entry.reason}`] : [],
    ),
  )
  const lines = [...missing, ...disagreements(cases)]
  return lines.length === 0 ? [] : ['', ...lines]
}

/** Rows as lines; the first `left` columns are aligned left, the others right. */
export function alignRight(rows: readonly (readonly string[])[], left: number): readonly string[] {
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  const cell = (text: string, i: number): string =>
    i < left ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)
  return rows.map((row) => row.map(cell).join('  ').trimEnd())
}
