/**
 * One case of `tilewright check`: compiled once for each distinct tuple of host values, and of sizes that it cannot be compiled
 * without, run on every data set, compared.
 *
 * Invariant: compiling sees these and nothing else of the data. `unsupported` is only what importing or compiling
 * refuses with `UnsupportedError`; whatever else goes wrong is `failed`, and nothing is thrown.
 */
import { join } from 'node:path'
import type { CompiledModel, CompileOptions, ProductKind } from '@tilewright/compiler'
import { CompileError, type Gap, UnsupportedError } from '@tilewright/ir'
import { decodeModel, fixSizes, importGraph, type OnnxModel } from '@tilewright/onnx'
import { createSession, type HostTensor, type Session } from '@tilewright/runtime'
import { type Comparison, compareTensors } from '../compare-tensors.js'
import { compileModel, compilingText, preparingText, takesLong } from '../compile-model.js'
import { type DataSet, hostTensor, openDataSet } from '../data-set.js'
import { failureLine, failureOf } from '../failure.js'
import { readBytes } from '../files.js'
import { formatCount, formatList } from '../format.js'
import { type FloatingPointOnHost, floatingPointOnHost } from '../host-operations.js'
import { deviceText, namedDevice, type OpenedDevice } from '../open-device.js'
import { type InputData, readInputs } from '../read-inputs.js'
import { isDecidedBySizes } from '../sizes-to-fix.js'
import { modelToleranceOf, type Tolerance } from '../tolerance.js'
import type { Case } from './find-cases.js'

export interface CaseReport {
  readonly name: string
  readonly folder: string
  readonly status: 'passed' | 'failed' | 'unsupported'
  /** What went wrong, a line for each. */
  readonly failures: readonly string[]
  /** What is not supported. */
  readonly gaps: readonly Gap[]
  /** What to do about either, each once. */
  readonly helps: readonly string[]
  /** What to know of the model, each once. */
  readonly notes: readonly string[]
  readonly dataSets: number
  readonly compiles: number
  /** Sizes of data sets that the model was compiled for since it cannot be compiled without, for each compile that needed any. */
  readonly fixed: readonly Sizes[]
  /** Of one run: the most over the data sets. */
  readonly dispatches: number
  readonly hostSteps: number
  /** Summed over the compiled plans. */
  readonly floatingPointOnHost: FloatingPointOnHost
  /** Milliseconds, summed over the case: compiling, preparing (pipelines, constants), running. */
  readonly times: { readonly compile: number; readonly prepare: number; readonly run: number }
  /** Largest |got − want| over all outputs. */
  readonly largestError: number
  /** Largest |got − want| relative to the largest |want| of its output. */
  readonly largestErrorOfMax: number
}

type Sizes = Readonly<Record<string, number>>

/** How a case is checked. */
export interface CaseOptions {
  readonly tolerance: Tolerance
  /** Values of symbolic sizes that the model is compiled for. */
  readonly fixed: Sizes
  readonly products?: ProductKind
}

/** A model that is compiled, with the sizes that it is for. */
interface Prepared {
  readonly fixed: Sizes
  /** On the device, or undefined when compiling is refused. */
  readonly session: Promise<Session | undefined>
}

/** What a case has come to so far. */
interface Tally {
  readonly failures: string[]
  readonly gaps: Gap[]
  readonly helps: Set<string>
  readonly notes: Set<string>
  isRefused: boolean
  compiles: number
  readonly fixed: Sizes[]
  dispatches: number
  hostSteps: number
  readonly floatingPointOnHost: { operations: number }
  readonly times: { compile: number; prepare: number; run: number }
  largestError: number
  largestErrorOfMax: number
}

/** What is told of a case on its way. */
export interface CaseWatch {
  /** Something is about to be made to run on the device. */
  readonly onRun: () => void
  /** What begins, and whether it takes long. */
  readonly onStage: (text: string, isLong: boolean) => void
}

