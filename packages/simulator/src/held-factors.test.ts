import { type BufferHandle, buffer, buildKernel, type KernelBuilder, type Value } from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import { describe, expect, test } from 'vitest'
import { numberToHalf } from './elements.js'
import { SimulatorError } from './errors.js'
import { runKernelAllWays } from './run-kernel.js'

// Two groups of 8 threads, each with 8 rows of D of 16 columns, 16 deep; a thread holds half a row of A, and of another one.
const [rows, columns, depth, groupThreads] = [8, 16, 16, 8]
const threads = 2 * groupThreads
const mapA = compose(repeat([2, 1]), spatial(4, 2), repeat([1, depth / 2]))
const mapD = compose(spatial(rows, 1), repeat([1, columns]))

const x = buffer('x', 'f16', [2 * rows, depth], 'storage')
const y = buffer('y', 'f16', [depth, columns], 'storage')
const out = buffer('out', 'f32', [2 * rows, columns], 'storage')

interface Parts {
  readonly g: KernelBuilder
  readonly a: BufferHandle
  readonly d: BufferHandle
  readonly start: () => void
  /** Fills A with a multiple of x. */
  readonly fill: (by: number) => void
  readonly store: () => void
}

const kernelOf = (author: (parts: Parts) => void) =>
  buildKernel({ name: 'k', threads, subgroupSize: 4, workgroups: [1, 1, 1] }, (g) => {
    const [left, right, to] = [g.use(x), g.use(y), g.use(out)]
    const tile = g.workgroupBuffer('tile', 'f16', [columns, 64])
    g.forTask(compose(repeat((columns * depth) / threads), spatial(threads)), g.thread, (at) => {
      const [k, column] = [at.div(columns), at.mod(columns)]
      tile.set([column, k.div(8).bitXor(column.mod(8)).mul(8).add(k.mod(8))], right.at(k, column))
    })
    g.barrier()
    const [a, d] = [g.privateBuffer('a', 'f16', [depth]), g.privateBuffer('d', 'f32', [columns])]
    const worker = g.thread.mod(groupThreads)
    const row = (r: Value): Value => g.thread.div(groupThreads).mul(rows).add(r)
    g.forTask(mapD, worker, (_, __, register) => d.set([register], 0))
    author({
      ...{ g, a, d },
      start: () =>
        g.asyncMultiply(
          { buffer: a.buffer, map: mapA },
          { tile, at: [0, 0], lines: columns, alongOwn: false },
          { buffer: d.buffer, map: mapD },
          depth,
        ),
      fill: (by) => g.forTask(mapA, worker, (r, k, register) => a.set([register], left.at(row(r), k).mul(by))),
      store: () => g.forTask(mapD, worker, (r, c, register) => to.set([row(r), c], d.at(register))),
    })
  })

const value = (i: number): number => ((i * 7 + (i >> 4)) % 5) - 2
const halves = (length: number): Uint16Array => Uint16Array.from({ length }, (_, i) => numberToHalf(value(i)))

function run(author: (parts: Parts) => void): Float32Array {
  const result = new Float32Array(2 * rows * columns)
  runKernelAllWays(kernelOf(author), {
    buffers: new Map<typeof x, Uint16Array | Float32Array>([
      [x, halves(2 * rows * depth)],
      [y, halves(depth * columns)],
      [out, result],
    ]),
  })
  return result
}

function failure(author: (parts: Parts) => void): SimulatorError {
  try {
    run(author)
  } catch (error) {
    if (error instanceof SimulatorError) return error
    throw error
  }
  throw new Error('nothing went wrong')
}

/** `factor` times the product of x and y. */
const expected = (factor: number): Float32Array =>
  Float32Array.from({ length: 2 * rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns]
    let sum = 0
    for (let k = 0; k < depth; k++) sum += value(row * depth + k) * value(k * columns + column)
    return factor * sum
  })

describe('an async-multiply whose left factor threads hold', () => {
  test('takes each element from the thread and the register that the map says', () => {
    const result = run(({ g, a, d, start, fill, store }) => {
      fill(1)
      start()
      start()
      g.asyncMultiplyWait(0, [a, d])
      fill(3)
      start()
      g.asyncMultiplyWait(0, [d])
      store()
    })
    expect(result).toEqual(expected(5))
  })

  test('registers may not be written before the product is waited for', () => {
    const error = failure(({ fill, start }) => {
      fill(1)
      start()
      fill(2)
    })
    expect(error.code).toBe('sim/async-hazard')
    expect(error.message).toMatch(/a\[0\] is written while .*async-multiply.* holds it/)
  })

  test('nor read, nor before a wait that names them', () => {
    const error = failure(({ g, a, d, fill, start }) => {
      fill(1)
      start()
      g.asyncMultiplyWait(0, [d])
      d.set([0], a.at(0))
    })
    expect(error.code).toBe('sim/async-hazard')
    expect(error.message).toMatch(/a\[0\] is read while/)
  })

  test('nor before the last product of them is finished', () => {
    const error = failure(({ g, a, fill, start }) => {
      fill(1)
      start()
      start()
      g.asyncMultiplyWait(1, [a])
      fill(2)
    })
    expect(error.code).toBe('sim/async-hazard')
  })

  test('they are written before', () => {
    const error = failure(({ a, start }) => {
      a.set([0], 1)
      start()
    })
    expect(error.code).toBe('sim/uninitialised-read')
    expect(error.message).toContain('a[1] is read before it is written')
  })
})
