/** What `tilewright explain` prints for people: from operators to pipelines, then remarks, memory and times. */
import type { LaunchReport, PlaceReport, RemarkReport, VariantReport } from '@tilewright/compiler'
import { compiledForText } from '../compiled-for.js'
import { formatBytes, formatCount, formatList, formatMilliseconds, formatTable } from '../format.js'
import { operatorsText } from '../group-text.js'
import { deviceText } from '../open-device.js'
import type { Colors } from '../terminal.js'
import type { ExplainedGroup, ExplainedLaunch, ExplainedTimes, Explanation, MemoryTimeline } from './explain-model.js'
import { memoryChart } from './memory-chart.js'
import { repeatsOf } from './repeats.js'

/** What a list shows of many; `--json` has all. */
const shown = { examples: 3, operators: 6 } as const

export function explainText(explanation: Explanation, colors: Colors): string {
  const { model, groups, remarks, memory, times } = explanation
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', colors.bold(title), ...lines.map((line) => `  ${line}`)]
  return [
    `${colors.bold(model.name)}  ${colors.dim(formatBytes(model.bytes))}`,
    '',
    ...headerLines(explanation, colors),
    ...section('groups', groupLines(groups, colors)),
    ...section('not fused', missedLines(remarks, colors)),
    ...section('templates not used', rejectedLines(groups)),
    ...section('memory of intermediates', [...memoryLines(memory), ...memoryChart(memory, colors)]),
    ...section('compile', timeLines(times, groups)),
  ].join('\n')
}

function headerLines(explanation: Explanation, colors: Colors): readonly string[] {
  const { device, data, model, groups, kernels, constants, unused } = explanation
  const launches = explanation.memory.launches.length
  const once = groups.filter(({ isPrepared }) => isPrepared).length
  const sizes = Object.entries(explanation.sizes).map(([name, size]) => `${name} = ${size}`)
  const others = data === undefined ? '--size NAME=VALUE sets others' : 'those of the data'
  const fields: readonly (readonly [string, string])[] = [
    ['device', deviceText(device)],
    ...(data === undefined ? [] : [['data', compiledForText(explanation)] as const]),
    ...(sizes.length === 0 ? [] : [['sizes', `${sizes.join(', ')}; ${others}`] as const]),
    [
      'became',
      [
        formatCount(model.operators, 'operator'),
        `${formatCount(groups.length, 'group')}${once === 0 ? '' : ` (${once} computed once)`}`,
        formatCount(launches, 'launch'),
        formatCount(kernels.length, 'pipeline'),
      ].join(' → '),
    ],
    ['constants', `${formatCount(constants.tensors, 'tensor')}, ${formatBytes(constants.bytes)}`],
    ...(unused.length === 0
      ? []
      : [
          [
            'unused',
            formatList(
              unused.map(({ node }) => node),
              shown.examples,
            ),
          ] as const,
        ]),
  ]
  return fields.map(([label, value]) => `  ${colors.dim(label.padEnd(9))}  ${value}`)
}

/** A line a group; of groups that repeat the first ones, and how often. */
function groupLines(groups: readonly ExplainedGroup[], colors: Colors): readonly string[] {
  const rows = groups.map(groupRow)
  const repeats = repeatsOf(rows.map(([, ...cells]) => cells.join('\n')))
  const lines = formatTable(repeats.flatMap(({ start, period }) => rows.slice(start, start + period)))
  let at = 0
  return repeats.flatMap(({ start, period, times }) => {
    const own = lines.slice(at, at + period)
    at += period
    if (times === 1) return own
    const what = period === 1 ? 'this group' : `these ${period} groups`
    return [...own, colors.dim(`× ${times}  ${what}, up to ${start + period * times - 1}`)]
  })
}

/** Number, operators with prologues in parentheses, and what runs it at these sizes. */
function groupRow(group: ExplainedGroup): readonly string[] {
  const { number, isPrepared, variants, variant, launches } = group
  const taken = variants[variant]
  return [
    String(number),
    operatorsText(group),
    taken === undefined ? '' : scheduleText(taken),
    launches.map(launchText).join(', '),
    [...(isPrepared ? ['once'] : []), ...(variants.length > 1 ? [formatCount(variants.length, 'variant')] : [])].join(
      ', ',
    ),
  ]
}

