import { arbitraryMapping, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chain } from './chain.js'
import { draw } from './draw.js'
import { compose, repeat, spatial, taskShape, tasksPerWorker, workers } from './mapping.js'
import { tasks } from './tasks-of.js'

test('rank 1 is one row', () => {
  expect(draw(compose(repeat(2), spatial(4)))).toMatchInlineSnapshot(`
    "repeat(2) * spatial(4)   tasks 8, workers 4, each 2
      0    1    2    3    4    5    6    7
    0:0  1:0  2:0  3:0  0:1  1:1  2:1  3:1"
  `)
})

test('a chain is drawn as its mapping', () => {
  expect(draw(chain.repeat(2).spatial(4))).toBe(draw(compose(repeat(2), spatial(4))))
})

test('rank 2, a task each: the worker alone', () => {
  expect(draw(spatial([4, 3], { order: [1, 0] }))).toMatchInlineSnapshot(`
    "spatial(4, 3, order=[1, 0])   tasks 4x3, workers 12, each 1
       0  1   2
    0  0  4   8
    1  1  5   9
    2  2  6  10
    3  3  7  11"
  `)
})

test('rank 2, several tasks each: worker and order', () => {
  expect(draw(compose(repeat(2, 1), spatial(3, 4), repeat([1, 2], { unroll: true })))).toMatchInlineSnapshot(`
    "repeat(2, 1) * spatial(3, 4) * repeat(1, 2, unroll)   tasks 6x8, workers 12, each 4
         0    1    2    3     4     5     6     7
    0  0:0  0:1  1:0  1:1   2:0   2:1   3:0   3:1
    1  4:0  4:1  5:0  5:1   6:0   6:1   7:0   7:1
    2  8:0  8:1  9:0  9:1  10:0  10:1  11:0  11:1
    3  0:2  0:3  1:2  1:3   2:2   2:3   3:2   3:3
    4  4:2  4:3  5:2  5:3   6:2   6:3   7:2   7:3
    5  8:2  8:3  9:2  9:3  10:2  10:3  11:2  11:3"
  `)
})

test('higher ranks are slices', () => {
  expect(draw(compose(repeat(2, 1, 1, 1), spatial(1, 2, 2, 2)))).toMatchInlineSnapshot(`
    "repeat(2, 1, 1, 1) * spatial(1, 2, 2, 2)   tasks 2x2x2x2, workers 8, each 2
    [0, 0, :, :]
         0    1
    0  0:0  1:0
    1  2:0  3:0
    [0, 1, :, :]
         0    1
    0  4:0  5:0
    1  6:0  7:0
    [1, 0, :, :]
         0    1
    0  0:1  1:1
    1  2:1  3:1
    [1, 1, :, :]
         0    1
    0  4:1  5:1
    1  6:1  7:1"
  `)
})

test('rank 0 is one cell', () => {
  expect(draw(spatial())).toMatchInlineSnapshot(`
    "spatial()   tasks 1, workers 1, each 1
    0
    0"
  `)
})

test('the cell of each task holds its worker and order', () => {
  fc.assert(
    fc.property(arbitraryMapping({ rank: 2 }), (mapping) => {
      const lines = draw(mapping).split('\n').slice(2)
      const cells = lines.map((line) => line.trim().split(/ +/).slice(1))
      expect(cells.map((row) => row.length)).toEqual(cells.map(() => taskShape(mapping)[1]))
      for (let worker = 0; worker < workers(mapping); worker++) {
        for (const [order, [row, column]] of tasks(mapping, worker).entries()) {
          expect(cells[row!]![column!]).toBe(tasksPerWorker(mapping) === 1 ? `${worker}` : `${worker}:${order}`)
        }
      }
    }),
    { numRuns: propertyRuns() },
  )
})

test('more than anybody reads is refused', () => {
  expect(() => draw(spatial(2 ** 16))).not.toThrow()
  expect(() => draw(chain.spatial(2 ** 16).repeat(2))).toThrow('131072 tasks are too many to draw: 65536 at most')
})
