/** The bits of 32-bit values. */
import type { ScalarType } from './dtype.js'

/** The value of type `to` that has the bits of a value of type `from`. Neither is bool. */
export function withBitsOf(from: ScalarType, to: ScalarType, value: number): number {
  const view = new DataView(new ArrayBuffer(4))
  if (from === 'f32') view.setFloat32(0, value)
  else view.setUint32(0, value)
  if (to === 'f32') return view.getFloat32(0)
  return to === 'i32' ? view.getInt32(0) : view.getUint32(0)
}
