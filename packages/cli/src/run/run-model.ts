/** One model, compiled and run on a device, with all that is worth saying about it as data. */
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { MemoryRules, Plan, PlanSizeValues } from '@tilewright/backend'
import type { GroupReport, ProductKind } from '@tilewright/compiler'
import type { Graph } from '@tilewright/graph'
import { CompileError, defined } from '@tilewright/ir'
import { decodeModel, fixSizes, hostInputs, type OnnxModel } from '@tilewright/onnx'
import { createSession, type HostTensor, type MemoryUse, type RunResult, type Session } from '@tilewright/runtime'
import { compareTensors } from '../compare-tensors.js'
import {
  type Compilation,
  compileModel,
  compilingText,
  nothingKnown,
  preparingText,
  takesLong,
} from '../compile-model.js'
import { type DataSet, hostTensor, openDataSet } from '../data-set.js'
import { demoModel } from '../demo-model.js'
import { evaluateByDefinition } from '../evaluate-by-definition.js'
import { inFile } from '../failure.js'
import { readBytes } from '../files.js'
import { formatCount } from '../format.js'
import { type FloatingPointOnHost, floatingPointOnHost } from '../host-operations.js'
import { deviceText, type NamedDevice, namedDevice, type OpenedDevice } from '../open-device.js'
import { randomInputs } from '../random-inputs.js'
import { type InputData, readInputs } from '../read-inputs.js'
import { agreeingSizes, checkRun } from '../run-sizes.js'
import type { Terminal } from '../terminal.js'
import { modelToleranceOf, type Tolerance } from '../tolerance.js'

export interface RunReport {
  readonly model: { readonly name: string; readonly bytes: number; readonly operators: number }
  readonly device: NamedDevice
  /** Values of the model's symbolic sizes. */
  readonly sizes: Readonly<Record<string, number>>
  /** Sizes of the data that the model was compiled for, since it cannot be compiled without. */
  readonly fixed: Readonly<Record<string, number>>
  /** The folder that the inputs were read from; seeded random numbers without one. */
  readonly data: string | undefined
  readonly groups: readonly GroupReport[]
  /** Distinct kernels that the device makes: what is computed once and variants for other sizes have theirs, equal groups share one. */
  readonly pipelines: number
  /** Of one run. */
  readonly dispatches: number
  readonly hostSteps: number
  /** Of the plan: what a run leaves to the host, and what is done once. Launches are the device's, whatever that is. */
  readonly floatingPointOnHost: FloatingPointOnHost
  readonly memory: MemoryUse
  /** Milliseconds; `run` is the median of `runs` runs after the first, upload and readback included. */
  readonly times: {
    readonly compile: number
    readonly prepare: number
    readonly firstRun: number
    readonly run: number
    readonly runs: number
  }
  readonly outputs: readonly HostOutput[]
  /** Of `checks`. */
  readonly tolerance: Tolerance
  readonly checks: readonly ResultCheck[]
}

export interface HostOutput {
  readonly name: string
  readonly tensor: HostTensor
}

/** A comparison of all outputs with what they should be. */
export interface ResultCheck {
  readonly against: 'definition' | 'data'
  /** Largest |got − want| relative to the largest |want| of its output; undefined when there was no comparison. */
  readonly largestErrorOfMax: number | undefined
  /** What does not match; empty when all is well. */
  readonly mismatches: readonly string[]
  /** Why there was no comparison. */
  readonly skipped?: string
}

/** Runs after the first, unless they take longer than this in all. */
const repeats = { runs: 5, milliseconds: 1000 } as const

/** What is to be run, read and decoded. */
export interface RunRequest {
  readonly name: string
  readonly bytes: number
  readonly model: OnnxModel
  readonly data: { readonly set: DataSet; readonly inputs: InputData } | undefined
  /** A data set beside the model that was not asked for. */
  readonly unusedData: string | undefined
}

/**
 * Reads the model in a file, or takes the built-in one, and the data set in a folder when one is given.
 * Throws `CompileError` `file/…`, `onnx/…` or `data/…`, and `UnsupportedError` for parts of the format that are not read.
 */
