/** What became of one model, as plain data: operators, groups, kernels, remarks, memory and times. No run is needed. */
import {
  chooseSteps,
  evaluatePlanSize,
  holds,
  type Plan,
  type PlanSizeValues,
  planMemory,
  type Step,
} from '@tilewright/backend'
import type { GroupReport, PassTime, ProductKind, RemarkReport, StageTime, UnusedOperator } from '@tilewright/compiler'
import type { Target } from '@tilewright/ir'
import { type Compilation, compileModel, nothingKnown } from '../compile-model.js'
import { type CompiledFor, compiledFor } from '../compiled-for.js'
import { type CompileFor, type NamedDevice, namedDevice } from '../open-device.js'
import { checkNoHostInputs, type RunRequest, sizesOf } from '../run/run-model.js'

export interface Explanation extends CompiledFor {
  readonly model: { readonly name: string; readonly bytes: number; readonly operators: number }
  readonly device: NamedDevice
  /** Values of the model's symbolic sizes that launches and `memory` are for. */
  readonly sizes: Readonly<Record<string, number>>
  /** What is computed once of constants comes first, then each run's, in order. */
  readonly groups: readonly ExplainedGroup[]
  /** Operators that no result depends on. */
  readonly unused: readonly UnusedOperator[]
  /** Distinct, a pipeline each. */
  readonly kernels: readonly ExplainedKernel[]
  readonly constants: { readonly tensors: number; readonly bytes: number }
  readonly remarks: readonly RemarkReport[]
  /** What to know of the model, a line each. */
  readonly notes: readonly string[]
  readonly memory: MemoryTimeline
  readonly times: ExplainedTimes
}

export interface ExplainedGroup extends GroupReport {
  /** From 0. */
  readonly number: number
  /** Whether it is computed once, before the first run. */
  readonly isPrepared: boolean
  /** Which of its variants these sizes take, and its launches with them. */
  readonly variant: number
  readonly launches: readonly ExplainedLaunch[]
}

export interface ExplainedLaunch {
  readonly name: string
  readonly kernel: number
  readonly threads: number
  readonly workgroups: readonly number[]
}

export interface ExplainedKernel {
  /** As launches name it, from 0. */
  readonly number: number
  readonly threads: number
  readonly workgroupBytes: number
  readonly source: string
}

/** Intermediates of one run. */
export interface MemoryTimeline {
  /** Each launch with the number of its group and the bytes that are alive at it, in order. */
  readonly launches: readonly { readonly group: number; readonly name: string; readonly alive: number }[]
  /** The most that are alive at one launch: no placement takes less. */
  readonly bound: number
  /** Bytes of each arena. */
  readonly arenas: readonly number[]
}

/** Milliseconds. */
export interface ExplainedTimes {
  /** From the decoded file to a graph. */
  readonly import: number
  /** The whole of the compile. */
  readonly compile: number
  readonly stages: readonly StageTime[]
  readonly passes: readonly PassTime[]
}

/** What a model is compiled for, and how. */
interface Given extends CompileFor {
  readonly products?: ProductKind
}

/**
 * Compiles a model for a device. `asked` are values of symbolic sizes that are not to have their defaults.
 * Throws the errors of the import and the compile, `CompileError` `size/unknown` for a size that the model does not have,
 * `size/disagree` for values that do not fit it, `explain/host-value` for a model that cannot be compiled without data, and `PlanError` `limits/…`
 * for sizes that the device cannot hold.
 */
export function explainModel(request: RunRequest, asked: Readonly<Record<string, number>>, given: Given): Explanation {
  checkNoHostInputs(request, 'explain/host-value')
  const { name, bytes, model, data } = request
  const compilation = compileModel(model, data?.inputs ?? nothingKnown, given)
  const target = given.device?.target ?? given.backend.target
  const sizes = sizesOf(request, compilation, asked, target)
  return {
    model: { name, bytes, operators: compilation.graph.nodes.length },
    ...compiledFor(request, compilation),
    ...explain(compilation, sizes, given),
  }
}

function explain(
  { compiled, notes, milliseconds, importMilliseconds }: Compilation,
  sizes: PlanSizeValues,
  given: Given,
): Omit<Explanation, 'model' | keyof CompiledFor> {
  const { plan, prepared, groups, unused, remarks, times } = compiled
  const target = given.device?.target ?? given.backend.target
  const numbered = [
    ...chosen(prepared, plan.prepare, plan, sizes).map((group) => ({ ...group, isPrepared: true })),
    ...chosen(groups, plan.steps, plan, sizes).map((group) => ({ ...group, isPrepared: false })),
  ].map((group, number) => ({ number, ...group }))
  return {
    device: namedDevice(given),
    sizes: Object.fromEntries(sizes),
    groups: numbered,
    unused,
    kernels: plan.kernels.map(({ threads, workgroupBytes, source }, number) => ({
      number,
      threads,
      workgroupBytes,
      source,
    })),
    constants: {
      tensors: plan.constants.length,
      bytes: plan.constants.reduce((sum, constant) => sum + constant.bytes, 0),
    },
    remarks,
    notes,
    memory: timelineOf(numbered, plan, sizes, target),
    times: { import: importMilliseconds, compile: milliseconds - importMilliseconds, ...times },
  }
}

/** Groups with what these sizes take of the steps they were compiled to: a choice, or the launches of the only variant. */
function chosen(
  groups: readonly GroupReport[],
  steps: readonly Step[],
  plan: Plan,
  sizes: PlanSizeValues,
): readonly Omit<ExplainedGroup, 'number' | 'isPrepared'>[] {
  const rest = steps.filter(({ kind }) => kind !== 'host')
  return groups.map((group) => {
    const own = rest.splice(0, group.variants.length > 1 ? 1 : (group.variants[0]?.launches.length ?? 0))
    const variants = own[0]?.kind === 'choose' ? own[0].branches : []
    const launches = chooseSteps(own, sizes).launches.map(({ name, kernel, workgroups }) => ({
      name,
      kernel,
      threads: plan.kernels[kernel]?.threads ?? 0,
      workgroups: workgroups.map((count) => evaluatePlanSize(count, sizes)),
    }))
    const variant = variants.findIndex(({ when }) => when.every((predicate) => holds(predicate, sizes)))
    return { ...group, variant: Math.max(0, variant), launches }
  })
}

function timelineOf(
  groups: readonly ExplainedGroup[],
  plan: Plan,
  sizes: PlanSizeValues,
  target: Target,
): MemoryTimeline {
  const { alive, bound, arenas } = planMemory(plan, chooseSteps(plan.steps, sizes).launches, sizes, target)
  const launches = groups
    .filter(({ isPrepared }) => !isPrepared)
    .flatMap(({ number, launches }) => launches.map(({ name }) => ({ group: number, name })))
  return { launches: launches.map((launch, i) => ({ ...launch, alive: alive[i] ?? 0 })), bound, arenas }
}