/** Checks one case; never rejects. */
export async function checkCase(
  testCase: Case,
  opened: OpenedDevice,
  options: CaseOptions,
  watch: CaseWatch,
): Promise<CaseReport> {
  const tally: Tally = {
    failures: [],
    gaps: [],
    helps: new Set(),
    notes: new Set(),
    isRefused: false,
    compiles: 0,
    fixed: [],
    dispatches: 0,
    hostSteps: 0,
    floatingPointOnHost: { operations: 0 },
    times: { compile: 0, prepare: 0, run: 0 },
    largestError: 0,
    largestErrorOfMax: 0,
  }
  try {
    const bytes = readBytes(join(testCase.folder, 'model.onnx'), 'the model')
    const decoded = unlessRefused(tally, () => decodeModel(bytes))
    if (decoded !== undefined) await checkDataSets(decoded, testCase, opened, options, tally, watch)
  } catch (error) {
    addFailure(tally, error)
  }
  const { isRefused, helps, notes, ...rest } = tally
  const status = tally.failures.length > 0 ? 'failed' : isRefused ? 'unsupported' : 'passed'
  const { name, folder, dataSets } = testCase
  return { name, folder, status, dataSets: dataSets.length, helps: [...helps], notes: [...notes], ...rest }
}

function addFailure(tally: Tally, error: unknown, dataSet?: string): void {
  tally.failures.push(`${dataSet === undefined ? '' : `${dataSet}: `}${failureLine(error)}`)
  const { help } = failureOf(error)
  if (help !== undefined) tally.helps.add(help)
}

/** The result of importing or compiling, or undefined when it is refused: the one way to `unsupported`. */
function unlessRefused<T>(tally: Tally, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error
    tally.isRefused = true
    if (error.help !== undefined) tally.helps.add(error.help)
    tally.gaps.push(...(error.gaps.length > 0 ? error.gaps : [{ where: error.where ?? 'model', what: error.message }]))
    return undefined
  }
}

async function checkDataSets(
  decoded: OnnxModel,
  { folder, dataSets }: Case,
  opened: OpenedDevice,
  { tolerance, fixed, products = 'exact' }: CaseOptions,
  tally: Tally,
  watch: CaseWatch,
): Promise<void> {
  const model = fixSizes(decoded, fixed)
  // By their host values; of each, one for all sizes, or one for each tuple of those that must be known.
  const prepared = new Map<string, readonly Prepared[]>()
  for (const name of dataSets) {
    try {
      const dataSet = openDataSet(join(folder, name))
      const inputs = readUnlessRefused(decoded, dataSet, fixed, tally)
      if (inputs === undefined) continue
      const key = keyOf(inputs.hostValues)
      const others = prepared.get(key) ?? []
      const found = others.find((one) => isFor(one, inputs.sizes))
      const one = found ?? prepare(model, inputs, { ...opened, products }, tally, watch)
      if (found === undefined) prepared.set(key, [...others, one])
      const session = await one.session
      if (session === undefined) continue
      watch.onStage(`running ${name} …`, takesLong(model))
      await runDataSet(model, dataSet, inputs.given, session, tolerance, tally)
    } catch (error) {
      addFailure(tally, error, name)
    }
  }
  const sessions = [...prepared.values()].flat().map(({ session }) => session)
  for (const settled of await Promise.allSettled(sessions)) {
    if (settled.status === 'fulfilled') settled.value?.dispose()
  }
}

/** The inputs of a data set, or undefined when the model is refused whatever they are. */
function readUnlessRefused(model: OnnxModel, dataSet: DataSet, fixed: Sizes, tally: Tally): InputData | undefined {
  try {
    return readInputs(model, dataSet, fixed)
  } catch (error) {
    // Data of a kind that is not read belongs to a model that is refused without it.
    const isRefused = unlessRefused(tally, () => isImportable(fixSizes(model, fixed))) === undefined
    if (isRefused) return undefined
    throw error
  }
}

