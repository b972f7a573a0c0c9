/**
 * The memory of runs on a device: arenas that intermediates share, and a buffer for each tensor of the boundary. It is
 * kept from run to run, and made anew where it is too small.
 */
import type { BufferRange, Device, DeviceBuffer } from '@tilewright/backend'
import { boundBytes, type Plan, PlanError, wholeBuffer } from '@tilewright/backend/plan'
import type { ResolvedRun } from './resolve-run.js'

export interface RunMemory {
  /**
   * The ranges that each launch of a run binds; `given` are the caller's buffers of boundary tensors. Throws `PlanError`
   * `plan/buffer`, and the device's errors.
   */
  readonly bind: (run: ResolvedRun, given: ReadonlyMap<number, DeviceBuffer>) => readonly (readonly BufferRange[])[]
  /** The buffer of a boundary tensor that is not the caller's, once a run has been bound. Throws `PlanError` `plan/buffer`. */
  readonly buffer: (number: number) => DeviceBuffer
  /** Bytes that are held: of the arenas, and of the boundary. */
  readonly bytes: () => { readonly arenas: number; readonly boundary: number }
  readonly dispose: () => void
}

interface Binding {
  readonly generation: number
  readonly ranges: readonly (readonly BufferRange[])[]
}

/** The memory of a plan's runs, besides the buffers in `fixed`. */
export function createRunMemory(plan: Plan, device: Device, fixed: ReadonlyMap<number, DeviceBuffer>): RunMemory {
  const arenas = new Map<number, DeviceBuffer>()
  const boundary = new Map<number, DeviceBuffer>()
  const bindings = new WeakMap<ResolvedRun, Binding>()
  /** Counts the times that a buffer was replaced. */
  let generation = 0
  const hold = (held: Map<number, DeviceBuffer>, number: number, bytes: number): void => {
    const old = held.get(number)
    if (old !== undefined && old.bytes >= bytes) return
    generation += 1
    held.delete(number)
    old?.destroy()
    held.set(number, device.createBuffer(bytes))
  }
  const rangeOf = ({ memory }: ResolvedRun, given: ReadonlyMap<number, DeviceBuffer>, number: number): BufferRange => {
    const own = given.get(number)
    if (own !== undefined) return { buffer: own, offset: 0, bytes: boundBytes(memory.bytes[number] ?? 0) }
    const planned = memory.ranges.get(number)
    if (planned === undefined) return wholeBuffer(fixed.get(number) ?? bufferIn(boundary, number))
    return { buffer: bufferIn(arenas, planned.arena), offset: planned.offset, bytes: planned.bytes }
  }
  const sum = (held: ReadonlyMap<number, DeviceBuffer>): number =>
    [...held.values()].reduce((total, { bytes }) => total + bytes, 0)
  return {
    bind: (run, given) => {
      const { memory, launches } = run
      memory.arenas.forEach((bytes, arena) => {
        hold(arenas, arena, bytes)
      })
      for (const { buffer } of [...plan.inputs, ...plan.outputs]) {
        if (!given.has(buffer)) hold(boundary, buffer, memory.bytes[buffer] ?? 0)
      }
      const known = given.size === 0 ? bindings.get(run) : undefined
      if (known?.generation === generation) return known.ranges
      const ranges = launches.map(({ buffers }) => buffers.map((number) => rangeOf(run, given, number)))
      if (given.size === 0) bindings.set(run, { generation, ranges })
      return ranges
    },
    buffer: (number) => bufferIn(boundary, number),
    bytes: () => ({ arenas: sum(arenas), boundary: sum(boundary) }),
    dispose: () => {
      for (const buffer of [...arenas.values(), ...boundary.values()]) buffer.destroy()
      arenas.clear()
      boundary.clear()
    },
  }
}

/** A buffer by number. Throws `PlanError` `plan/buffer` for one that the plan lacks. */
export function bufferIn(buffers: ReadonlyMap<number, DeviceBuffer>, number: number): DeviceBuffer {
  const found = buffers.get(number)
  if (found === undefined) throw new PlanError('plan/buffer', `the plan names buffer ${number}, which it lacks`)
  return found
}
