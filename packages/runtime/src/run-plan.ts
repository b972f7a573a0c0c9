/** One run of a plan: inputs to the device, the launches into one recording, outputs back. */
import type { BufferRange, Device } from '@tilewright/backend'
import { countElements, fromDevice, type Plan, type PlanTensor, toDevice } from '@tilewright/backend/plan'
import type { HostTensor } from './check-inputs.js'
import { entry } from './entry.js'
import type { ResolvedLaunch, ResolvedRun } from './resolve-run.js'
import type { RunMemory } from './run-memory.js'

/** Bytes on the device. */
export interface MemoryUse {
  /** Constants that runs read, and what was made of constants. */
  readonly constants: number
  readonly prepared: number
  /** What is allocated for intermediates, and the least that any placement of this run's takes. */
  readonly intermediates: number
  readonly bound: number
  /** Inputs and outputs. */
  readonly boundary: number
}

export interface RunStats {
  readonly dispatches: number
  readonly hostSteps: number
  /** Wall time, with upload and readback. */
  readonly milliseconds: number
  readonly memory: MemoryUse
}

export interface RunResult {
  readonly outputs: Readonly<Record<string, HostTensor>>
  readonly stats: RunStats
}

/** A plan that is ready to run. */
export interface Prepared {
  readonly plan: Plan
  readonly device: Device
  readonly resolve: (shapes: readonly (readonly number[])[]) => ResolvedRun
  readonly memory: RunMemory
  readonly fixedBytes: Pick<MemoryUse, 'constants' | 'prepared'>
}

/**
 * Runs a plan on inputs that are checked. Everything is on its way to the device when the promise is returned, so that
 * the data of `inputs` may change. Rejects with `PlanError` and the device's errors.
 */
export async function runPlan(prepared: Prepared, inputs: readonly HostTensor[]): Promise<RunResult> {
  const start = performance.now()
  const { plan, device, memory } = prepared
  const run = prepared.resolve(inputs.map((input) => input.shape))
  const ranges = memory.bind(run)
  plan.inputs.forEach((tensor, i) => {
    const { data } = entry(inputs, i, 'input')
    if (data.length === 0) return
    const planned = entry(plan.buffers, tensor.buffer, 'buffer')
    device.write(memory.buffer(tensor.buffer), toDevice(tensor.name, tensor.dtype, data, planned))
  })
  dispatchAll(device, run.launches, ranges)
  const outputs = await Promise.all(
    plan.outputs.map(async (tensor, i): Promise<[string, HostTensor]> => {
      const shape = entry(run.outputShapes, i, 'output')
      return [tensor.name, await readTensor(prepared, tensor, shape)]
    }),
  )
  const { arenas: intermediates, boundary } = memory.bytes()
  return {
    outputs: Object.fromEntries(outputs),
    stats: {
      dispatches: run.launches.length,
      hostSteps: run.hostSteps,
      milliseconds: performance.now() - start,
      memory: { ...prepared.fixedBytes, intermediates, bound: run.memory.bound, boundary },
    },
  }
}

/** Records launches, each with the ranges that it binds, and submits them. */
export function dispatchAll(
  device: Device,
  launches: readonly ResolvedLaunch[],
  ranges: readonly (readonly BufferRange[])[],
): void {
  const recorder = device.begin()
  launches.forEach(({ pipeline, scalars, workgroups }, i) => {
    recorder.dispatch(pipeline, entry(ranges, i, 'launch'), scalars, workgroups)
  })
  recorder.submit()
}

async function readTensor(
  { plan, device, memory }: Prepared,
  { dtype, buffer }: PlanTensor,
  shape: readonly number[],
): Promise<HostTensor> {
  const planned = entry(plan.buffers, buffer, 'buffer')
  const elements = countElements(shape)
  const bytes =
    elements === 0 ? new Uint8Array() : await device.read(memory.buffer(buffer), elements * planned.elementBytes)
  return { dtype, shape, data: fromDevice(dtype, bytes, elements, planned) }
}
