/**
 * Where tensors lie in memory that they share. Two that are alive at once do not overlap; two that a rule keeps apart
 * are in different arenas, each of which is one buffer. Finding the least memory is NP-hard: tensors are placed one after
 * the other, in several orders and then in changes of the best one.
 */

/** A tensor that is alive from one position of a run to another, both included. */
export interface LiveTensor {
  readonly bytes: number
  readonly first: number
  readonly last: number
  /** Tensors, by index, that must be in other arenas. */
  readonly apart: ReadonlySet<number>
}

export interface Place {
  readonly arena: number
  readonly offset: number
}

export interface Offsets {
  /** In the order of the tensors. */
  readonly places: readonly Place[]
  /** Bytes of each arena, the largest first. */
  readonly arenas: readonly number[]
}

export interface ArenaRules {
  /** Offsets are multiples of this. */
  readonly alignment: number
  /** Bytes that an arena has at most, unless one tensor alone needs more. */
  readonly arenaBytes: number
}

interface Arena {
  bytes: number
}

/** What a tensor that is placed takes of an arena. */
interface TakenPlace {
  readonly arena: Arena
  readonly from: number
  readonly to: number
}

/** Swaps that are tried, and how many pairs of tensors they may compare in all: a run waits for the answer. */
const maxSwaps = 500
const maxComparisons = 5_000_000

/** Places tensors. `apart` must be symmetric. The same tensors are always placed in the same way. */
export function solveOffsets(tensors: readonly LiveTensor[], rules: ArenaRules): Offsets {
  const duration = ({ first, last }: LiveTensor): number => last - first + 1
  const orders: readonly ((a: LiveTensor, b: LiveTensor) => number)[] = [
    (a, b) => b.bytes - a.bytes || duration(b) - duration(a),
    (a, b) => b.bytes * duration(b) - a.bytes * duration(a),
    (a, b) => a.first - b.first || b.bytes - a.bytes,
    (a, b) => duration(b) - duration(a) || b.bytes - a.bytes,
  ]
  const meeting = aliveAtOnce(tensors)
  const solve = (order: readonly number[]): Solution => {
    const offsets = placeInOrder(tensors, meeting, order, rules)
    return { order, offsets, bytes: offsets.arenas.reduce((sum, bytes) => sum + bytes, 0) }
  }
  const solved = orders.map((compare) => {
    const sorted = [...tensors.entries()].sort(([, a], [, b]) => compare(a, b))
    return solve(sorted.map(([index]) => index))
  })
  let best = solved.reduce((least, one) => (one.bytes < least.bytes ? one : least))
  // Then by trial: two tensors change places in the order, and the change stays unless it is for the worse.
  const target = livenessBound(tensors) * goodEnough
  const swaps = Math.min(maxSwaps, Math.floor(maxComparisons / tensors.length ** 2))
  const random = seededRandom()
  for (let swap = 0; swap < swaps && best.bytes > target; swap++) {
    const [a, b] = [random(tensors.length), random(tensors.length)]
    const one = solve(best.order.map((index, at, all) => (at === a ? all[b] : at === b ? all[a] : index) ?? index))
    if (one.bytes <= best.bytes) best = one
  }
  return best.offsets
}

interface Solution {
  readonly order: readonly number[]
  readonly offsets: Offsets
  readonly bytes: number
}

/** What is this near to the bound is not worth more time. */
const goodEnough = 1.15

/** Numbers below what is asked for, the same ones each time (a linear congruential generator). */
function seededRandom(): (below: number) => number {
  let state = 1
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** The most bytes that are alive at one position: no placement takes less. */
export function livenessBound(tensors: readonly Pick<LiveTensor, 'bytes' | 'first' | 'last'>[]): number {
  const changes = new Map<number, number>()
  const change = (at: number, by: number): Map<number, number> => changes.set(at, (changes.get(at) ?? 0) + by)
  for (const { bytes, first, last } of tensors) {
    change(first, bytes)
    change(last + 1, -bytes)
  }
  let [alive, most] = [0, 0]
  for (const [, by] of [...changes].sort(([a], [b]) => a - b)) {
    alive += by
    most = Math.max(most, alive)
  }
  return most
}

/** For each tensor, the others that are alive when it is. */
function aliveAtOnce(tensors: readonly LiveTensor[]): readonly (readonly number[])[] {
  const meeting = tensors.map((): number[] => [])
  const byFirst = [...tensors.entries()].sort(([, a], [, b]) => a.first - b.first)
  let alive: (readonly [number, LiveTensor])[] = []
  for (const one of byFirst) {
    const [index, { first }] = one
    alive = alive.filter(([, { last }]) => last >= first)
    for (const [other] of alive) {
      meeting[index]?.push(other)
      meeting[other]?.push(index)
    }
    alive.push(one)
  }
  return meeting
}

/** Places one tensor after the other, each where the arenas grow least; `meeting` says which must not overlap. */
function placeInOrder(
  tensors: readonly LiveTensor[],
  meeting: readonly (readonly number[])[],
  order: readonly number[],
  { alignment, arenaBytes }: ArenaRules,
): Offsets {
  const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment
  const places: (TakenPlace | undefined)[] = tensors.map(() => undefined)
  const arenas: Arena[] = []
  for (const index of order) {
    const tensor = tensors[index]
    if (tensor === undefined) continue
    const bytes = aligned(tensor.bytes)
    const met = (meeting[index] ?? []).flatMap((other) => places[other] ?? [])
    const forbidden = new Set([...tensor.apart].map((other) => places[other]?.arena))
    let best: { readonly arena: Arena; readonly offset: number; readonly growth: number } | undefined
    for (const arena of arenas) {
      if (forbidden.has(arena)) continue
      const taken = met.filter((place) => place.arena === arena)
      const offset = tightestGap(taken, bytes)
      if (offset + bytes > arenaBytes) continue
      const growth = Math.max(0, offset + bytes - arena.bytes)
      if (best === undefined || growth < best.growth) best = { arena, offset, growth }
    }
    if (best === undefined) {
      const arena: Arena = { bytes: 0 }
      arenas.push(arena)
      best = { arena, offset: 0, growth: bytes }
    }
    const { arena, offset } = best
    arena.bytes = Math.max(arena.bytes, offset + bytes)
    places[index] = { arena, from: offset, to: offset + bytes }
  }
  // The largest first, so that runs of different sizes make use of the same buffers.
  const numbered = arenas.toSorted((a, b) => b.bytes - a.bytes)
  return {
    places: places.map((place) =>
      place === undefined ? { arena: 0, offset: 0 } : { arena: numbered.indexOf(place.arena), offset: place.from },
    ),
    arenas: numbered.map(({ bytes }) => bytes),
  }
}

/** The offset of the smallest gap between taken ranges that is large enough; the end when there is none. */
function tightestGap(taken: { readonly from: number; readonly to: number }[], bytes: number): number {
  let [end, offset, tightest] = [0, -1, Number.POSITIVE_INFINITY]
  for (const { from, to } of taken.sort((a, b) => a.from - b.from)) {
    const gap = from - end
    if (gap >= bytes && gap < tightest) [offset, tightest] = [end, gap]
    end = Math.max(end, to)
  }
  return offset < 0 ? end : offset
}
