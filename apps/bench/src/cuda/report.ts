/** A comparison on an NVIDIA GPU: as a table, and as the object that is kept. */
import type { Entry } from '../compete.js'
import { alignRight, type CaseResult, type Comparison, digits } from '../report.js'
import type { CudaComputation } from './cases.js'
import { type Throughput, throughputOf } from './roofline.js'

export interface CudaCaseResult extends CaseResult {
  readonly computation: CudaComputation
  /** By contestant: versions, device, settings, and how device time is measured. */
  readonly facts: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** By contestant, of the median of its device time; none for models. */
  readonly throughput: Readonly<Record<string, Throughput>>
}

export interface CudaComparison extends Comparison {
  /** Name, driver, clocks and power limit, as nvidia-smi tells; or why it does not. */
  readonly gpu: string
  readonly cases: readonly CudaCaseResult[]
}

/** By contestant, what the medians of device time come to on a device. */
export function throughputs(
  computation: CudaComputation,
  device: string,
  entries: readonly Entry[],
): Readonly<Record<string, Throughput>> {
  if (computation.kind === 'model') return {}
  return Object.fromEntries(
    entries.flatMap((entry) =>
      entry.status === 'measured' && entry.deviceMs !== undefined
        ? [[entry.contestant, throughputOf(computation, device, entry.deviceMs.median)]]
        : [],
    ),
  )
}

export function cudaText({ gpu, device, machine, rounds, cases }: CudaComparison): string {
  const title = `${device.adapter} (${gpu}) on ${machine.cores} × ${machine.processor}, ${rounds} rounds`
  const legend = [
    'device ms: of a run among many, without transfers, median (min … max); alone: one run, from launch to end',
    'ratio: of device times to ours in the same round, above 1 is slower than ours; of peak: of the roofline',
  ]
  const head = ['case', 'contestant', 'device ms', '', 'ratio', 'alone ms', 'TFLOP/s', 'GB/s', 'of peak', 'error']
  const rows = cases.flatMap((result) =>
    result.entries.map((entry, i) => [i === 0 ? result.name : '', ...rowOf(entry, result.throughput)]),
  )
  const missing = cases.flatMap(({ name, entries }) =>
    entries.flatMap((entry) =>
      entry.status === 'missing' ? [`${name}: no ${entry.contestant}: ${entry.reason}`] : [],
    ),
  )
  return [title, ...legend, '', ...alignRight([head, ...rows], 2), '', ...missing].join('\n').trimEnd()
}

function rowOf(entry: Entry, throughput: Readonly<Record<string, Throughput>>): readonly string[] {
  if (entry.status === 'missing') return [entry.contestant, 'missing']
  const { contestant, deviceMs, deviceRatio, wallMs, errorOfMax } = entry
  const { tflops, gbps, ofPeak } = throughput[contestant] ?? {}
  const isOurs = contestant === 'tilewright'
  return [
    contestant,
    ...(deviceMs === undefined
      ? ['', '']
      : [digits(deviceMs.median), `(${digits(deviceMs.min)} … ${digits(deviceMs.max)})`]),
    deviceRatio === undefined || isOurs ? '' : digits(deviceRatio.median),
    digits(wallMs.median),
    tflops === undefined ? '' : digits(tflops),
    gbps === undefined ? '' : digits(gbps),
    ofPeak === undefined ? '' : `${(100 * ofPeak).toFixed(0)} %`,
    isOurs ? '' : errorOfMax.toExponential(1),
  ]
}
