// The compile case: how long a network of 53 convolutions takes from graph to plan, in all and by stage.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { wgsl } from '@tilewright/backend-wgsl'
import { compile } from '@tilewright/compiler'
import { inlineGroup, partition } from '@tilewright/fusion'
import { runPipeline } from '@tilewright/passes'
import { resolve } from '@tilewright/schedules'
import { equationsOf, resnet } from './resnet.js'

export interface CompileTimes {
  /** Kernels of the plan, and launches of them: equal layers share a kernel, which is lowered once. */
  readonly kernels: number
  readonly launches: number
  /** The whole of `compile`, ms of wall time, and of processor time of all threads. */
  readonly wallMs: number
  readonly cpuMs: number
}

/** Milliseconds by stage, when every group is lowered, equal ones too. */
export interface StageTimes {
  readonly groups: number
  readonly ms: Readonly<Record<string, number>>
}

/** One compile in this process. */
export function timeCompile(): CompileTimes {
  const graph = resnet()
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  const { plan } = compile(graph, { backend: wgsl() })
  const { user, system } = process.cpuUsage(cpu)
  return {
    kernels: plan.kernels.length,
    launches: plan.steps.filter((step) => step.kind === 'launch').length,
    wallMs: performance.now() - start,
    cpuMs: (user + system) / 1000,
  }
}

/** The stages of one compile, each pass of the pipeline by itself: one that runs several times is numbered. */
export function timeStages(): StageTimes {
  const backend = wgsl()
  const { target } = backend
  const ms: Record<string, number> = {}
  const timed = <T>(stage: string, work: () => T): T => {
    const start = performance.now()
    const result = work()
    ms[stage] = (ms[stage] ?? 0) + performance.now() - start
    return result
  }
  const graph = resnet()
  const { equations, results } = timed('define', () => equationsOf(graph))
  const { groups } = timed('partition', () => partition(equations, results, target.limits))
  const passes = backend.pipeline(target)
  for (const group of groups) {
    const problem = { anchor: group.anchor, computed: new Set(group.prologues.map(({ output }) => output)) }
    const { scheduled } = timed('schedule', () => resolve(problem, target, backend.schedules))
    for (const kernel of timed('inline', () => inlineGroup(group, scheduled))) {
      let position = 0
      const lowered = runPipeline(kernel, passes, {
        trace: ({ pass, ms: spent }) => {
          const stage = `${String(++position).padStart(2)} ${pass}`
          ms[stage] = (ms[stage] ?? 0) + spent
        },
      })
      timed('emit', () => backend.emit(lowered))
    }
  }
  return { groups: groups.length, ms }
}

export interface CompileReport {
  /** In child processes of their own. */
  readonly cold: readonly CompileTimes[]
  /** In this process, the first round left out. */
  readonly warm: readonly CompileTimes[]
  readonly stages: StageTimes
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
  const warm = Array.from({ length: rounds }, timeCompile)
  return { cold, warm, stages: timeStages() }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** The report as text. */
export function compileTable({ cold, warm, stages }: CompileReport): string {
  const ms = (value: number): string => value.toFixed(0).padStart(8)
  const [first] = warm
  const total = (name: string, times: readonly CompileTimes[]): string =>
    `${name.padEnd(26)}${ms(median(times.map((time) => time.wallMs)))}${ms(median(times.map((time) => time.cpuMs)))}`
  return [
    `53 convolutions: ${first?.launches} launches of ${first?.kernels} kernels; medians of ${cold.length}, ms`,
    `${'compile'.padEnd(26)}    wall     cpu`,
    total('cold process', cold),
    total('warm', warm),
    `stage, warm, ${stages.groups} groups       all   each`,
    ...Object.entries(stages.ms).map(
      ([stage, spent]) => `${stage.padEnd(26)}${ms(spent)}${(spent / stages.groups).toFixed(2).padStart(7)}`,
    ),
  ].join('\n')
}