export function readRequest(
  file: string | undefined,
  dataFolder: string | undefined,
  fixed: Readonly<Record<string, number>>,
): RunRequest {
  const bytes = file === undefined ? demoModel() : readBytes(file, 'the model')
  const { decoded, model } = inFile(file ?? 'the built-in model', () => {
    const decoded = decodeModel(bytes)
    return { decoded, model: fixSizes(decoded, fixed) }
  })
  const name = file === undefined ? `${model.graph.name} (built in)` : join(basename(dirname(file)), basename(file))
  const dataSet = dataFolder === undefined ? undefined : openDataSet(dataFolder)
  const data = dataSet === undefined ? undefined : { set: dataSet, inputs: readInputs(decoded, dataSet, fixed) }
  const beside = join(dirname(file ?? ''), 'test_data_set_0')
  const unusedData = file !== undefined && data === undefined && existsSync(beside) ? beside : undefined
  return { name, bytes: bytes.length, model, data, unusedData }
}

/**
 * Throws `CompileError` with this code for a model without data that can only be compiled when the values of some inputs are
 * known; its help names the data set beside the model, where there is one that can be taken.
 */
export function checkNoHostInputs({ model, data, unusedData }: RunRequest, code: `${string}/host-value`): void {
  const host = data === undefined ? hostInputs(model) : []
  if (host.length === 0) return
  throw new CompileError({
    code,
    message: `the model can only be compiled when ${host.map((input) => `"${input}"`).join(', ')} is known`,
    help:
      unusedData === undefined
        ? `pass --data DIR, a folder with input_N.pb for the N-th input of the graph; in code, importGraph(model, { hostValues }) takes it, a Map that has "${host[0]}"`
        : `pass --data ${unusedData}`,
  })
}

/** How a model is run and compared. */
export interface RunSettings {
  /** Values of symbolic sizes that are not to have their defaults, where there is no data set. */
  readonly sizes: Readonly<Record<string, number>>
  /** What computes in f16 or bf16 may be further off where none is asked for. */
  readonly tolerance: Tolerance | undefined
  readonly products?: ProductKind
}

/**
 * Compiles and runs a model on its data set or on seeded random numbers; `progress` is told what begins, and
 * `note` what to know of the model, and of the device before something runs on it. Rejects with the errors of each
 * stage, `CompileError` `size/unknown` and `size/disagree`, and `run/host-value` when the model cannot be compiled without data.
 */
export async function runModel(
  request: RunRequest,
  { sizes: asked, tolerance: askedTolerance, products = 'exact' }: RunSettings,
  opened: OpenedDevice,
  { note, progress }: Pick<Terminal, 'note' | 'progress'>,
): Promise<RunReport> {
  const { name, bytes, model, data, unusedData } = request
  checkNoHostInputs(request, 'run/host-value')
  const isLong = takesLong(model)
  progress(compilingText(model, deviceText(namedDevice(opened))), isLong)
  const compilation = compileModel(model, data?.inputs ?? nothingKnown, { ...opened, products })
  const { graph, compiled } = compilation
  const { plan } = compiled
  const tolerance = askedTolerance ?? modelTolerance(graph, products)
  const { target } = opened.device
  const sizes = sizesOf(request, compilation, asked, target)
  const inputs = data?.inputs.given ?? randomInputs(graph, Object.fromEntries(sizes))

  for (const text of compilation.notes) note(text)
  if (opened.caveat !== undefined) note(opened.caveat)
  progress(preparingText(plan), isLong)
  const preparing = performance.now()
  const session = await createSession({ ...compiled, device: opened.device })
  const prepare = performance.now() - preparing
  try {
    progress('running for the first time …', isLong)
    const first = await session.run(inputs)
    progress('running again, to measure …', isLong)
    const later = await repeat(session, inputs)
    progress('evaluating by definition, to compare: a large model takes half a minute …', isLong)
    const checks = [
      checkDefinition(compilation, inputs, sizes, first, tolerance),
      ...(data === undefined || data.set.outputCount === 0 ? [] : [checkData(plan, data.set, first, tolerance)]),
      ...(unusedData === undefined ? [] : [skippedCheck('data', `pass --data ${unusedData}`)]),
    ]
    return {
      model: { name, bytes, operators: graph.nodes.length },
      device: namedDevice(opened),
      sizes: Object.fromEntries(sizes),
      fixed: compilation.fixed,
      data: data?.set.folder,
      groups: compiled.groups,
      pipelines: plan.kernels.length,
      dispatches: first.stats.dispatches,
      hostSteps: first.stats.hostSteps,
      floatingPointOnHost: floatingPointOnHost(plan),
      memory: first.stats.memory,
      times: {
        compile: compilation.milliseconds,
        prepare,
        firstRun: first.stats.milliseconds,
        run: later.at(Math.floor(later.length / 2)) ?? first.stats.milliseconds,
        runs: later.length,
      },
      outputs: plan.outputs.map(({ name }) => ({ name, tensor: outputOf(first, name) })),
      tolerance,
      checks,
    }
  } finally {
    session.dispose()
  }
}

