/** Seeded random numbers: operands are the same on every machine, in every process and in every run. */

/** Numbers in [-1, 1): a linear congruential generator, 24 bits a number. */
export function randomFloats(length: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) / 2 ** 23 - 1
  })
}

/** Numbers of the normal distribution with mean 0 and the given standard deviation (Box and Muller's method). */
export function gaussianFloats(length: number, seed: number, deviation: number): Float32Array<ArrayBuffer> {
  const uniform = randomFloats(2 * Math.ceil(length / 2), seed)
  const out = new Float32Array(length)
  for (let i = 0; i < length; i += 2) {
    // In (0, 1]: the logarithm of 0 is no number.
    const radius = deviation * Math.sqrt(-2 * Math.log((1 - (uniform[i] ?? 0)) / 2))
    const angle = Math.PI * (uniform[i + 1] ?? 0)
    out[i] = radius * Math.cos(angle)
    if (i + 1 < length) out[i + 1] = radius * Math.sin(angle)
  }
  return out
}
