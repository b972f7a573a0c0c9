/**
 * One compile, in the order of the paper: partition the program into anchors with their prologues and epilogues,
 * schedule each anchor alone, inline what was fused, lower, emit.
 */
import {
  type Backend,
  type ChooseStep,
  checkBackend,
  checkEmitted,
  type Device,
  type LaunchStep,
  type Plan,
  type Predicate,
} from '@tilewright/backend'
import {
  composeAnchor,
  type FusionGroup,
  formAttention,
  formRows,
  groupInputs,
  groupOutputs,
  inlineGroup,
  inPlaceOperand,
  partition,
} from '@tilewright/fusion'
import { foldBatchNorm, type Graph } from '@tilewright/graph'
import {
  assertValid,
  type Buffer,
  CompileError,
  checkArgument,
  checkOptions,
  defined,
  type Equation,
  type Kernel,
  type Problem,
  type Refinement,
  type ScheduleTemplate,
  type Target,
} from '@tilewright/ir'
import { refinementsOf, resolve, roundedMatmul, templateOf } from '@tilewright/schedules'
import { formByteProducts } from './byte-products.js'
import { checkTensors } from './check-tensors.js'
import { type GroupWork, type LoweredGroup, onceForEqualGroups } from './equal-groups.js'
import { lowerKernel } from './lower-kernel.js'
import { neutralNames } from './neutral-names.js'
import { overwrittenOperands } from './overwritten-operands.js'
import { type ConstantChunks, type PlanBuilder, planBuilder } from './plan-builder.js'
import { programOf } from './program.js'
import { refineGroup } from './refine.js'
import { renameBuffers } from './rename-buffers.js'
import {
  type GroupReport,
  type RemarkReport,
  reporter,
  type UnusedOperator,
  type VariantReport,
  variantReport,
} from './report.js'
import { splitConstants } from './split-constants.js'
import { type CompileTimes, type Stopwatch, stopwatch } from './stopwatch.js'

const productKinds = ['exact', 'tf32'] as const
/** How f32 is multiplied: as f32, or rounded to TF32 (10 bits of mantissa, to the nearest, ties away from zero). */
export type ProductKind = (typeof productKinds)[number]

export interface CompileOptions {
  readonly backend: Backend
  /** Compiles for what this device has been granted rather than for the backend's minima. */
  readonly device?: Device
  /**
   * `tf32` lets products of matrices and convolutions round their factors where the target multiplies those faster; their
   * sums stay f32. The default is `exact`: f32 means f32.
   */
  readonly products?: ProductKind
}

export interface CompiledModel {
  readonly plan: Plan
  readonly constants: ConstantChunks
  /** What each run computes, and what is computed once of constants. */
  readonly groups: readonly GroupReport[]
  readonly prepared: readonly GroupReport[]
  readonly unused: readonly UnusedOperator[]
  readonly remarks: readonly RemarkReport[]
  readonly times: CompileTimes
}

/**
 * Compiles a graph for a backend.
 * Throws `CompileError` for a tensor that the target cannot hold (`limits/…`) and for a schedule of the backend's own
 * that breaks a rule of kernels (`ir/…`, `schedule/…`), `UnsupportedError` for what has no schedule, and `PlanError`
 * `run/range` for an int64 weight outside 32 bits; `CompileError` `compile/graph`, `compile/option`, `backend/descriptor`
 * or `compile/device` for arguments that are something else, `backend/emit` for a backend whose printer returns none.
 */
