/** What races are found by: for each element of shared memory, who touched it last. */

/** The accesses to the elements of one buffer. Tick 0 and node 0 mean none. */
export interface Shadow {
  /** Of the last plain write. */
  readonly writeTick: Int32Array
  readonly writeThread: Int32Array
  readonly writeSite: Int32Array
  /** First nodes of the lists of reads and of atomics since then, in the pool of the race detector. */
  readonly reads: Int32Array
  readonly atomics: Int32Array
}

export function createShadow(elements: number): Shadow {
  const array = (): Int32Array => new Int32Array(elements)
  return { writeTick: array(), writeThread: array(), writeSite: array(), reads: array(), atomics: array() }
}

export function clearShadow(shadow: Shadow): void {
  shadow.writeTick.fill(0)
  shadow.reads.fill(0)
  shadow.atomics.fill(0)
}
