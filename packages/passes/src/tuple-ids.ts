/** Numbers for tuples of numbers: what maps with text keys would give, without making text. */

export interface TupleIds {
  /**
   * A number that is equal exactly for equal tuples: 0, 1, 2, … in order of first use. A zero counts as its opposite, and
   * there must be no NaN.
   */
  readonly idOf: (a: number, b: number, c: number, d: number) => number
}

/** An empty table: an open hash table over four columns of numbers. */
export function createTupleIds(): TupleIds {
  let mask = 255
  /** Ids plus 1, by hash; 0 where there is none. At least half stay empty. */
  let slots = new Int32Array(mask + 1)
  let columns = new Float64Array(4 * (mask + 1))
  let count = 0

  const grow = (): void => {
    mask = 2 * mask + 1
    slots = new Int32Array(mask + 1)
    const wider = new Float64Array(4 * (mask + 1))
    wider.set(columns)
    columns = wider
    for (let id = 0; id < count; id++) {
      const at = 4 * id
      slots[freeSlot(columns[at] ?? 0, columns[at + 1] ?? 0, columns[at + 2] ?? 0, columns[at + 3] ?? 0)] = id + 1
    }
  }
  const freeSlot = (a: number, b: number, c: number, d: number): number => {
    let slot = hash(a, b, c, d) & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    return slot
  }
  return {
    idOf: (a, b, c, d) => {
      let slot = hash(a, b, c, d) & mask
      for (;;) {
        const entry = slots[slot] ?? 0
        if (entry === 0) break
        const at = 4 * (entry - 1)
        if (columns[at] === a && columns[at + 1] === b && columns[at + 2] === c && columns[at + 3] === d) {
          return entry - 1
        }
        slot = (slot + 1) & mask
      }
      if (2 * count > mask) {
        grow()
        slot = freeSlot(a, b, c, d)
      }
      const at = 4 * count
      columns[at] = a
      columns[at + 1] = b
      columns[at + 2] = c
      columns[at + 3] = d
      slots[slot] = ++count
      return count - 1
    },
  }
}

function hash(a: number, b: number, c: number, d: number): number {
  let h = mixed(0, a)
  h = mixed(h, b)
  h = mixed(h, c)
  h = mixed(h, d)
  return h ^ (h >>> 16)
}

/** Fractions count too: their leading bits. */
const mixed = (h: number, value: number): number => {
  const next = Math.imul(h ^ (value | 0) ^ ((value * 4096) | 0), 0x9e3779b1)
  return next ^ (next >>> 15)
}