export function compile(graph: Graph, options: CompileOptions): CompiledModel {
  checkArguments(graph, options)
  const { device } = options
  const backend = options.products === 'tf32' ? withRoundedProducts(options.backend) : options.backend
  const target = device?.target ?? backend.target
  const watch = stopwatch()
  const folded = watch.time('fold', () => foldBatchNorm(graph))
  const chosen = (anchor: Equation): ScheduleTemplate | undefined =>
    templateOf({ anchor, computed: new Set() }, target, backend.schedules)
  const given = watch.time('define', () => programOf(folded))
  const program = watch.time('bytes', () => {
    const multipliesBytes = target.matrixInstructions.some(({ sums }) => sums === 'i32')
    return multipliesBytes ? formByteProducts(given, (product, sum) => chosen(product) !== chosen(sum)) : given
  })
  const split = watch.time('split', () => splitConstants(program))
  const results = new Set(program.outputs.map((output) => output.buffer))
  const rows = watch.time('rows', () => formRows(split.run, results, target.limits))
  const formed = watch.time('attention', () =>
    formAttention(rows, results, target.limits, (anchor) => chosen(anchor) !== undefined),
  )
  const once = watch.time('partition', () => partition(split.prepare, split.prepared, target.limits))
  const run = watch.time('partition', () => partition(formed, results, target.limits))
  for (const group of [...once.groups, ...run.groups]) checkTensors(group, program, target)
  const builder = planBuilder(program, target, backend.meta.name)
  const report = reporter(program)
  const work = onceForEqualGroups(
    (group) => ({
      inPlace: (mayDie) => watch.time('overwrite', () => inPlaceOperand(group, mayDie)),
      refinements: () =>
        watch.time('refine', () => refinementsOf(problemOf(composeAnchor(group)), target, backend.schedules)),
      lower: (operand) => lowerGroup(group, operand, { backend, target, watch }),
    }),
    watch,
  )
  const overwritten = overwrittenOperands(run.groups, results, (group, mayDie) => work(group).inPlace(mayDie))
  const compileAll = (groups: readonly FusionGroup[], append: PlanBuilder['append']): readonly GroupReport[] =>
    groups.map((group) => {
      const name = nameOf(group)
      return report.group(
        name,
        group,
        overwritten.get(group),
        compileGroup(group, name, { work, watch, overwritten }, { ...builder, append }),
      )
    })
  const prepared = compileAll(once.groups, builder.prepare)
  const groups = compileAll(run.groups, builder.append)
  const remarks = [...once.remarks, ...run.remarks].map(report.remark)
  const unused = report.unused([...prepared, ...groups])
  return { ...watch.time('plan', builder.finish), groups, prepared, unused, remarks, times: watch.read() }
}

/** The backend, with the template that takes what was not asked for otherwise. */
function withRoundedProducts(backend: Backend): Backend {
  return { ...backend, schedules: [...(backend.schedules ?? []), roundedMatmul] }
}

/** Callers without types may leave something out, or pass what makes it. */
function checkArguments(graph: Graph, options: CompileOptions | undefined): void {
  if (!Array.isArray(graph?.nodes)) {
    throw new CompileError({
      code: 'compile/graph',
      message: 'what is to be compiled is no graph',
      help: 'pass a graph first: compile(importModel(bytes), { backend: wgsl() })',
    })
  }
  checkOptions('compile/option', 'compile', options ?? {}, { backend: true, device: true, products: true })
  checkBackend(options?.backend)
  const { device, products = 'exact' } = options
  const kinds = productKinds.join(' or ')
  checkArgument(productKinds.includes(products), 'compile/option', `products are ${kinds}`, products, 'leave them out')
  if (device === undefined) return
  if (device?.target !== undefined && device.info.backend === options.backend.meta.name) return
  if (device?.target !== undefined) {
    throw new CompileError({
      code: 'compile/device',
      message: `the backend is ${options.backend.meta.name}, the device one of ${device.info.backend}`,
      help: 'pass the backend that the device is of, or leave the device out',
    })
  }
  throw new CompileError({
    code: 'compile/device',
    message: 'the device to compile for is none',
    help: 'await what opens it, { device: await openNode() }, or leave it out',
  })
}

function nameOf(group: FusionGroup): string {
  return groupOutputs(group)
    .map((output) => output.hint)
    .join(', ')
}

/** What all groups of one compile share. */
interface Shared {
  readonly work: (group: FusionGroup) => GroupWork
  readonly watch: Stopwatch
  readonly overwritten: ReadonlyMap<FusionGroup, Buffer>
}

