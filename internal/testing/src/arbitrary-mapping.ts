// Random task mappings for property tests: every kind, order, unroll wish and nesting, small enough to enumerate.
// They are written as data, not by the constructors, whose tests draw from here.
import type { TaskMapping } from '@tilewright/task-mapping'
import fc from 'fast-check'

/** Limits on the mappings drawn. Default: rank 1 to 3, at most 64 tasks. */
export interface ArbitraryMappingOptions {
  readonly rank?: number
  readonly maxTasks?: number
}

/** A shape of `rank` extents whose product is at most `maxTasks`; extents of 1 are common. */
export function arbitraryExtents(rank: number, maxTasks: number): fc.Arbitrary<readonly number[]> {
  return fc
    .array(fc.constantFrom<number[]>(1, 1, 2, 3, 4, 5, 8), { minLength: rank, maxLength: rank })
    .filter((extents) => extents.reduce((total, extent) => total * extent, 1) <= maxTasks)
}

/** A lone `spatial`, of any order, or a lone `repeat`, with any unroll wishes. */
function arbitraryLeafMapping(rank: number, maxTasks: number): fc.Arbitrary<TaskMapping> {
  const dims = Array.from({ length: rank }, (_, dim) => dim)
  const flags = fc.array(fc.boolean(), { minLength: rank, maxLength: rank })
  const orders = fc.shuffledSubarray(dims, { minLength: rank, maxLength: rank })
  return fc.oneof(
    fc.record({ kind: fc.constant('spatial' as const), shape: arbitraryExtents(rank, maxTasks), order: orders }),
    fc.record({ kind: fc.constant('repeat' as const), shape: arbitraryExtents(rank, maxTasks), unroll: flags }),
  )
}

/** A composition of one to three leaves, associated to the left or to the right. */
export function arbitraryMapping(options: ArbitraryMappingOptions = {}): fc.Arbitrary<TaskMapping> {
  const { maxTasks = 64 } = options
  const ranks = options.rank === undefined ? fc.integer({ min: 1, max: 3 }) : fc.constant(options.rank)
  return fc.tuple(ranks, fc.integer({ min: 1, max: 3 }), fc.boolean()).chain(([rank, count, isLeftFold]) => {
    const maxLeafTasks = Math.max(2, Math.floor(maxTasks ** (1 / count) + 1e-9))
    const leaf = arbitraryLeafMapping(rank, maxLeafTasks)
    const composed = (outer: TaskMapping, inner: TaskMapping): TaskMapping => ({ kind: 'compose', outer, inner })
    return fc
      .tuple(leaf, fc.array(leaf, { minLength: count - 1, maxLength: count - 1 }))
      .map(([first, others]) =>
        isLeftFold ? others.reduce(composed, first) : others.reduce((inner, outer) => composed(outer, inner), first),
      )
  })
}

/** Three mappings of one rank, for laws about composition; at most 4096 tasks when all are composed. */
export function arbitraryMappingTriple(): fc.Arbitrary<readonly [TaskMapping, TaskMapping, TaskMapping]> {
  return fc.integer({ min: 1, max: 3 }).chain((rank) => {
    const mapping = arbitraryMapping({ rank, maxTasks: 16 })
    return fc.tuple(mapping, mapping, mapping)
  })
}
