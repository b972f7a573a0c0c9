import { arbitraryExtents, arbitraryMapping, arbitraryMappingTriple, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compose, rank, repeat, spatial, type TaskMapping, taskShape, tasksPerWorker, workers } from './mapping.js'
import { MappingError } from './mapping-error.js'
import { tasks } from './tasks-of.js'

const runs = { numRuns: propertyRuns() }

/** What a mapping means: its shape, and the ordered tasks of every worker. */
function meaning(mapping: TaskMapping): unknown {
  const lists = Array.from({ length: workers(mapping) }, (_, worker) => tasks(mapping, worker))
  return { shape: taskShape(mapping), lists }
}

function expectEqualMeaning(a: TaskMapping, b: TaskMapping): void {
  expect(meaning(a)).toEqual(meaning(b))
}

function product(extents: readonly number[]): number {
  return extents.reduce((total, extent) => total * extent, 1)
}

describe('constructors', () => {
  test('give plain data', () => {
    expect(spatial(16, 8)).toEqual({ kind: 'spatial', shape: [16, 8], order: [0, 1] })
    expect(spatial([16, 8], { order: [1, 0] })).toEqual({ kind: 'spatial', shape: [16, 8], order: [1, 0] })
    expect(repeat(4, 1)).toEqual({ kind: 'repeat', shape: [4, 1], unroll: [false, false] })
    expect(repeat([4, 1], { unroll: true })).toEqual({ kind: 'repeat', shape: [4, 1], unroll: [true, true] })
    expect(repeat([4, 2], { unroll: [false, true] })).toEqual({ kind: 'repeat', shape: [4, 2], unroll: [false, true] })
    expect(spatial([16, 8])).toEqual(spatial(16, 8))
    expect(spatial()).toEqual({ kind: 'spatial', shape: [], order: [] })
  })

  test('fold a composition from the left', () => {
    const [a, b, c] = [repeat(2), spatial(3), repeat(4)]
    expect(compose(a, b, c)).toEqual({ kind: 'compose', outer: { kind: 'compose', outer: a, inner: b }, inner: c })
    expect(compose(a)).toBe(a)
  })

  test('keep their own copy of the shape', () => {
    const shape = [4, 4]
    const mapping = repeat(shape)
    shape[0] = 9
    expect(taskShape(mapping)).toEqual([4, 4])
  })

  test('survive JSON and structuredClone', () => {
    const mapping = compose(repeat([2, 1], { unroll: true }), spatial([8, 4], { order: [1, 0] }), repeat(1, 2))
    expect(structuredClone(mapping)).toStrictEqual(mapping)
    expect(JSON.parse(JSON.stringify(mapping))).toStrictEqual(mapping)
  })

  test('refuse what is no mapping', () => {
    const report = (build: () => unknown): string => {
      try {
        build()
      } catch (error) {
        if (error instanceof MappingError) return `${error.code}: ${error.message}\n  ${error.help}`
      }
      return 'accepted'
    }
    const reports = [
      report(() => spatial(4, 0)),
      report(() => repeat(1.5)),
      report(() => repeat(Number.NaN)),
      report(() => spatial(65536, 32768)),
      report(() => compose(repeat(65536), spatial(65536))),
      report(() => compose(repeat(2), spatial(2, 2))),
      report(() => spatial([2, 2], { order: [0, 0] })),
      report(() => spatial([2, 2], { order: [0, 1, 2] })),
      report(() => repeat([2, 2], { unroll: [true] })),
      report(() => tasks(spatial(4), 4)),
      report(() => tasks(spatial(4), -1)),
    ]
    expect(reports.join('\n')).toMatchInlineSnapshot(`
      "mapping/extent: an extent of [4, 0] is 0, not a positive integer
        extents, worker counts and vector widths are positive integers; map tiles, not problem sizes
      mapping/extent: an extent of [1.5] is 1.5, not a positive integer
        extents, worker counts and vector widths are positive integers; map tiles, not problem sizes
      mapping/extent: an extent of [NaN] is NaN, not a positive integer
        extents, worker counts and vector widths are positive integers; map tiles, not problem sizes
      mapping/size: [65536, 32768] has 2147483648 tasks
        a mapping counts its tasks in 31 bits; map a tile and loop or launch over the rest
      mapping/size: [4294967296] has 4294967296 tasks
        a mapping counts its tasks in 31 bits; map a tile and loop or launch over the rest
      mapping/rank: cannot compose a mapping of rank 1 with one of rank 2
        composed mappings have one rank; pad the shorter one with extents of 1
      mapping/order: [0, 0] is not a permutation of the 2 dimensions
        order lists every dimension once, slowest first, for example [1, 0] for column order
      mapping/order: [0, 1, 2] is not a permutation of the 2 dimensions
        order lists every dimension once, slowest first, for example [1, 0] for column order
      mapping/unroll: 1 unroll flags for 2 dimensions
        unroll is one boolean, or one boolean for each dimension
      mapping/worker: no worker 4 among 4
        idle workers have no tasks; guard with worker < workers(mapping)
      mapping/worker: no worker -1 among 4
        idle workers have no tasks; guard with worker < workers(mapping)"
    `)
    expect(report(() => spatial(65536, 32767))).toBe('accepted')
  })
})