/** Throws `UnsupportedError` for a model with gaps, whatever its sizes; what else may be wrong with it is found later. */
function isImportable(model: OnnxModel): boolean {
  try {
    importGraph(model)
    return true
  } catch (error) {
    if (error instanceof CompileError || isDecidedBySizes(error)) return false
    throw error
  }
}

function keyOf(hostValues: InputData['hostValues']): string {
  return [...hostValues.values()]
    .map(({ dtype, shape, data }) => {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      return `${dtype} ${shape.join(',')} ${bytes.toString('base64')}`
    })
    .join(';')
}

function isFor({ fixed }: Prepared, sizes: Sizes): boolean {
  return Object.entries(fixed).every(([name, value]) => sizes[name] === value)
}

/** Compiles and begins to prepare. */
function prepare(
  model: OnnxModel,
  inputs: InputData,
  opened: OpenedDevice & CompileOptions,
  tally: Tally,
  watch: CaseWatch,
): Prepared {
  const isLong = takesLong(model)
  watch.onStage(compilingText(model, deviceText(namedDevice(opened))), isLong)
  const compilation = unlessRefused(tally, () => compileModel(model, inputs, opened))
  if (compilation === undefined) return { fixed: {}, session: Promise.resolve(undefined) }
  watch.onRun()
  const { compiled, fixed, notes, milliseconds } = compilation
  for (const text of notes) tally.notes.add(text)
  tally.compiles += 1
  if (Object.keys(fixed).length > 0) tally.fixed.push(fixed)
  tally.floatingPointOnHost.operations += floatingPointOnHost(compiled.plan).operations
  tally.times.compile += milliseconds
  watch.onStage(preparingText(compiled.plan), isLong)
  return { fixed, session: openSession(compiled, opened, tally) }
}

async function openSession(compiled: CompiledModel, { device }: OpenedDevice, tally: Tally): Promise<Session> {
  const start = performance.now()
  const session = await createSession({ ...compiled, device })
  tally.times.prepare += performance.now() - start
  return session
}

async function runDataSet(
  model: OnnxModel,
  dataSet: DataSet,
  given: InputData['given'],
  session: Session,
  tolerance: Tolerance,
  tally: Tally,
): Promise<void> {
  const { outputs, stats } = await session.run(given)
  tally.dispatches = Math.max(tally.dispatches, stats.dispatches)
  tally.hostSteps = Math.max(tally.hostSteps, stats.hostSteps)
  tally.times.run += stats.milliseconds

  const names = model.graph.outputs.map((output) => output.name)
  if (dataSet.outputCount !== names.length) {
    throw new CompileError({
      code: 'data/output-count',
      message: `${formatCount(dataSet.outputCount, 'output file')} for ${formatCount(names.length, 'output')} (${formatList(names, 3)})`,
    })
  }
  const wrong = names.flatMap((name, position) => {
    const got = outputs[name]
    if (got === undefined) return [`output ${position} "${name}" was not computed`]
    const want = hostTensor(dataSet.output(position))
    const compared = compareTensors(got, want, tolerance)
    tally.largestError = Math.max(tally.largestError, compared.largestError)
    tally.largestErrorOfMax = Math.max(tally.largestErrorOfMax, compared.largestErrorOfMax)
    return compared.mismatch === undefined ? [] : [`output ${position} "${name}": ${mismatchText(compared, got, want)}`]
  })
  if (wrong.length > 0) throw new CompileError({ code: 'check/mismatch', message: wrong.join('; ') })
}

/** What differs, and whether it is no more than whole models round. */
function mismatchText({ mismatch, largestErrorOfMax }: Comparison, got: HostTensor, want: HostTensor): string {
  if (!Number.isFinite(largestErrorOfMax)) return `${mismatch}`
  const rounding = modelToleranceOf([want.dtype])
  const isRounding = compareTensors(got, want, rounding).mismatch === undefined
  const remedy = isRounding ? `, which --of-max ${rounding.ratio.toExponential()} allows` : ''
  return `${mismatch}; the largest error is ${largestErrorOfMax.toExponential(1)} of the largest value${remedy}`
}