/**
 * The sizes of a run: of the data, or those that are asked for, with defaults for others. Throws what `checkRun` and
 * `agreeingSizes` do.
 */
export function sizesOf(
  { data }: RunRequest,
  { graph, compiled: { plan } }: Compilation,
  asked: Readonly<Record<string, number>>,
  rules: MemoryRules,
): PlanSizeValues {
  if (data === undefined) return agreeingSizes(graph, plan, asked, rules)
  const { given } = data.inputs
  const shapes = plan.inputs.map(({ name }) => defined(given[name], `input "${name}" is given`).shape)
  return checkRun(plan, shapes, rules)
}

/** What rounding may make of a model: what is f32 at the end may have been narrower on the way, and TF32 is as short as f16. */
function modelTolerance({ nodes }: Graph, products: ProductKind): Tolerance {
  const dtypes = nodes.flatMap(({ outputs }) => outputs.map(({ dtype }) => dtype))
  return modelToleranceOf(products === 'tf32' ? [...dtypes, 'f16'] : dtypes)
}

/** Milliseconds of further runs, sorted. */
async function repeat(session: Session, inputs: Readonly<Record<string, HostTensor>>): Promise<readonly number[]> {
  const times: number[] = []
  const end = performance.now() + repeats.milliseconds
  while (times.length < repeats.runs && performance.now() < end) {
    times.push((await session.run(inputs)).stats.milliseconds)
  }
  return times.toSorted((a, b) => a - b)
}

function outputOf({ outputs }: RunResult, name: string): HostTensor {
  return defined(outputs[name], `output "${name}" was computed`)
}

function skippedCheck(against: ResultCheck['against'], skipped: string): ResultCheck {
  return { against, largestErrorOfMax: undefined, mismatches: [], skipped }
}

function checkDefinition(
  { graph }: Compilation,
  inputs: Readonly<Record<string, HostTensor>>,
  sizes: PlanSizeValues,
  result: RunResult,
  tolerance: Tolerance,
): ResultCheck {
  const expected = evaluateByDefinition(graph, inputs, Object.fromEntries(sizes))
  if (expected === undefined) return skippedCheck('definition', 'the model is too large to be evaluated by it')
  return compareAll(
    'definition',
    graph.outputs.map(({ name }) => [name, defined(expected[name], `output "${name}" has a definition`)] as const),
    result,
    tolerance,
  )
}

function checkData(plan: Plan, dataSet: DataSet, result: RunResult, tolerance: Tolerance): ResultCheck {
  if (dataSet.outputCount !== plan.outputs.length) {
    const mismatch = `${formatCount(dataSet.outputCount, 'output file')} for ${formatCount(plan.outputs.length, 'output')}`
    return { against: 'data', largestErrorOfMax: undefined, mismatches: [mismatch] }
  }
  return compareAll(
    'data',
    plan.outputs.map(({ name }, position) => [name, hostTensor(dataSet.output(position))] as const),
    result,
    tolerance,
  )
}

function compareAll(
  against: ResultCheck['against'],
  expected: readonly (readonly [string, HostTensor])[],
  result: RunResult,
  tolerance: Tolerance,
): ResultCheck {
  const compared = expected.map(([name, want]) => ({
    name,
    ...compareTensors(outputOf(result, name), want, tolerance),
  }))
  // Equal would be said of nothing.
  if (compared.every(({ elements, mismatch }) => elements === 0 && mismatch === undefined)) {
    return skippedCheck(against, expected.length === 0 ? 'the model has no outputs' : 'all outputs are empty')
  }
  return {
    against,
    largestErrorOfMax: Math.max(0, ...compared.map(({ largestErrorOfMax }) => largestErrorOfMax)),
    mismatches: compared.flatMap(({ name, mismatch }) => (mismatch === undefined ? [] : [`"${name}": ${mismatch}`])),
  }
}