const identity = new Map<Buffer, Buffer>()

/** Appends the steps of one group: a launch, or a choice among variants for different sizes. */
function compileGroup(
  group: FusionGroup,
  name: string,
  { work, watch, overwritten }: Shared,
  builder: PlanBuilder,
): readonly VariantReport[] {
  const general = work(group)
  const refined = general.refinements().flatMap((refinement) => {
    const sharper = watch.time('refine', () => refineGroup(group, refinement))
    return sharper === undefined
      ? []
      : [{ when: [predicateOf(refinement)], ...sharper, lower: work(sharper.group).lower }]
  })
  const all = [...refined, { when: [], group, original: identity, lower: general.lower }]
  const operand = overwritten.get(group)
  if (operand !== undefined) for (const output of groupOutputs(group)) builder.share(output, operand)
  const variants = all.map((variant) => {
    const own = groupInputs(variant.group).find((input) => (variant.original.get(input) ?? input) === operand)
    const lowered = variant.lower(own)
    return { when: variant.when, lowered, launches: launchesOf(lowered, variant.original, name, builder) }
  })
  const [first] = variants
  if (first !== undefined && variants.length === 1) for (const launch of first.launches) builder.append(launch)
  else {
    const choose: ChooseStep = {
      kind: 'choose',
      branches: variants.map(({ when, launches }) => ({ when, steps: launches })),
    }
    builder.append(choose)
  }
  return variants.map(({ when, lowered, launches }) => variantReport(when, lowered, launches))
}

function predicateOf({ param, facts }: Refinement): Predicate {
  return 'max' in facts
    ? { kind: 'at-most', size: param, limit: facts.max }
    : { kind: 'multiple-of', size: param, of: facts.multipleOf }
}

function problemOf(group: FusionGroup): Problem {
  return { anchor: group.anchor, computed: new Set(group.prologues.map((prologue) => prologue.output)) }
}

/** The launches of a group that is lowered, on the buffers of the program. */
function launchesOf(
  { kernels }: LoweredGroup,
  original: ReadonlyMap<Buffer, Buffer>,
  name: string,
  builder: PlanBuilder,
): readonly LaunchStep[] {
  return kernels.map(({ emitted, bound }) =>
    builder.launch(
      name,
      emitted,
      bound.map((buffer) => original.get(buffer) ?? buffer),
    ),
  )
}

interface LoweringFor {
  readonly backend: Backend
  readonly target: Target
  readonly watch: Stopwatch
}

/** Schedules a group's anchor, fuses, lowers and emits its kernels; the result takes the place of `operand`, if any. */
function lowerGroup(
  given: FusionGroup,
  operand: Buffer | undefined,
  { backend, target, watch }: LoweringFor,
): LoweredGroup {
  const { time } = watch
  const outputs = groupOutputs(given)
  const placed = (kernel: Kernel): Kernel =>
    operand === undefined ? kernel : renameBuffers(kernel, (one) => (outputs.includes(one) ? operand : one))
  const { group, scheduled, ...schedule } = time('schedule', () => {
    const composed = composeAnchor(given)
    return { group: composed, ...resolve(problemOf(composed), target, backend.schedules) }
  })
  // A template of the backend's own is checked at once: what is wrong is told in its own words, not as it was lowered.
  const isForeign = (backend.schedules ?? []).some(({ name }) => name === schedule.template)
  const kernels = time('inline', () => inlineGroup(group, scheduled).map(placed)).map((kernel) => {
    if (isForeign) time('validate', () => assertValid(kernel, { target }))
    const lowered = lowerKernel(neutralNames(kernel), backend, target, watch)
    const emitted = time('emit', () => backend.emit(lowered))
    checkEmitted(emitted, backend.meta.name)
    // Passes keep the order of parameters; the printer leaves out those that are not used.
    const bound = emitted.buffers.map((buffer) =>
      defined(kernel.params[lowered.params.indexOf(buffer)], 'passes keep parameters in order'),
    )
    return { emitted, bound }
  })
  return { schedule, kernels }
}
