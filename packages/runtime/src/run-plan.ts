/** One run of a plan: inputs to the device, the steps into one recording, outputs back. */
import type { Device, DeviceBuffer, Pipeline } from '@tilewright/backend'
import {
  bindSizes,
  countElements,
  evaluatePlanSize,
  fromDevice,
  holds,
  type LaunchStep,
  maxElements,
  type Plan,
  type PlanBuffer,
  PlanError,
  type PlanSize,
  type PlanSizeValues,
  type PlanTensor,
  type Step,
  toDevice,
} from '@tilewright/backend/plan'
import type { HostTensor } from './check-inputs.js'
import type { RunBuffers } from './run-buffers.js'

export interface RunStats {
  readonly dispatches: number
  readonly hostSteps: number
  /** Wall time, with upload and readback. */
  readonly milliseconds: number
}

export interface RunResult {
  readonly outputs: Readonly<Record<string, HostTensor>>
  readonly stats: RunStats
}

/** A plan that is ready to run. */
export interface Prepared {
  readonly plan: Plan
  readonly device: Device
  /** In the order of the plan's kernels. */
  readonly pipelines: readonly Pipeline[]
  readonly buffers: RunBuffers
}

/**
 * Runs a plan on inputs that are checked. Everything is on its way to the device when the promise is returned, so that
 * the data of `inputs` may change. Rejects with `PlanError` and the device's errors.
 */
export async function runPlan(prepared: Prepared, inputs: readonly HostTensor[]): Promise<RunResult> {
  const start = performance.now()
  const { plan, device } = prepared
  const sizes = bindSizes(
    plan.inputs,
    inputs.map((input) => input.shape),
  )
  const bufferOf = prepared.buffers.forSizes(sizes)
  const { launches, hostSteps } = chooseSteps(plan.steps, sizes)
  plan.inputs.forEach((tensor, i) => {
    const { data } = entry(inputs, i, 'input')
    if (data.length === 0) return
    const planned = entry(plan.buffers, tensor.buffer, 'buffer')
    device.write(bufferOf(tensor.buffer), toDevice(tensor.name, tensor.dtype, data, planned))
  })
  const dispatches = dispatch(launches, prepared, sizes, bufferOf)
  const outputs = await Promise.all(
    plan.outputs.map(async (tensor): Promise<[string, HostTensor]> => {
      const planned = entry(plan.buffers, tensor.buffer, 'buffer')
      return [tensor.name, await readTensor(tensor, planned, sizes, device, bufferOf(tensor.buffer))]
    }),
  )
  const stats = { dispatches, hostSteps, milliseconds: performance.now() - start }
  return { outputs: Object.fromEntries(outputs), stats }
}

/** Makes what depends on constants alone. */
export function dispatchPrepare(
  prepared: Pick<Prepared, 'plan' | 'device' | 'pipelines'>,
  bufferOf: (buffer: number) => DeviceBuffer,
): void {
  const sizes: PlanSizeValues = new Map()
  const { launches } = chooseSteps(prepared.plan.prepare, sizes)
  if (launches.length > 0) dispatch(launches, prepared, sizes, bufferOf)
}

/** What the steps come down to for these sizes. Boundary tensors that are converted are so where they cross it. */
function chooseSteps(
  steps: readonly Step[],
  sizes: PlanSizeValues,
): { readonly launches: readonly LaunchStep[]; readonly hostSteps: number } {
  const launches: LaunchStep[] = []
  let hostSteps = 0
  const walk = (inner: readonly Step[]): void => {
    for (const step of inner) {
      if (step.kind === 'launch') launches.push(step)
      else if (step.kind === 'host') hostSteps += 1
      else {
        const branch = step.branches.find(({ when }) => when.every((predicate) => holds(predicate, sizes)))
        if (branch === undefined) throw new PlanError('plan/choose', 'no branch of the plan is for these sizes')
        walk(branch.steps)
      }
    }
  }
  walk(steps)
  return { launches, hostSteps }
}

/** Records and submits the launches; gives how many there were, without the empty ones. */
function dispatch(
  launches: readonly LaunchStep[],
  { device, pipelines }: Pick<Prepared, 'device' | 'pipelines'>,
  sizes: PlanSizeValues,
  bufferOf: (buffer: number) => DeviceBuffer,
): number {
  const recorder = device.begin()
  let dispatches = 0
  for (const { name, kernel, buffers, scalars, workgroups } of launches) {
    const [x, y, z] = workgroups
    const counts = [scalarOf(x, sizes, name), scalarOf(y, sizes, name), scalarOf(z, sizes, name)] as const
    if (counts.includes(0)) continue
    const words = Uint32Array.from(scalars, (scalar) =>
      scalar.kind === 'bits' ? scalar.bits : scalarOf(scalar.size, sizes, name),
    )
    recorder.dispatch(entry(pipelines, kernel, 'kernel'), buffers.map(bufferOf), words, counts)
    dispatches += 1
  }
  recorder.submit()
  return dispatches
}

/** A size that a kernel is given: an i32 there. */
function scalarOf(size: PlanSize, sizes: PlanSizeValues, launch: string): number {
  const value = evaluatePlanSize(size, sizes)
  if (value <= maxElements) return value
  throw new PlanError(
    'limits/elements',
    `"${launch}" counts to ${value}; a kernel counts to ${maxElements}`,
    'run on smaller inputs: sizes are 32-bit integers',
  )
}

async function readTensor(
  { dtype, shape }: PlanTensor,
  planned: PlanBuffer,
  sizes: PlanSizeValues,
  device: Device,
  memory: DeviceBuffer,
): Promise<HostTensor> {
  const extents = shape.map((extent) => evaluatePlanSize(extent, sizes))
  const elements = countElements(extents)
  const bytes = elements === 0 ? new Uint8Array() : await device.read(memory, elements * planned.elementBytes)
  return { dtype, shape: extents, data: fromDevice(dtype, bytes, elements, planned) }
}

/** An entry of one of the plan's tables. Throws `PlanError` `plan/reference` for a number that it lacks. */
function entry<T>(table: readonly T[], number: number, what: string): T {
  const found = table[number]
  if (found === undefined) throw new PlanError('plan/reference', `the plan names ${what} ${number}, which it lacks`)
  return found
}
