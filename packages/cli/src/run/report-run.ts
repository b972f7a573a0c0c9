/** What `tilewright run` prints: a summary for people, or the same as one JSON object. */
import { elementValue } from '@tilewright/backend'
import type { HostTensor } from '@tilewright/runtime'
import { formatBytes, formatCount, formatMilliseconds } from '../format.js'
import { fusedText, kindLines } from '../group-text.js'
import { deviceText } from '../open-device.js'
import type { Colors } from '../terminal.js'
import type { Tolerance } from '../tolerance.js'
import type { ResultCheck, RunReport } from './run-model.js'

/** Elements of an output that are shown. */
const shownElements = 6

/** The summary of a run. */
export function runText(report: RunReport, colors: Colors): string {
  const { model, device, memory, times } = report
  const sizes = [
    ...Object.entries(report.sizes).map(([name, size]) => `${name} = ${size}`),
    ...Object.entries(report.fixed).map(([name, size]) => `compiled for ${name} = ${size}`),
  ]
  const fields: readonly (readonly [string, string])[] = [
    ['device', deviceText(device)],
    ['inputs', [report.data ?? 'seeded random numbers', ...sizes].join(', ')],
    ['kernels', kernelsText(report)],
    ['memory', memoryText(memory)],
    [
      'compile',
      `${formatMilliseconds(times.compile)}, then ${formatMilliseconds(times.prepare)} for pipelines and weights`,
    ],
    ['run', runTimeText(times)],
    ...report.outputs.map(({ name, tensor }) => ['output', `${name} ${tensorText(tensor)}`] as const),
    ...checkRows(report, colors),
  ]
  const lines = fields.flatMap(([label, value]) => [
    `  ${colors.dim(label.padEnd(8))}  ${value}`,
    ...(label === 'kernels' ? kindLines(report.groups, colors) : []),
  ])
  return [`${colors.bold(model.name)}  ${colors.dim(formatBytes(model.bytes))}`, '', ...lines].join('\n')
}

function kernelsText({ model, groups, dispatches, hostSteps }: RunReport): string {
  const host = hostSteps === 0 ? '' : `, ${formatCount(hostSteps, 'conversion')} on the host`
  return `${fusedText(model.operators, groups)}, ${formatCount(dispatches, 'dispatch')}${host}`
}

function memoryText({ constants, prepared, intermediates, boundary }: RunReport['memory']): string {
  const made = prepared === 0 ? '' : `, ${formatBytes(prepared)} made of them`
  return `weights ${formatBytes(constants)}${made}, intermediates ${formatBytes(intermediates)}, inputs and outputs ${formatBytes(boundary)}`
}

function runTimeText({ firstRun, run, runs }: RunReport['times']): string {
  if (runs === 0) return `${formatMilliseconds(firstRun)}, measured once`
  const how = runs === 1 ? 'measured once' : `the median of ${runs}`
  return `${formatMilliseconds(run)}, ${how}; the first took ${formatMilliseconds(firstRun)}`
}

function tensorText({ dtype, shape, data }: HostTensor): string {
  const shown = Array.from({ length: Math.min(data.length, shownElements) }, (_, i) => {
    if (dtype !== 'f32' && dtype !== 'f16' && dtype !== 'bf16') return String(data[i])
    return String(Number(elementValue(dtype, Number(data[i])).toPrecision(4)))
  })
  const rest = data.length > shownElements ? ', …' : ''
  return `${dtype} [${shape.join(', ')}] = ${shown.join(', ')}${rest}`
}

/** A row for each comparison, with what it is against: `check` stands before the first. */
function checkRows({ checks, tolerance }: RunReport, colors: Colors): readonly (readonly [string, string])[] {
  const against = checks.map((check) => (check.against === 'definition' ? 'its definition' : 'the reference data'))
  const width = Math.max(...against.map((what) => what.length))
  return checks.map((check, i) => [
    i === 0 ? 'check' : '',
    `against ${against[i]?.padEnd(width)}  ${checkText(check, tolerance, colors)}`,
  ])
}

function checkText(
  { largestErrorOfMax, mismatches, skipped }: ResultCheck,
  tolerance: Tolerance,
  colors: Colors,
): string {
  if (skipped !== undefined) return colors.yellow(`not compared: ${skipped}`)
  const error = (largestErrorOfMax ?? 0).toExponential(1)
  if (mismatches.length > 0) {
    const allowed =
      tolerance.kind === 'of-max' ? `, where ${tolerance.ratio.toExponential()} is allowed (--of-max)` : ''
    const much = Number.isFinite(largestErrorOfMax)
      ? `; the largest error is ${error} of the largest value${allowed}`
      : ''
    return colors.red(`different: ${mismatches.join('; ')}${much}`)
  }
  return colors.green(
    largestErrorOfMax === 0 ? 'equal, exactly' : `equal; the largest error is ${error} of the largest value`,
  )
}

/** The run as plain data; elements of outputs are left out. */
export function runData(report: RunReport): object {
  const outputs = report.outputs.map(({ name, tensor: { dtype, shape } }) => ({ name, dtype, shape }))
  return { ...report, outputs }
}
