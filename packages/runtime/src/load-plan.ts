/** A plan on one device: its pipelines, its constants, and what is made of them before the first run. */
import type { Device, DeviceBuffer } from '@tilewright/backend'
import { bufferBytes, chooseSteps, launchesIn, type Plan, PlanError, wholeBuffer } from '@tilewright/backend/plan'
import { createResolver, resolveLaunches } from './resolve-run.js'
import { bufferIn, createRunMemory } from './run-memory.js'
import { dispatchAll, type Prepared } from './run-plan.js'
import { type ConstantSource, uploadConstants } from './upload-constants.js'

export interface LoadedPlan extends Prepared {
  readonly stats: LoadStats
  readonly dispose: () => void
}

/** What loading took. */
export interface LoadStats {
  readonly pipelines: number
  /** Until the last pipeline was compiled, and until the constants were on their way: both begin at once. */
  readonly pipelineMilliseconds: number
  readonly uploadMilliseconds: number
  /** Wall time in all, with what is made of constants. */
  readonly milliseconds: number
}

/**
 * Loads a plan: compiles pipelines in parallel while constants upload. Rejects as `uploadConstants` does, and with the
 * device's errors; what was made by then is freed. Rejects with `PlanError` `run/backend` for a plan of another backend.
 */
export async function loadPlan(plan: Plan, constants: ConstantSource, device: Device): Promise<LoadedPlan> {
  if (device.info.backend !== plan.backend) {
    throw new PlanError(
      'run/backend',
      `the plan has kernels for ${plan.backend}, and the device is of ${device.info.backend}`,
      'compile the model for this device, or open one of the plan’s backend',
    )
  }
  const start = performance.now()
  const compiling = timed(Promise.all(plan.kernels.map((kernel) => device.createPipeline(kernel))))
  const fixed = new Map<number, DeviceBuffer>()
  const release = (): void => {
    for (const buffer of fixed.values()) buffer.destroy()
  }
  try {
    for (const { buffer, bytes } of plan.constants) fixed.set(buffer, device.createBuffer(bytes))
    const uploading = timed(uploadConstants(plan, constants, device, fixed))
    // Neither is left unheard when the other fails, and nothing is freed under it.
    await Promise.allSettled([compiling, uploading])
    const { milliseconds: uploadMilliseconds } = await uploading
    const { value: pipelines, milliseconds: pipelineMilliseconds } = await compiling
    plan.buffers.forEach((buffer, i) => {
      if (buffer.role !== 'prepared') return
      fixed.set(i, device.createBuffer(bufferBytes(buffer, new Map(), device.target.limits)))
    })
    const launches = resolveLaunches(chooseSteps(plan.prepare, new Map()).launches, pipelines, new Map())
    const ranges = launches.map(({ buffers }) => buffers.map((number) => wholeBuffer(bufferIn(fixed, number))))
    dispatchAll(device, launches, ranges)
    freeUnread(plan, fixed)
    // What went wrong so far is known before the first run.
    await device.settled()
    const memory = createRunMemory(plan, device, fixed)
    const bytesOf = (role: 'constant' | 'prepared'): number =>
      [...fixed].reduce((sum, [i, { bytes }]) => sum + (plan.buffers[i]?.role === role ? bytes : 0), 0)
    return {
      plan,
      device,
      memory,
      resolve: createResolver(plan, pipelines, () => device.target),
      fixedBytes: { constants: bytesOf('constant'), prepared: bytesOf('prepared') },
      stats: {
        pipelines: pipelines.length,
        pipelineMilliseconds,
        uploadMilliseconds,
        milliseconds: performance.now() - start,
      },
      dispose: () => {
        release()
        memory.dispose()
      },
    }
  } catch (error) {
    release()
    // A buffer may have failed first: what compiles meanwhile is not left unheard.
    compiling.catch(() => undefined)
    throw error
  }
}

/** What a promise resolves with, and how long that took. */
async function timed<T>(promise: Promise<T>): Promise<{ readonly value: T; readonly milliseconds: number }> {
  const start = performance.now()
  return { value: await promise, milliseconds: performance.now() - start }
}

/** Frees what only the preparation read. */
function freeUnread(plan: Plan, fixed: Map<number, DeviceBuffer>): void {
  const read = new Set(launchesIn(plan.steps).flatMap(({ buffers }) => buffers))
  for (const [number, buffer] of fixed) {
    if (read.has(number)) continue
    buffer.destroy()
    fixed.delete(number)
  }
}
