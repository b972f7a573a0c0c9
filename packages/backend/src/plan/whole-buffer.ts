import { describe } from '@tilewright/ir/arguments'
import { PlanError } from './plan-error.js'

/** All of a buffer of a device, as a range. Throws `PlanError` `device/buffer` for what is no buffer. */
export function wholeBuffer<B extends { readonly bytes: number }>(
  buffer: B,
): { readonly buffer: B; readonly offset: number; readonly bytes: number } {
  // Callers without types may pass anything.
  if (typeof buffer?.bytes === 'number') return { buffer, offset: 0, bytes: buffer.bytes }
  const help = 'pass what device.createBuffer(bytes) gives'
  throw new PlanError('device/buffer', `wholeBuffer takes a buffer of a device, not ${describe(buffer)}`, help)
}
