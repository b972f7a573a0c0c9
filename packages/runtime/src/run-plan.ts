/** One run of a plan: inputs to the device, the launches into one recording, outputs back. */
import type { BufferRange, Device, DeviceBuffer } from '@tilewright/backend'
import {
  boundBytes,
  countElements,
  fromDevice,
  type Plan,
  PlanError,
  type PlanTensor,
  toDevice,
} from '@tilewright/backend/plan'
import { type DeviceTensor, type HostTensor, type InputTensor, isOnDevice } from './check-inputs.js'
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
  /** The outputs that were to stay on the device. Their buffers are the caller's, who destroys them. */
  readonly deviceOutputs: Readonly<Record<string, DeviceTensor>>
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
 * Runs a plan on inputs that are checked; the outputs named in `onDevice` stay there. Everything is on its way to the
 * device when the promise is returned, so that the data of `inputs` may change. Rejects with `PlanError` and the device's
 * errors.
 */
export async function runPlan(
  prepared: Prepared,
  inputs: readonly InputTensor[],
  onDevice: readonly string[],
): Promise<RunResult> {
  const start = performance.now()
  const { plan, device, memory } = prepared
  const run = prepared.resolve(inputs.map((input) => input.shape))
  const given = givenBuffers(plan, run, inputs)
  const kept: DeviceBuffer[] = []
  try {
    const deviceOutputs: [string, DeviceTensor][] = []
    const hostOutputs: { readonly tensor: PlanTensor; readonly shape: readonly number[] }[] = []
    plan.outputs.forEach((tensor, i) => {
      const shape = entry(run.outputShapes, i, 'output')
      if (!onDevice.includes(tensor.name)) {
        hostOutputs.push({ tensor, shape })
        return
      }
      // A new one each time: the results of the run before may be the inputs of this one.
      const buffer = device.createBuffer(entry(run.memory.bytes, tensor.buffer, 'buffer'))
      kept.push(buffer)
      given.set(tensor.buffer, buffer)
      deviceOutputs.push([tensor.name, { dtype: tensor.dtype, shape, buffer }])
    })
    const ranges = memory.bind(run, given)
    upload(prepared, inputs)
    dispatchAll(device, run.launches, ranges)
    // In the turn of the launches, so that whatever goes wrong with them is known here.
    const [outputs] = await Promise.all([
      Promise.all(hostOutputs.map(({ tensor, shape }) => readTensor(prepared, tensor, shape))),
      kept.length > 0 ? device.settled() : undefined,
    ])
    const { arenas: intermediates, boundary } = memory.bytes()
    return {
      outputs: Object.fromEntries(outputs.map((tensor, i) => [entry(hostOutputs, i, 'output').tensor.name, tensor])),
      deviceOutputs: Object.fromEntries(deviceOutputs),
      stats: {
        dispatches: run.launches.length,
        hostSteps: run.hostSteps,
        milliseconds: performance.now() - start,
        memory: { ...prepared.fixedBytes, intermediates, bound: run.memory.bound, boundary },
      },
    }
  } catch (error) {
    for (const buffer of kept) buffer.destroy()
    throw error
  }
}

/** The buffers of inputs on the device. Throws `PlanError` `run/input-data` for one with too few bytes. */
function givenBuffers(plan: Plan, run: ResolvedRun, inputs: readonly InputTensor[]): Map<number, DeviceBuffer> {
  const given = new Map<number, DeviceBuffer>()
  plan.inputs.forEach(({ name, buffer }, i) => {
    const input = entry(inputs, i, 'input')
    if (!isOnDevice(input)) return
    const needed = boundBytes(entry(run.memory.bytes, buffer, 'buffer'))
    if (input.buffer.bytes < needed) {
      throw new PlanError(
        'run/input-data',
        `the buffer of input "${name}" has ${input.buffer.bytes} bytes; shape [${input.shape.join(', ')}] takes ${needed} on the device`,
        'pass a tensor that a run left on this device',
      )
    }
    given.set(buffer, input.buffer)
  })
  return given
}

/** Writes the inputs of the host. */
function upload({ plan, device, memory }: Prepared, inputs: readonly InputTensor[]): void {
  plan.inputs.forEach(({ name, dtype, buffer }, i) => {
    const input = entry(inputs, i, 'input')
    if (isOnDevice(input) || input.data.length === 0) return
    device.write(memory.buffer(buffer), toDevice(name, dtype, input.data, entry(plan.buffers, buffer, 'buffer')))
  })
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
