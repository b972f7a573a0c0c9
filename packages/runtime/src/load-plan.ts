/** A plan on one device: its pipelines, its constants, and what is made of them before the first run. */
import type { Device, DeviceBuffer } from '@tilewright/backend'
import { bufferBytes, chooseSteps, launchesIn, type Plan, PlanError, wholeBuffer } from '@tilewright/backend/plan'
import { createResolver, resolveLaunches } from './resolve-run.js'
import { bufferIn, createRunMemory } from './run-memory.js'
import { dispatchAll, type Prepared } from './run-plan.js'

export interface LoadedPlan extends Prepared {
  readonly dispose: () => void
}

/**
 * Loads a plan: compiles pipelines in parallel while constants upload. Rejects with `PlanError` `plan/constants` when
 * there are fewer bytes than the plan says, and with the device's errors; what was made by then is freed.
 */
export async function loadPlan(plan: Plan, constants: Uint8Array, device: Device): Promise<LoadedPlan> {
  const needed = Math.max(0, ...plan.constants.map(({ offset, bytes }) => offset + bytes))
  if (constants.byteLength < needed) {
    throw new PlanError(
      'plan/constants',
      `the constants have ${constants.byteLength} bytes; plan "${plan.name}" needs ${needed}`,
      'pass the constants that were made with this plan',
    )
  }
  const compiling = Promise.all(plan.kernels.map((kernel) => device.createPipeline(kernel)))
  const fixed = new Map<number, DeviceBuffer>()
  const release = (): void => {
    for (const buffer of fixed.values()) buffer.destroy()
  }
  try {
    for (const { buffer, offset, bytes } of plan.constants) {
      const memory = device.createBuffer(bytes)
      fixed.set(buffer, memory)
      if (bytes > 0) device.write(memory, constants.subarray(offset, offset + bytes))
    }
    const pipelines = await compiling
    plan.buffers.forEach((buffer, i) => {
      if (buffer.role !== 'prepared') return
      fixed.set(i, device.createBuffer(bufferBytes(buffer, new Map(), device.target.limits)))
    })
    const launches = resolveLaunches(chooseSteps(plan.prepare, new Map()).launches, pipelines, new Map())
    const ranges = launches.map(({ buffers }) => buffers.map((number) => wholeBuffer(bufferIn(fixed, number))))
    dispatchAll(device, launches, ranges)
    freeUnread(plan, fixed)
    const memory = createRunMemory(plan, device, fixed)
    const bytesOf = (role: 'constant' | 'prepared'): number =>
      [...fixed].reduce((sum, [i, { bytes }]) => sum + (plan.buffers[i]?.role === role ? bytes : 0), 0)
    return {
      plan,
      device,
      memory,
      resolve: createResolver(plan, pipelines, () => device.target),
      fixedBytes: { constants: bytesOf('constant'), prepared: bytesOf('prepared') },
      dispose: () => {
        release()
        memory.dispose()
      },
    }
  } catch (error) {
    release()
    // An upload may have failed first: what compiles meanwhile is not left unheard.
    compiling.catch(() => undefined)
    throw error
  }
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
