/**
 * The buffers whose sizes depend on the run. They are kept from run to run and made anew when they are too small. Every
 * size of a run is checked against the device before any buffer is made.
 */
import type { Device, DeviceBuffer } from '@tilewright/backend'
import {
  countElements,
  evaluatePlanSize,
  excessOf,
  type Plan,
  type PlanBuffer,
  PlanError,
  type PlanSizeValues,
} from '@tilewright/backend/plan'

export interface RunBuffers {
  /**
   * The buffers of a run by number. Throws `PlanError` `limits/elements`, `limits/binding-size` or `run/shape` for sizes
   * that no buffer can have, and the device's errors.
   */
  readonly forSizes: (sizes: PlanSizeValues) => (buffer: number) => DeviceBuffer
  readonly dispose: () => void
}

/** The buffers of a plan on a device, besides those in `fixed`. */
export function createRunBuffers(plan: Plan, device: Device, fixed: ReadonlyMap<number, DeviceBuffer>): RunBuffers {
  const held = new Map<number, DeviceBuffer>()
  return {
    forSizes: (sizes) => {
      const wanted = plan.buffers.map((buffer) => (isFixed(buffer) ? undefined : bytesOf(buffer, sizes, device)))
      wanted.forEach((bytes, i) => {
        const old = held.get(i)
        if (bytes === undefined || (old !== undefined && old.bytes >= bytes)) return
        held.delete(i)
        old?.destroy()
        held.set(i, device.createBuffer(bytes))
      })
      return (buffer) => fixed.get(buffer) ?? bufferIn(held, buffer)
    },
    dispose: () => {
      for (const buffer of held.values()) buffer.destroy()
      held.clear()
    },
  }
}

/** A buffer by number. Throws `PlanError` `plan/buffer` for one that the plan lacks. */
export function bufferIn(buffers: ReadonlyMap<number, DeviceBuffer>, number: number): DeviceBuffer {
  const found = buffers.get(number)
  if (found === undefined) throw new PlanError('plan/buffer', `the plan names buffer ${number}, which it lacks`)
  return found
}

/** Whether a buffer is filled before the first run, and stays as it is. */
function isFixed({ role }: PlanBuffer): boolean {
  return role === 'constant' || role === 'prepared'
}

/** Bytes of a buffer. Throws as `forSizes` does. */
export function bytesOf({ name, shape, elementBytes }: PlanBuffer, sizes: PlanSizeValues, device: Device): number {
  const extents = shape.map((extent) => evaluatePlanSize(extent, sizes))
  if (extents.some((extent) => extent < 0)) {
    throw new PlanError(
      'run/shape',
      `"${name}" would have shape [${extents.join(', ')}]`,
      'the inputs are too small: a window must fit into what it moves over',
    )
  }
  const excess = excessOf({ name, shape: extents, elementBytes }, device.target.limits)
  if (excess !== undefined) throw new PlanError(excess.code, excess.message, excess.help)
  return countElements(extents) * elementBytes
}
