/**
 * A session: a plan on a device. It owns the pipelines, the constants and the buffers between them; the device stays the
 * caller's. Runs queue: they share the buffers.
 */
import type { Device } from '@tilewright/backend'
import { arrayFor, type Plan, PlanError, planVersion, type TensorArray } from '@tilewright/backend/plan'
import { checkInputs, type HostTensor } from './check-inputs.js'
import { type LoadStats, loadPlan } from './load-plan.js'
import { type RunResult, runPlan } from './run-plan.js'
import type { ConstantSource } from './upload-constants.js'

export interface SessionOptions {
  readonly plan: Plan
  /** The bytes of the plan's constants, or where they come from. */
  readonly constants: ConstantSource
  readonly device: Device
}

export interface Session {
  /** What it took to make the session. */
  readonly stats: LoadStats
  /**
   * Runs the plan once, after the runs before it. The data of the inputs is the caller's again as soon as `run` returns
   * its promise. Rejects with `PlanError` for inputs that do not fit (`run/…`, `limits/…`), and with the device's errors;
   * runs after it are none the worse.
   */
  readonly run: (inputs: Readonly<Record<string, HostTensor>>) => Promise<RunResult>
  /** Frees what the session holds on the device, once the run in progress has ended; idempotent. Queued runs reject. */
  readonly dispose: () => void
}

/**
 * Makes a plan ready to run. Rejects with `PlanError` `plan/version` for a plan of another version, `plan/constants` when
 * there are fewer bytes than the plan says, and with the device's errors; what was made by then is freed.
 */
export async function createSession({ plan, constants, device }: SessionOptions): Promise<Session> {
  if (plan.version !== planVersion) {
    throw new PlanError(
      'plan/version',
      `plan "${plan.name}" has version ${plan.version}; this runtime reads version ${planVersion}`,
      'compile the model again, or install the runtime of the compiler that made the plan',
    )
  }
  const loaded = await loadPlan(plan, constants, device)
  /** Settles with the last run, and never rejects; undefined when none is in progress. */
  let last: Promise<unknown> | undefined
  let disposed = false
  const checkUse = (): void => {
    if (disposed) throw new PlanError('run/disposed', 'the session has been disposed', 'create a new session')
  }
  const runQueued = async (before: Promise<unknown>, inputs: readonly HostTensor[]): Promise<RunResult> => {
    const own = inputs.map((input) => ({ ...input, shape: [...input.shape], data: copyOf(input) }))
    await before
    checkUse()
    return runPlan(loaded, own)
  }
  return {
    stats: loaded.stats,
    run: async (given) => {
      checkUse()
      const inputs = checkInputs(plan.inputs, given)
      const result = last === undefined ? runPlan(loaded, inputs) : runQueued(last, inputs)
      const settled = result.then(
        () => undefined,
        () => undefined,
      )
      last = settled
      try {
        return await result
      } finally {
        if (last === settled) last = undefined
      }
    },
    dispose: () => {
      if (disposed) return
      disposed = true
      if (last === undefined) loaded.dispose()
      else void last.then(loaded.dispose)
    },
  }
}

/** A copy of a tensor's data. Not by `slice`: that of Node's Buffer, which is a Uint8Array, gives a view. */
function copyOf({ dtype, data }: HostTensor): TensorArray {
  const copy = arrayFor(dtype, data.length)
  new Uint8Array(copy.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return copy
}
