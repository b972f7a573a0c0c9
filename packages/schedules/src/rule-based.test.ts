import { add, type Buffer, buffer, int, load, mod, scatter, size, sort } from '@tilewright/ir'
import type { TypedArray } from '@tilewright/simulator'
import { byDefinition, propertyRuns, runScheduled, testTarget } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ruleBased } from './rule-based.js'

const runs = { numRuns: Math.ceil(propertyRuns() / 2) }
const oneThread = { ...testTarget, limits: { ...testTarget.limits, threads: 1 } }
const targets = fc.constantFrom(testTarget, oneThread)
const numbers = (count: number) => fc.array(fc.integer({ min: -5, max: 5 }), { minLength: count, maxLength: count })

test('a scatter combines the updates of an element in order, along lines and over the whole domain', () => {
  const n = size('n')
  const [base, x, where] = [
    buffer('base', 'i32', [4, 2], 'storage'),
    buffer('x', 'i32', [n, 2], 'storage'),
    buffer('where', 'i32', [n, 2], 'storage'),
  ]
  const output = buffer('y', 'i32', [4, 2], 'storage')
  const property = fc.property(
    targets,
    fc.boolean(),
    fc.integer({ min: 0, max: 7 }),
    numbers(14),
    numbers(14),
    (target, inLines, count, updates, places) => {
      const anchor = scatter(
        output,
        (i, j) => load(base, [i!, j!]),
        [
          { hint: 'p', extent: n },
          { hint: 'j', extent: 2 },
        ],
        (p, j) => {
          const row = load(where, [p!, j!])
          return { index: [row, inLines ? j! : mod(row, int(2))], value: load(x, [p!, j!]) }
        },
        // Neither associative nor commutative.
        (old, update) => add(add(old, old), update),
      )
      const inputs = new Map<Buffer, TypedArray>([
        [base, Int32Array.from({ length: 8 }, (_, i) => i)],
        [x, Int32Array.from(updates.slice(0, 2 * count))],
        [where, Int32Array.from(places.slice(0, 2 * count), (place) => Math.abs(place) % 4)],
      ])
      const scheduled = ruleBased(anchor, target)
      const sizes = { n: count }
      expect(runScheduled({ anchor, scheduled, inputs, sizes })).toEqual(byDefinition(anchor, inputs, sizes))
    },
  )
  fc.assert(property, runs)
})

test('a sort is stable, both ways, along any dimension, and writes each place whatever the elements are', () => {
  const special = [Number.NaN, -0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const element = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(...special))
  const shape = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 3 }))
  const property = fc.property(
    targets,
    shape,
    fc.constantFrom(0, 1),
    fc.boolean(),
    fc.array(element, { minLength: 15, maxLength: 15 }),
    (target, extents, along, descending, values) => {
      const x = buffer('x', 'f32', extents, 'storage')
      const [sorted, order] = [buffer('sorted', 'f32', extents, 'storage'), buffer('order', 'i32', extents, 'storage')]
      const anchor = sort(sorted, order, along, (i, j) => load(x, [i!, j!]), descending)
      const inputs = new Map<Buffer, TypedArray>([[x, Float32Array.from(values.slice(0, extents[0] * extents[1]))]])
      const scheduled = ruleBased(anchor, target)
      expect(runScheduled({ anchor, scheduled, inputs })).toEqual(byDefinition(anchor, inputs))
    },
  )
  fc.assert(property, runs)
})
