import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LiveTensor, livenessBound, type Offsets, solveOffsets } from './solve-offsets.js'

const rules = { alignment: 256, arenaBytes: 2 ** 30 }

/** A launch that writes one tensor and reads earlier ones, given as how many launches ago they were written. */
interface Launch {
  readonly bytes: number
  readonly reads: readonly number[]
}

/** The tensors of a chain of launches, those of one launch that are read apart from the one that is written. */
function tensorsOf(launches: readonly Launch[]): readonly LiveTensor[] {
  const last = launches.map((_, i) => i)
  const apart = launches.map(() => new Set<number>())
  launches.forEach(({ reads }, at) => {
    for (const back of reads) {
      const read = at - back
      if (read < 0) continue
      last[read] = at
      apart[read]?.add(at)
      apart[at]?.add(read)
    }
  })
  return launches.map(({ bytes }, i) => ({ bytes, first: i, last: last[i]!, apart: apart[i]! }))
}

/** What is wrong with a placement. */
function problems(tensors: readonly LiveTensor[], { places, arenas }: Offsets): readonly string[] {
  return tensors.flatMap((a, i) => {
    const at = places[i]!
    const own = [
      ...(at.offset % rules.alignment === 0 ? [] : [`${i} is not aligned`]),
      ...(at.offset + a.bytes <= arenas[at.arena]! ? [] : [`${i} ends outside of its arena`]),
    ]
    const pairs = tensors.slice(0, i).flatMap((b, j) => {
      const there = places[j]!
      if (there.arena !== at.arena) return []
      const meet = a.first <= b.last && b.first <= a.last
      const overlap = at.offset < there.offset + b.bytes && there.offset < at.offset + a.bytes
      return [
        ...(meet && overlap && a.bytes > 0 && b.bytes > 0 ? [`${j} and ${i} overlap`] : []),
        ...(a.apart.has(j) ? [`${j} and ${i} share arena ${at.arena}`] : []),
      ]
    })
    return [...own, ...pairs]
  })
}

const total = ({ arenas }: Offsets): number => arenas.reduce((sum, bytes) => sum + bytes, 0)

test('random lifetimes: nothing alive overlaps, and the rules are kept', () => {
  const launch = fc.record({
    bytes: fc.nat(10_000),
    reads: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.array(launch, { maxLength: 40 }), (launches) => {
      const tensors = tensorsOf(launches)
      const solved = solveOffsets(tensors, rules)
      expect(problems(tensors, solved)).toEqual([])
      expect(total(solved)).toBeGreaterThanOrEqual(livenessBound(tensors))
    }),
    { numRuns: propertyRuns() },
  )
})

/** Networks of the usual kinds, of random depths and widths: bytes as images shrink and channels grow. */
const networks = {
  // Each as large as the one before it, or smaller.
  shrinking: fc
    .array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 60 })
    .map((sizes) => sizes.toSorted((a, b) => b - a).map((size) => ({ bytes: size * 2 ** 16, reads: [1] }))),
  residual: fc.integer({ min: 1, max: 20 }).chain((blocks) =>
    fc.array(fc.constantFrom(1, 4, 6), { minLength: blocks, maxLength: blocks }).map((expansions) =>
      expansions.flatMap((expansion, i) => {
        const bytes = 2 ** 20 / 2 ** Math.floor(i / 4)
        return [
          { bytes: bytes * expansion, reads: [1] },
          { bytes: bytes * expansion, reads: [1] },
          { bytes, reads: [1, 3] },
        ]
      }),
    ),
  ),
  // Down and up again: the n-th tensor on the way up reads the n-th last on the way down.
  'u-shaped': fc
    .integer({ min: 1, max: 7 })
    .map((depth) => [
      ...Array.from({ length: depth }, (_, i) => ({ bytes: 2 ** (22 - i), reads: [1] })),
      ...Array.from({ length: depth }, (_, i) => ({ bytes: 2 ** (22 - depth + 1 + i), reads: [1, 2 * i + 2] })),
    ]),
  branches: fc.array(fc.constantFrom(1, 2, 3), { minLength: 1, maxLength: 15 }).map((widths) =>
    widths.flatMap((width) => [
      { bytes: width * 2 ** 18, reads: [1] },
      { bytes: width * 2 ** 19, reads: [2] },
      { bytes: width * 2 ** 20, reads: [3] },
      { bytes: width * 2 ** 20, reads: [1, 2, 3] },
    ]),
  ),
}

test.each(Object.entries(networks))('%s networks take at most 1.25 of the bound', (_, network) => {
  fc.assert(
    fc.property(network, (launches: readonly Launch[]) => {
      const tensors = tensorsOf(launches)
      const solved = solveOffsets(tensors, rules)
      expect(problems(tensors, solved)).toEqual([])
      expect(total(solved) / livenessBound(tensors)).toBeLessThanOrEqual(1.25)
    }),
    { numRuns: propertyRuns() },
  )
})

describe('by hand', () => {
  const tensor = (bytes: number, first: number, last: number, apart: readonly number[] = []): LiveTensor => ({
    bytes,
    first,
    last,
    apart: new Set(apart),
  })

  test('nothing takes nothing', () => {
    expect(solveOffsets([], rules)).toEqual({ places: [], arenas: [] })
    expect(livenessBound([])).toBe(0)
  })

  test('a chain goes back and forth between two arenas', () => {
    const chain = tensorsOf(Array.from({ length: 6 }, () => ({ bytes: 512, reads: [1] })))
    const { places, arenas } = solveOffsets(chain, rules)
    expect(arenas).toEqual([512, 512])
    expect(places.map(({ arena }) => arena)).toEqual([0, 1, 0, 1, 0, 1])
  })

  test('an odd way between two large tensors takes a third arena: more than the bound, whatever the placement', () => {
    const chain = tensorsOf([1024, 256, 512, 512, 256, 1024].map((bytes) => ({ bytes, reads: [1] })))
    expect(livenessBound(chain)).toBe(1280)
    expect(solveOffsets(chain, rules).arenas).toEqual([1024, 512, 256])
  })

  test('what is free again is used by what fits', () => {
    const tensors = [tensor(1024, 0, 0), tensor(256, 0, 9), tensor(256, 1, 9), tensor(700, 1, 2)]
    expect(solveOffsets(tensors, rules)).toEqual({
      places: [
        { arena: 0, offset: 0 },
        { arena: 0, offset: 1024 },
        { arena: 0, offset: 768 },
        { arena: 0, offset: 0 },
      ],
      arenas: [1280],
    })
    expect(livenessBound(tensors)).toBe(1280)
  })

  test('an arena is no larger than a buffer may be', () => {
    const tensors = [tensor(600, 0, 1), tensor(600, 0, 1), tensor(600, 0, 1)]
    expect(solveOffsets(tensors, { alignment: 256, arenaBytes: 1600 }).arenas).toEqual([1536, 768])
  })
})
