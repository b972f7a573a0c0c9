import { arbitraryExtents, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AutoMapRejection, autoMap } from './auto-map.js'
import { formatMapping } from './format-mapping.js'
import { type TaskMapping, taskShape, workers } from './mapping.js'
import { tasks } from './tasks-of.js'

const runs = { numRuns: propertyRuns() }

function text(result: TaskMapping | AutoMapRejection): string {
  return result.kind === 'rejected' ? `rejected: ${result.reason}` : formatMapping(result)
}

test('examples', () => {
  const lines = [
    autoMap([8, 32], 64),
    autoMap([8, 96], 64),
    autoMap([8, 8], 64),
    autoMap([4, 4], 1),
    autoMap([], 1),
    autoMap([8, 32], 32, { vector: 4 }),
    autoMap([128, 16], 256, { vector: 4 }),
    autoMap([16, 4], 16, { vector: 4 }),
    autoMap([2, 4], 1, { vector: 4 }),
    autoMap([4], 1, { vector: 4 }),
    autoMap([10, 10], 64),
    autoMap([8, 30], 16, { vector: 4 }),
    autoMap([8, 32], 128, { vector: 4 }),
    autoMap([], 2),
    autoMap([], 1, { vector: 2 }),
  ]
  expect(lines.map(text).join('\n')).toMatchInlineSnapshot(`
    "repeat(4, 1) * spatial(2, 32)
    repeat(4, 3) * spatial(2, 32)
    spatial(8, 8)
    repeat(4, 4)
    spatial()
    repeat(2, 1) * spatial(4, 8) * repeat(1, 4, unroll)
    repeat(2, 1) * spatial(64, 4) * repeat(1, 4, unroll)
    spatial(16, 1) * repeat(1, 4, unroll)
    repeat(2, 1) * repeat(1, 4, unroll)
    repeat(4, unroll)
    rejected: 64 workers do not divide the 100 tasks of 10x10
    rejected: vectors of 4 do not divide the last extent of 8x30
    rejected: 128 workers do not divide the 64 vectors of 4 of 8x32
    rejected: 2 workers do not divide the 1 tasks of a scalar
    rejected: vectors of 2 do not divide the last extent of a scalar"
  `)
})

test.each([
  [[0], 1, 1],
  [[4], 0, 1],
  [[4], 1.5, 1],
  [[4], 1, -1],
])('autoMap(%j, %d, vector %d) is a mistake, not a rejection', (shape, n, vector) => {
  expect(() => autoMap(shape, n, { vector })).toThrow(expect.objectContaining({ code: 'mapping/extent' }))
})

describe('every mapping found', () => {
  const problem = fc.tuple(
    fc.integer({ min: 1, max: 3 }).chain((rank) => arbitraryExtents(rank, 96)),
    fc.constantFrom(1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32),
    fc.constantFrom(1, 1, 2, 4),
  )

  test('has the shape and the workers asked for, and there is one exactly where they divide', () => {
    fc.assert(
      fc.property(problem, ([shape, n, vector]) => {
        const result = autoMap(shape, n, { vector })
        const total = shape.reduce((product, extent) => product * extent, 1)
        const isPossible = shape.at(-1)! % vector === 0 && total % (n * vector) === 0
        expect(result.kind !== 'rejected').toBe(isPossible)
        if (result.kind === 'rejected') return
        expect(taskShape(result)).toEqual(shape)
        expect(workers(result)).toBe(n)
      }),
      runs,
    )
  })

  test('puts neighbouring workers on neighbouring vectors, in every round', () => {
    fc.assert(
      fc.property(problem, ([shape, n, vector]) => {
        const result = autoMap(shape, n, { vector })
        fc.pre(result.kind !== 'rejected')
        const flat = (task: readonly number[]): number =>
          task.reduce((index, coordinate, dim) => index * shape[dim]! + coordinate, 0)
        const runLength = greatestCommonDivisor(n, shape.at(-1)! / vector)
        const owned = Array.from({ length: n }, (_, worker) => tasks(result, worker).map(flat))
        for (const [worker, indices] of owned.entries()) {
          const firstOfRun = owned[worker - (worker % runLength)]!
          for (const [position, index] of indices.entries()) {
            expect(index).toBe(firstOfRun[position]! + (worker % runLength) * vector)
            const firstOfVector = indices[position - (position % vector)]!
            expect(index).toBe(firstOfVector + (position % vector))
            expect(firstOfVector % vector).toBe(0)
          }
        }
      }),
      runs,
    )
  })
})

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
