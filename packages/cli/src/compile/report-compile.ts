/** What `tilewright compile` prints: a summary for people, or the same as one JSON object. */
import type { PlanTensor } from '@tilewright/backend'
import type { GroupReport } from '@tilewright/compiler'
import { formatSize } from '@tilewright/ir'
import { type CompiledFor, compiledForText } from '../compiled-for.js'
import { formatBytes, formatMilliseconds, formatTable } from '../format.js'
import { fusedText, kindLines } from '../group-text.js'
import type { Colors } from '../terminal.js'

export interface CompileReport extends CompiledFor {
  readonly model: { readonly name: string; readonly bytes: number; readonly operators: number }
  /** Name of the target: what it asks of a device, `target.limits` of the backend says. */
  readonly target: string
  readonly groups: readonly GroupReport[]
  /** Distinct kernels of the plan: what is computed once and variants for other sizes have theirs, equal groups share one. */
  readonly pipelines: number
  readonly inputs: readonly PlanTensor[]
  readonly outputs: readonly PlanTensor[]
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
  /** Milliseconds. */
  readonly times: { readonly compile: number; readonly write: number }
}

/** The summary of a compile. */
export function compileText(report: CompileReport, colors: Colors): string {
  const { model, groups, times } = report
  const files = formatTable(report.files.map(({ path, bytes }) => [path, formatBytes(bytes)]))
  const fields: readonly (readonly [string, string])[] = [
    ['target', report.target],
    ...(report.data === undefined ? [] : [['data', compiledForText(report)] as const]),
    ['kernels', fusedText(model.operators, groups)],
    ...report.inputs.map((tensor) => ['input', tensorText(tensor)] as const),
    ...report.outputs.map((tensor) => ['output', tensorText(tensor)] as const),
    ['compile', formatMilliseconds(times.compile)],
    ['write', formatMilliseconds(times.write)],
    ...files.map((file) => ['wrote', file] as const),
  ]
  const lines = fields.flatMap(([label, value]) => [
    `  ${colors.dim(label.padEnd(8))}  ${value}`,
    ...(label === 'kernels' ? kindLines(groups, colors) : []),
  ])
  return [`${colors.bold(model.name)}  ${colors.dim(formatBytes(model.bytes))}`, '', ...lines].join('\n')
}

function tensorText({ name, dtype, shape }: PlanTensor): string {
  return `${name} ${dtype} [${shape.map(formatSize).join(', ')}]`
}

/** The compile as plain data; of inputs and outputs what the caller of a session needs. */
export function compileData(report: CompileReport): object {
  const signature = (tensors: readonly PlanTensor[]): readonly object[] =>
    tensors.map(({ name, dtype, shape }) => ({
      name,
      dtype,
      shape: shape.map((extent) => (typeof extent === 'number' ? extent : formatSize(extent))),
    }))
  return { ...report, inputs: signature(report.inputs), outputs: signature(report.outputs) }
}
