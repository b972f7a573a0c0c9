/** Seeded random numbers: operands are the same on every machine, in every process and in every run. */

/** A source of numbers in [-1, 1): a linear congruential generator, 24 bits a number. */
function randomSource(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) / 2 ** 23 - 1
  }
}

/** Numbers in [-1, 1). */
export function randomFloats(length: number, seed: number): Float32Array<ArrayBuffer> {
  const random = randomSource(seed)
  const out = new Float32Array(length)
  for (let i = 0; i < length; i++) out[i] = random()
  return out
}

/** Numbers of the normal distribution with mean 0 and deviation 1 (the polar method of Marsaglia). */
export function gaussianFloats(length: number, seed: number): Float32Array<ArrayBuffer> {
  const random = randomSource(seed)
  const out = new Float32Array(length)
  for (let i = 0; i < length; ) {
    const [u, v] = [random(), random()]
    const square = u * u + v * v
    if (square >= 1 || square === 0) continue
    const factor = Math.sqrt((-2 * Math.log(square)) / square)
    out[i++] = u * factor
    if (i < length) out[i++] = v * factor
  }
  return out
}
