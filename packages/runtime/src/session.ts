/**
 * A session: a plan on a device. It owns the pipelines, the constants and the buffers between them. Runs queue: they share
 * the buffers. A session that opens its device itself opens another one when that is lost.
 */
import type { Device } from '@tilewright/backend'
import { arrayFor, checkPlan, describe, type Fault, optionsFault, type Plan, PlanError } from '@tilewright/backend/plan'
import { checkInputs, type InputTensor, isOnDevice } from './check-inputs.js'
import { type LoadedPlan, type LoadStats, loadPlan } from './load-plan.js'
import { type RunResult, runPlan } from './run-plan.js'
import type { ConstantSource } from './upload-constants.js'

export interface SessionOptions {
  readonly plan: Plan
  /** The bytes of the plan's constants, or where they come from. */
  readonly constants: ConstantSource
  /**
   * A device, which stays the caller's; or what opens one, which is the session's then: it is disposed of with the
   * session, and opened anew by the first run after its loss.
   */
  readonly device: Device | (() => Promise<Device>)
}

export interface RunOptions {
  /** Names of outputs that stay on the device: to be the inputs of a later run. */
  readonly onDevice?: readonly string[]
  /** Ends the wait for a run, and the run itself unless it has begun. */
  readonly signal?: AbortSignal
}

export interface Session {
  /** What it took to make the session, or to make it anew after a loss. */
  readonly stats: () => LoadStats
  /**
   * Runs the plan once, after the runs before it. The data of the inputs is the caller's again as soon as `run` returns
   * its promise. Rejects with `PlanError` for inputs that do not fit (`run/…`, `limits/…`) and when it is aborted
   * (`run/aborted`), or has other options (`run/option`), and with the device's errors; runs after it are none the worse.
   */
  readonly run: (inputs: Readonly<Record<string, InputTensor>>, options?: RunOptions) => Promise<RunResult>
  /** Frees what the session holds on the device, once the run in progress has ended; idempotent. Queued runs reject. */
  readonly dispose: () => void
}

/**
 * Makes a plan ready to run. Rejects with the errors of `checkPlan` for what is no plan, `run/option` for options that it does
 * not know, `run/device` for what is no device,
 * `plan/constants` when there are not as many bytes as the plan says, and with the device's errors; what was made by then is freed.
 */
export async function createSession(options: SessionOptions): Promise<Session> {
  checkOptions(options)
  const { plan, constants, device } = options
  const load = async (): Promise<LoadedPlan> => {
    if (typeof device !== 'function') return loadPlan(plan, constants, device)
    const opened = await device()
    try {
      const made = await loadPlan(plan, constants, opened)
      void opened.lost.then(() => forget(made))
      return made
    } catch (error) {
      opened.dispose()
      throw error
    }
  }
  const free = ({ device: used, dispose }: LoadedPlan): void => {
    dispose()
    if (typeof device === 'function') used.dispose()
  }
  /** Undefined from the loss of a device of the session's own until the next run. */
  let loaded: LoadedPlan | undefined
  const forget = (lost: LoadedPlan): void => {
    if (loaded !== lost || typeof device !== 'function') return
    loaded = undefined
    free(lost)
  }
  loaded = await load()
  let stats = loaded.stats

  /** Settles with the last run, and never rejects; undefined when none is in progress. */
  let last: Promise<unknown> | undefined
  let disposed = false
  const checkUse = (signal: AbortSignal | undefined): void => {
    if (disposed) throw new PlanError('run/disposed', 'the session has been disposed', 'create a new session')
    if (signal?.aborted) throw abortError(signal)
  }
  const runOn = async (on: LoadedPlan, inputs: readonly InputTensor[], options: RunOptions): Promise<RunResult> => {
    try {
      return await runPlan(on, inputs, options.onDevice ?? [])
    } catch (error) {
      if (isLoss(error)) forget(on)
      throw error
    }
  }
  const runQueued = async (
    before: Promise<unknown> | undefined,
    inputs: readonly InputTensor[],
    options: RunOptions,
  ): Promise<RunResult> => {
    const own = inputs.map(copyOf)
    await before
    checkUse(options.signal)
    if (loaded === undefined) {
      loaded = await load()
      stats = loaded.stats
    }
    return runOn(loaded, own, options)
  }
  return {
    stats: () => stats,
    run: async (given, options = {}) => {
      refuse(optionsFault<RunOptions>('run', options, { onDevice: true, signal: true }))
      checkRunOptions(options)
      checkUse(options.signal)
      const inputs = checkInputs(plan.inputs, given)
      checkNames(plan, options.onDevice ?? [])
      const result =
        last === undefined && loaded !== undefined ? runOn(loaded, inputs, options) : runQueued(last, inputs, options)
      const end = (): void => {
        if (last === settled) last = undefined
      }
      const settled: Promise<void> = result.then(end, end)
      last = settled
      return options.signal === undefined ? result : unlessAborted(result, options.signal)
    },
    dispose: () => {
      if (disposed) return
      disposed = true
      const freeAll = (): void => {
        if (loaded !== undefined) free(loaded)
        loaded = undefined
      }
      if (last === undefined) freeAll()
      else void last.then(freeAll)
    },
  }
}

