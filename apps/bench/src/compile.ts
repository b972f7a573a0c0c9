// The compile case: how long a network of 53 convolutions takes from graph to plan, in all and by stage.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { wgsl } from '@tilewright/backend-wgsl'
import { type CompiledModel, compile } from '@tilewright/compiler'
import { resnet } from './resnet.js'

export interface CompileTimes {
  /** Kernels of the plan, and launches of them: equal layers share a kernel, which is lowered once. */
  readonly kernels: number
  readonly launches: number
  /** The whole of `compile`, ms of wall time, and of processor time of all threads. */
  readonly wallMs: number
  readonly cpuMs: number
}

/** One compile in this process. */
export function timeCompile(): CompileTimes {
  return timed().times
}

function timed(): { readonly times: CompileTimes; readonly stages: CompiledModel['times'] } {
  const graph = resnet()
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  const { plan, times: stages } = compile(graph, { backend: wgsl() })
  const { user, system } = process.cpuUsage(cpu)
  const times = {
    kernels: plan.kernels.length,
    launches: plan.steps.filter((step) => step.kind === 'launch').length,
    wallMs: performance.now() - start,
    cpuMs: (user + system) / 1000,
  }
  return { times, stages }
}

export interface CompileReport {
  /** In child processes of their own. */
  readonly cold: readonly CompileTimes[]
  /** In this process, the first round left out. */
  readonly warm: readonly CompileTimes[]
  /** Of the last warm one: equal layers are lowered once. */
  readonly stages: CompiledModel['times']
}

/** Compiles `rounds` times cold, with `child` (arguments for node that print a `CompileTimes`), and as often warm. */
export async function benchCompile(rounds: number, child: readonly string[]): Promise<CompileReport> {
  const cold: CompileTimes[] = []
  for (let round = 0; round < rounds; round++) {
    const { stdout } = await promisify(execFile)(process.execPath, child)
    // Printed by this very program.
    cold.push(JSON.parse(stdout) as CompileTimes)
  }
  timeCompile()
  const warm = Array.from({ length: rounds }, timed)
  return { cold, warm: warm.map(({ times }) => times), stages: (warm.at(-1) ?? timed()).stages }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** The report as text. */
export function compileTable({ cold, warm, stages }: CompileReport): string {
  const ms = (value: number): string => value.toFixed(0).padStart(8)
  const [first] = warm
  const total = (name: string, times: readonly CompileTimes[]): string =>
    `${name.padEnd(26)}${ms(median(times.map((time) => time.wallMs)))}${ms(median(times.map((time) => time.cpuMs)))}`
  const spent = (name: string, { ms: all, times }: { readonly ms: number; readonly times: number }): string =>
    `${name.padEnd(26)}${ms(all)}${String(times).padStart(7)}${(all / Math.max(1, times)).toFixed(2).padStart(7)}`
  return [
    `53 convolutions: ${first?.launches} launches of ${first?.kernels} kernels; medians of ${cold.length}, ms`,
    `${'compile'.padEnd(26)}    wall     cpu`,
    total('cold process', cold),
    total('warm', warm),
    `${'stage, warm'.padEnd(26)}     all  times   each`,
    ...stages.stages.map((time) => spent(time.stage, time)),
    `${'pass of lower'.padEnd(26)}     all  times   each`,
    ...stages.passes.map((time, i) => spent(`${String(i + 1).padStart(2)} ${time.pass}`, time)),
  ].join('\n')
}