/** `matmul/register-tiled threadsM=8 threadsN=8`. */
export function scheduleText({ template, candidate }: VariantReport): string {
  return [template, ...Object.entries(candidate).map(([name, choice]) => `${name}=${choice}`)].join(' ')
}

/** `#3 64 threads × [batch, 2, 1]`: the kernel, and workgroups as numbers or by size. */
export function launchText({ kernel, threads, workgroups }: LaunchReport | ExplainedLaunch): string {
  return `#${kernel} ${formatCount(threads, 'thread')} × [${workgroups.join(', ')}]`
}

/** A line a reason, the most frequent first, with what it is about. */
function missedLines(remarks: readonly RemarkReport[], colors: Colors): readonly string[] {
  const byReason = groupBy(
    remarks.filter(({ kind }) => kind === 'missed'),
    ({ reason }) => reason,
  )
  return [...byReason]
    .sort(([, a], [, b]) => b.length - a.length)
    .flatMap(([reason, all]) => [
      `${all.length} × ${reason}`,
      ...all.slice(0, shown.examples).map((remark) => colors.dim(`    ${edgeText(remark)}`)),
      ...(all.length > shown.examples ? [colors.dim(`    and ${all.length - shown.examples} more`)] : []),
    ])
}

/** What reads what: two operators, or two tensors of one. */
export function edgeText({ from, to }: RemarkReport): string {
  if (from.node !== undefined && from.node === to.node) return `${placeText(from)}: ${from.tensor} → ${to.tensor}`
  return `${placeText(from)} → ${placeText(to)}`
}

function placeText({ tensor, node, operator }: PlaceReport): string {
  return node === undefined ? tensor : `${operator} "${node}"`
}

function rejectedLines(groups: readonly ExplainedGroup[]): readonly string[] {
  const texts = groups.flatMap(({ number, variants }) =>
    (variants.at(-1)?.rejected ?? []).map(({ template, reason }) => ({ number, text: `${template}: ${reason}` })),
  )
  return [...groupBy(texts, ({ text }) => text)].map(
    ([text, all]) =>
      `${text} (${all.length === 1 ? 'group' : 'groups'} ${formatList(
        all.map(({ number }) => String(number)),
        shown.operators,
      )})`,
  )
}

function memoryLines({ bound, arenas }: MemoryTimeline): readonly string[] {
  if (bound === 0) return ['none']
  const allocated = arenas.reduce((sum, bytes) => sum + bytes, 0)
  const ratio = (allocated / bound).toFixed(2)
  return [
    `${formatBytes(bound)} alive at most, ${formatBytes(allocated)} allocated in ${formatCount(arenas.length, 'arena')}: ${ratio} × the bound`,
  ]
}

function timeLines(times: ExplainedTimes, groups: readonly ExplainedGroup[]): readonly string[] {
  const variants = groups.reduce((sum, group) => sum + group.variants.length, 0)
  const scheduled = times.stages.find(({ stage }) => stage === 'schedule')?.times ?? 0
  const equal = variants - scheduled
  const row = (stage: string, ms: number, count = ''): readonly string[] => [stage, formatMilliseconds(ms), count]
  return [
    ...formatTable([
      row('import', times.import),
      ...times.stages.map(({ stage, ms, times: done }) =>
        row(
          stage,
          ms,
          [...(done > 1 ? [`${done} times`] : []), ...(stage === 'lower' ? slowestPasses(times) : [])].join(', '),
        ),
      ),
      row('in all', times.import + times.compile),
    ]),
    ...(equal === 0 ? [] : [`${equal} of ${variants} schedules were taken over from an equal group`]),
  ]
}

/** The passes that take the most, wherever they stand in the pipeline. */
function slowestPasses({ passes }: ExplainedTimes): readonly string[] {
  return [...groupBy(passes, ({ pass }) => pass)]
    .map(([pass, all]) => ({ pass, ms: all.reduce((sum, { ms }) => sum + ms, 0) }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, shown.examples)
    .map(({ pass, ms }) => `${pass} ${formatMilliseconds(ms)}`)
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const value of values) {
    const group = groups.get(keyOf(value)) ?? []
    groups.set(keyOf(value), group)
    group.push(value)
  }
  return groups
}