describe('examples', () => {
  test('128 threads copy a 64x8 tile: each takes 4 rows, 16 apart, of one column', () => {
    const load = compose(repeat(4, 1), spatial(16, 8))
    expect(taskShape(load)).toEqual([64, 8])
    expect(workers(load)).toBe(128)
    expect(tasksPerWorker(load)).toBe(4)
    expect(rank(load)).toBe(2)
    expect(tasks(load, 9)).toEqual([
      [1, 1],
      [17, 1],
      [33, 1],
      [49, 1],
    ])
  })

  // PTX ISA, "Matrix Fragments for mma.m16n8k8", f16 and bf16. With group = lane / 4 and inGroup = lane % 4: element i
  // of A and C is in row group (i < 2) or group + 8, column inGroup * 2 + i % 2; of B in row inGroup * 2 + i, column group.
  test('register maps of mma.m16n8k8 are mappings', () => {
    const a = compose(repeat(2, 1), spatial(8, 4), repeat(1, 2))
    const b = compose(spatial([4, 8], { order: [1, 0] }), repeat(2, 1))
    for (let lane = 0; lane < 32; lane++) {
      const group = Math.floor(lane / 4)
      const inGroup = lane % 4
      expect(tasks(a, lane)).toEqual([0, 1, 2, 3].map((i) => [group + (i < 2 ? 0 : 8), inGroup * 2 + (i % 2)]))
      expect(tasks(b, lane)).toEqual([0, 1].map((i) => [inGroup * 2 + i, group]))
    }
    expect([taskShape(a), taskShape(b)]).toEqual([
      [16, 8],
      [8, 8],
    ])
  })

  test('rank 0 is one task without coordinates', () => {
    expect(tasks(compose(repeat(), spatial()), 0)).toEqual([[]])
    expect(workers(spatial())).toBe(1)
  })
})

