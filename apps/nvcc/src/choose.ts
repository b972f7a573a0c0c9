/** Draws one of several: the same ones in the same order for the same seed. */
export type Choose = <T>(...options: readonly [T, ...T[]]) => T

/** Seeds may be consecutive: each number of a run is hashed (mulberry32). */
export function chooser(seed: number): Choose {
  let state = seed
  return (...options) => {
    state = (state + 0x6d2b79f5) | 0
    let hash = Math.imul(state ^ (state >>> 15), 1 | state)
    hash = (hash + Math.imul(hash ^ (hash >>> 7), 61 | hash)) ^ hash
    return options[((hash ^ (hash >>> 14)) >>> 0) % options.length] ?? options[0]
  }
}
