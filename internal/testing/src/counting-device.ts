// A device that counts what it holds and does, around any other.
import type { Device, DeviceBuffer } from '@tilewright/backend'
import { defined } from '@tilewright/ir'

export interface Counted {
  readonly device: Device
  /** Buffers that are not destroyed, and their bytes. */
  readonly buffers: () => number
  readonly bytes: () => number
  /** Launches so far. */
  readonly launches: () => number
}

export function countingDevice(inner: Device): Counted {
  const innerOf = new Map<DeviceBuffer, DeviceBuffer>()
  let launches = 0
  const unwrap = (buffer: DeviceBuffer): DeviceBuffer => defined(innerOf.get(buffer), 'a live buffer of this device')
  const device: Device = {
    ...inner,
    createBuffer: (bytes) => {
      const made = inner.createBuffer(bytes)
      const buffer: DeviceBuffer = {
        bytes: made.bytes,
        destroy: () => {
          made.destroy()
          innerOf.delete(buffer)
        },
      }
      innerOf.set(buffer, made)
      return buffer
    },
    write: (buffer, data, offset) => inner.write(unwrap(buffer), data, offset),
    read: (buffer, bytes) => inner.read(unwrap(buffer), bytes),
    begin: () => {
      const recorder = inner.begin()
      return {
        dispatch: (pipeline, ranges, scalars, workgroups) => {
          launches += 1
          const inside = ranges.map((range) => ({ ...range, buffer: unwrap(range.buffer) }))
          recorder.dispatch(pipeline, inside, scalars, workgroups)
        },
        submit: recorder.submit,
      }
    },
  }
  return {
    device,
    buffers: () => innerOf.size,
    bytes: () => [...innerOf.keys()].reduce((sum, { bytes }) => sum + bytes, 0),
    launches: () => launches,
  }
}
