/** TF32: f32 with 10 bits of mantissa behind the leading one. */

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)
/** Bits of a mantissa that are rounded away, and half of the last one that stays. */
const dropped = 0x1fff
const half = 0x1000

/** An f32 rounded to the nearest TF32, ties away from zero. */
export function roundToTf32(value: number): number {
  if (!Number.isFinite(value)) return value
  float[0] = value
  bits[0] = ((bits[0] ?? 0) + half) & ~dropped
  return float[0]
}