describe('laws', () => {
  test('definition: f(w) = [t1 * d2 + t2 | t1 in f1(w div n2), t2 in f2(w mod n2)]', () => {
    fc.assert(
      fc.property(arbitraryMappingTriple(), ([outer, inner]) => {
        const n2 = workers(inner)
        const d2 = taskShape(inner)
        const composed = compose(outer, inner)
        for (let w = 0; w < workers(composed); w++) {
          const defined = tasks(outer, Math.floor(w / n2)).flatMap((t1) =>
            tasks(inner, w % n2).map((t2) => t1.map((coordinate, dim) => coordinate * d2[dim]! + t2[dim]!)),
          )
          expect(tasks(composed, w)).toEqual(defined)
        }
      }),
      runs,
    )
  })

  test('a lone spatial reads the worker in its order, a lone repeat counts in row order', () => {
    expect(tasks(spatial(2, 3), 4)).toEqual([[1, 1]])
    expect(tasks(spatial([2, 3], { order: [1, 0] }), 4)).toEqual([[0, 2]])
    expect(tasks(spatial([2, 3, 4], { order: [1, 2, 0] }), 13)).toEqual([[1, 1, 2]])
    expect(tasks(repeat(2, 2), 0)).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ])
  })

  test('each task exactly once', () => {
    fc.assert(
      fc.property(arbitraryMapping(), (mapping) => {
        const shape = taskShape(mapping)
        const done = Array.from({ length: workers(mapping) }, (_, worker) => tasks(mapping, worker)).flat()
        expect(done).toHaveLength(product(shape))
        expect(new Set(done.map(String)).size).toBe(done.length)
        expect(done.every((task) => task.every((coordinate, dim) => coordinate < shape[dim]!))).toBe(true)
      }),
      runs,
    )
  })

  test('shapes, workers and tasks per worker are products', () => {
    fc.assert(
      fc.property(arbitraryMappingTriple(), ([a, b]) => {
        const ab = compose(a, b)
        expect(taskShape(ab)).toEqual(taskShape(a).map((extent, dim) => extent * taskShape(b)[dim]!))
        expect(workers(ab)).toBe(workers(a) * workers(b))
        expect(tasksPerWorker(ab)).toBe(tasksPerWorker(a) * tasksPerWorker(b))
        expect(workers(ab) * tasksPerWorker(ab)).toBe(product(taskShape(ab)))
        expect(tasks(ab, 0)).toHaveLength(tasksPerWorker(ab))
        expect(rank(ab)).toBe(rank(a))
      }),
      runs,
    )
  })

  test('associative', () => {
    fc.assert(
      fc.property(arbitraryMappingTriple(), ([a, b, c]) => {
        expectEqualMeaning(compose(compose(a, b), c), compose(a, compose(b, c)))
      }),
      runs,
    )
  })

  test('repeat(1, ..) and spatial(1, ..) are equal, and identities on both sides', () => {
    fc.assert(
      fc.property(arbitraryMapping(), (mapping) => {
        const ones = taskShape(mapping).map(() => 1)
        expectEqualMeaning(repeat(ones), spatial(ones))
        for (const identity of [repeat(ones), spatial(ones)]) {
          expectEqualMeaning(compose(identity, mapping), mapping)
          expectEqualMeaning(compose(mapping, identity), mapping)
        }
      }),
      runs,
    )
  })

  const extent = fc.integer({ min: 1, max: 9 })

  test('in one dimension, neighbours of a kind merge', () => {
    fc.assert(
      fc.property(extent, extent, (a, b) => {
        expectEqualMeaning(compose(repeat(a), repeat(b)), repeat(a * b))
        expectEqualMeaning(compose(spatial(a), spatial(b)), spatial(a * b))
      }),
      runs,
    )
  })

  test('in more dimensions they do not', () => {
    expect(meaning(compose(repeat(2, 2), repeat(2, 2)))).not.toEqual(meaning(repeat(4, 4)))
    expect(meaning(compose(spatial(2, 2), spatial(2, 2)))).not.toEqual(meaning(spatial(4, 4)))
  })

  test('row and column order are compositions of single dimensions', () => {
    fc.assert(
      fc.property(extent, extent, (a, b) => {
        expectEqualMeaning(compose(repeat(a, 1), repeat(1, b)), repeat(a, b))
        expectEqualMeaning(compose(spatial(a, 1), spatial(1, b)), spatial(a, b))
        expectEqualMeaning(compose(spatial(1, b), spatial(a, 1)), spatial([a, b], { order: [1, 0] }))
        const columnMajor = Array.from({ length: a * b }, (_, k) => [k % a, Math.floor(k / a)])
        expect(tasks(compose(repeat(1, b), repeat(a, 1)), 0)).toEqual(columnMajor)
      }),
      runs,
    )
  })

  test('any order is the composition of its dimensions, slowest first', () => {
    const shapeAndOrder = fc
      .integer({ min: 1, max: 4 })
      .chain((rank) =>
        fc.tuple(
          arbitraryExtents(rank, 128),
          fc.shuffledSubarray([0, 1, 2, 3].slice(0, rank), { minLength: rank, maxLength: rank }),
        ),
      )
    fc.assert(
      fc.property(shapeAndOrder, ([shape, order]) => {
        const single = (dim: number): TaskMapping => spatial(shape.map((extent, other) => (other === dim ? extent : 1)))
        const [slowest, ...faster] = order.map(single)
        expectEqualMeaning(compose(slowest!, ...faster), spatial(shape, { order }))
      }),
      runs,
    )
  })

  test('unroll changes how tasks are run, not which', () => {
    fc.assert(
      fc.property(arbitraryExtents(2, 64), (shape) => {
        expectEqualMeaning(repeat(shape, { unroll: true }), repeat(shape))
      }),
      runs,
    )
  })

  test('not commutative', () => {
    expect(tasks(compose(repeat(2), spatial(2)), 1)).toEqual([[1], [3]])
    expect(tasks(compose(spatial(2), repeat(2)), 1)).toEqual([[2], [3]])
  })
})