/** Callers without types may leave something out, or pass a promise of it. */
function checkOptions(options: SessionOptions | undefined): void {
  // The rest of what `compile` gives comes along in `{ ...compile(graph, { backend, device }), device }`.
  const own = Object.entries(options ?? {}).filter(([name]) => !besides.has(name))
  const known = { plan: true, constants: true, device: true } as const
  refuse(optionsFault<SessionOptions>('createSession', Object.fromEntries(own), known))
  checkPlan(options?.plan)
  const device = options?.device
  if (typeof device === 'function' || device?.info !== undefined) return
  const isPromise = typeof device === 'object' && device !== null && 'then' in device
  throw new PlanError(
    'run/device',
    device === undefined ? 'the session has no device' : `the device of the session is ${describe(device)}`,
    isPromise
      ? 'await it: { device: await openNode() }'
      : 'pass an opened device, such as await openNode(), or a function that opens one',
  )
}

/** The fields of a compiled model that a session does not need. */
const besides: ReadonlySet<string> = new Set(['groups', 'prepared', 'unused', 'remarks', 'times'])

function refuse(fault: Fault | undefined): void {
  if (fault !== undefined) throw new PlanError('run/option', fault.message, fault.help)
}

/** Callers without types may pass one name alone, or what makes a signal. */
function checkRunOptions({ onDevice, signal }: RunOptions): void {
  if (onDevice !== undefined && !Array.isArray(onDevice)) {
    const message = `onDevice is an array of names of outputs, not ${describe(onDevice)}`
    throw new PlanError('run/option', message, "pass onDevice: ['y']")
  }
  if (signal === undefined || typeof signal?.addEventListener === 'function') return
  const message = `the signal of a run is an AbortSignal, not ${describe(signal)}`
  throw new PlanError('run/option', message, 'pass signal: controller.signal')
}

function checkNames(plan: Plan, names: readonly string[]): void {
  for (const name of names) {
    if (plan.outputs.some((output) => output.name === name)) continue
    const known = plan.outputs.map((output) => `"${output.name}"`).join(', ')
    throw new PlanError('run/output-name', `the model has no output "${name}"`, `the model's outputs are ${known}`)
  }
}

function abortError({ reason }: AbortSignal): PlanError {
  const why = reason instanceof Error ? reason.message : reason
  return new PlanError(
    'run/aborted',
    `the run was aborted: ${why}`,
    'run again without this signal, if the result is wanted',
  )
}

/** Backends say so by this code. */
function isLoss(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'device/lost'
}

/** The result of a run; rejects when it is aborted before. Then nobody gets what it leaves on the device: it is freed. */
async function unlessAborted(result: Promise<RunResult>, signal: AbortSignal): Promise<RunResult> {
  let abort = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortError(signal))
    signal.addEventListener('abort', abort)
  })
  try {
    return await Promise.race([result, aborted])
  } catch (error) {
    void result.then(
      ({ deviceOutputs }) => {
        for (const { buffer } of Object.values(deviceOutputs)) buffer.destroy()
      },
      () => undefined,
    )
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** The tensor with data of its own. Not by `slice`: that of Node's Buffer, which is a Uint8Array, gives a view. */
function copyOf(input: InputTensor): InputTensor {
  const shape = [...input.shape]
  if (isOnDevice(input)) return { ...input, shape }
  const { dtype, data } = input
  const copy = arrayFor(dtype, data.length)
  new Uint8Array(copy.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return { dtype, shape, data: copy }
}
