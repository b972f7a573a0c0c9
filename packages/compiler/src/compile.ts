/**
 * One compile, in the order of the paper: partition the program into anchors with their prologues and epilogues,
 * schedule each anchor alone, inline what was fused, lower, emit.
 */
import type { Backend, ChooseStep, Device, LaunchStep, Plan, Predicate } from '@tilewright/backend'
import { type FusionGroup, formRows, groupOutputs, inlineGroup, partition, type Remark } from '@tilewright/fusion'
import { foldBatchNorm, type Graph } from '@tilewright/graph'
import { assertValid, type Buffer, defined, type Problem, type Refinement, type Target } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { refinementsOf, resolve } from '@tilewright/schedules'
import { checkTensors } from './check-tensors.js'
import { type LoweredGroup, onceForEqualGroups } from './equal-groups.js'
import { neutralNames } from './neutral-names.js'
import { type ConstantChunks, type PlanBuilder, planBuilder } from './plan-builder.js'
import { programOf } from './program.js'
import { refineGroup } from './refine.js'
import { splitConstants } from './split-constants.js'

export interface CompileOptions {
  readonly backend: Backend
  /** Compiles for what this device has been granted rather than for the backend's minima. */
  readonly device?: Device
}

/** What a group became. */
export interface GroupReport {
  /** The buffers it writes. */
  readonly name: string
  readonly anchor: string
  readonly prologues: number
  readonly epilogues: number
  /** The template, or `rule-based`, of each variant; the last is the general one. */
  readonly schedules: readonly string[]
}

export interface CompiledModel {
  readonly plan: Plan
  readonly constants: ConstantChunks
  /** What each run computes, and what is computed once of constants. */
  readonly groups: readonly GroupReport[]
  readonly prepared: readonly GroupReport[]
  readonly remarks: readonly Remark[]
}

/**
 * Compiles a graph for a backend.
 * Throws `CompileError` for a tensor that the target cannot hold (`limits/…`) and for a schedule of the backend's own
 * that breaks a rule of kernels (`ir/…`, `schedule/…`), `UnsupportedError` for what has no schedule, and `PlanError`
 * `run/range` for an int64 weight outside 32 bits.
 */
export function compile(graph: Graph, { backend, device }: CompileOptions): CompiledModel {
  const target = device?.target ?? backend.target
  const program = programOf(foldBatchNorm(graph))
  const split = splitConstants(program)
  const results = new Set(program.outputs.map((output) => output.buffer))
  const once = partition(split.prepare, split.prepared, target.limits)
  const run = partition(formRows(split.run, results), results, target.limits)
  for (const group of [...once.groups, ...run.groups]) checkTensors(group, program, target)
  const builder = planBuilder(program, target)
  const lower = onceForEqualGroups((group) => lowerGroup(group, backend, target))
  const compileAll = (groups: readonly FusionGroup[], append: PlanBuilder['append']): readonly GroupReport[] =>
    groups.map((group) => compileGroup(group, backend, target, lower, { ...builder, append }))
  const prepared = compileAll(once.groups, builder.prepare)
  const groups = compileAll(run.groups, builder.append)
  return { ...builder.finish(), groups, prepared, remarks: [...once.remarks, ...run.remarks] }
}

const identity = new Map<Buffer, Buffer>()

/** Appends the steps of one group: a launch, or a choice among variants for different sizes. */
function compileGroup(
  group: FusionGroup,
  backend: Backend,
  target: Target,
  lower: (group: FusionGroup) => LoweredGroup,
  builder: PlanBuilder,
): GroupReport {
  const name = groupOutputs(group)
    .map((output) => output.hint)
    .join(', ')
  const problem = problemOf(group)
  const refinements = refinementsOf(problem, target, backend.schedules)
  const variants = refinements.flatMap((refinement) => {
    const refined = refineGroup(group, refinement)
    if (refined === undefined) return []
    const variant = launchesOf(lower(refined.group), refined.original, name, builder)
    return [{ when: [predicateOf(refinement)], ...variant }]
  })
  const general = launchesOf(lower(group), identity, name, builder)
  if (variants.length === 0) for (const launch of general.launches) builder.append(launch)
  else {
    const choose: ChooseStep = {
      kind: 'choose',
      branches: [...variants, { when: [], ...general }].map(({ when, launches }) => ({ when, steps: launches })),
    }
    builder.append(choose)
  }
  return {
    name,
    anchor: group.anchor.kind,
    prologues: group.prologues.length,
    epilogues: group.epilogues.length,
    schedules: [...variants, general].map((variant) => variant.template),
  }
}

function predicateOf({ param, facts }: Refinement): Predicate {
  return 'max' in facts
    ? { kind: 'at-most', size: param, limit: facts.max }
    : { kind: 'multiple-of', size: param, of: facts.multipleOf }
}

function problemOf(group: FusionGroup): Problem {
  return { anchor: group.anchor, computed: new Set(group.prologues.map((prologue) => prologue.output)) }
}

interface ScheduledGroup {
  readonly template: string
  readonly launches: readonly LaunchStep[]
}

/** The launches of a group that is lowered, on the buffers of the program. */
function launchesOf(
  { template, kernels }: LoweredGroup,
  original: ReadonlyMap<Buffer, Buffer>,
  name: string,
  builder: PlanBuilder,
): ScheduledGroup {
  const launches = kernels.map(({ emitted, bound }) =>
    builder.launch(
      name,
      emitted,
      bound.map((buffer) => original.get(buffer) ?? buffer),
    ),
  )
  return { template, launches }
}

/** Schedules a group's anchor, fuses, lowers and emits its kernels. */
function lowerGroup(group: FusionGroup, backend: Backend, target: Target): LoweredGroup {
  const { template, scheduled } = resolve(problemOf(group), target, backend.schedules)
  const kernels = inlineGroup(group, scheduled).map((kernel) => {
    assertValid(kernel, { target })
    const lowered = runPipeline(neutralNames(kernel), backend.pipeline(target))
    assertValid(lowered, { target, pass: `the pipeline of ${backend.meta.name}` })
    const emitted = backend.emit(lowered)
    // Passes keep the order of parameters; the printer leaves out those that are not used.
    const bound = emitted.buffers.map((buffer) =>
      defined(kernel.params[lowered.params.indexOf(buffer)], 'passes keep parameters in order'),
    )
    return { emitted, bound }
  })
  return { template, kernels }
}
