import {
  type BufferHandle,
  buffer,
  buildKernel,
  type Fragment,
  type KernelBuilder,
  swizzledOffset,
  type TilePlace,
} from '@tilewright/ir'
import { compose, repeat, spatial, type TaskMapping } from '@tilewright/task-mapping'
import { describe, expect, test } from 'vitest'
import { numberToHalf } from './elements.js'
import { SimulatorError as Failure, type SimulatorError } from './errors.js'
import { runKernelAllWays } from './run-kernel.js'

// Two groups of 8 threads, each with 8 rows of D of 16 columns; 64 deep.
const [rows, columns, depth] = [8, 16, 64]
const groupThreads = 8
const map: TaskMapping = compose(spatial(8, 1), repeat([1, columns]))
const threads = 2 * groupThreads

interface Parts {
  readonly g: KernelBuilder
  readonly tile: BufferHandle
  readonly a: TilePlace
  readonly b: TilePlace
  readonly d: BufferHandle
  readonly fragment: Fragment
  readonly out: BufferHandle
}

const x = buffer('x', 'f16', [2 * rows + columns, depth], 'storage')
const out = buffer('out', 'f32', [2 * rows, columns], 'storage')

/** A kernel whose tile holds A of both groups in its first lines, and B in those behind. */
const kernelOf = (author: (parts: Parts) => void) =>
  buildKernel({ name: 'k', threads, subgroupSize: 4, workgroups: [1, 1, 1] }, (g) => {
    const [from, to] = [g.use(x), g.use(out)]
    const lines = 2 * rows + columns
    const tile = g.workgroupBuffer('tile', 'f16', [lines, depth])
    g.forTask(compose(repeat((lines * depth) / threads), spatial(threads)), g.thread, (at) => {
      const [line, position] = [at.div(depth), at.mod(depth)]
      const chunk = position.div(8).bitXor(line.mod(8))
      tile.set([line, chunk.mul(8).add(position.mod(8))], from.at(line, position))
    })
    g.barrier()
    const d = g.privateBuffer('d', 'f32', [columns])
    const worker = g.thread.mod(groupThreads)
    g.forTask(map, worker, (_, __, register) => d.set([register], 1))
    const group = g.thread.div(groupThreads)
    author({
      ...{ g, tile, d, out: to, fragment: { buffer: d.buffer, map } },
      a: { tile, at: [group.mul(rows), 0], lines, alongOwn: false },
      b: { tile, at: [2 * rows, 0], lines, alongOwn: false },
    })
  })

const store = ({ g, d, out: to }: Parts): void =>
  g.forTask(map, g.thread.mod(groupThreads), (r, c, register) =>
    to.set([g.thread.div(groupThreads).mul(rows).add(r), c], d.at(register)),
  )

const input = Float32Array.from({ length: (2 * rows + columns) * depth }, (_, i) => ((i * 7) % 5) - 2)
const run = (author: (parts: Parts) => void): Float32Array => {
  const result = new Float32Array(2 * rows * columns)
  const halves = Uint16Array.from(input, numberToHalf)
  runKernelAllWays(kernelOf(author), {
    buffers: new Map<typeof x, Uint16Array | Float32Array>([
      [x, halves],
      [out, result],
    ]),
  })
  return result
}

const failure = (author: (parts: Parts) => void): SimulatorError => {
  try {
    run(author)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing went wrong')
}

describe('async-multiply', () => {
  test('adds the product of swizzled tiles to what D holds, as often as it is started', () => {
    const result = run((parts) => {
      const { g, a, b, d, fragment } = parts
      g.asyncMultiply(a, b, fragment, depth)
      g.asyncMultiply(a, b, fragment, depth)
      g.asyncMultiplyWait(1, [])
      g.asyncMultiplyWait(0, [d])
      store(parts)
    })
    const expected = Float32Array.from(result, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns]
      let sum = 0
      for (let k = 0; k < depth; k++) sum += input[row * depth + k]! * input[(2 * rows + column) * depth + k]!
      return 1 + 2 * sum
    })
    expect(result).toEqual(expected)
  })

  test('D may not be touched before a wait that names it', () => {
    const error = failure((parts) => {
      const { g, a, b, fragment } = parts
      g.asyncMultiply(a, b, fragment, depth)
      g.asyncMultiplyWait(0, [])
      store(parts)
    })
    expect(error).toMatchObject({ code: 'sim/async-hazard' })
    expect(error.message).toContain('d[0] is read while')
  })

  test('nor before its last product is finished', () => {
    const error = failure((parts) => {
      const { g, a, b, d, fragment } = parts
      g.asyncMultiply(a, b, fragment, depth)
      g.asyncMultiply(a, b, fragment, depth)
      g.asyncMultiplyWait(1, [d])
      store(parts)
    })
    expect(error.code).toBe('sim/async-hazard')
  })

  test('a factor may not be written before the wait', () => {
    const error = failure(({ g, tile, a, b, fragment }) => {
      g.asyncMultiply(a, b, fragment, depth)
      g.barrier()
      g.if(g.thread.eq(0), () => tile.set([2 * rows, 0], 0))
      g.asyncMultiplyWait(0, [])
    })
    expect(error.code).toBe('sim/async-hazard')
    expect(error.message).toMatch(/tile\[16, 0\] is written while .*async-multiply.* reads it/)
  })

  test('nor after the wait without a barrier, by another group', () => {
    const error = failure(({ g, tile, a, b, fragment }) => {
      g.asyncMultiply(a, b, fragment, depth)
      g.asyncMultiplyWait(0, [])
      g.if(g.thread.eq(threads - 1), () => tile.set([2 * rows, 0], 0))
    })
    expect(['sim/data-race', 'sim/async-hazard']).toContain(error.code)
  })

  test('the threads of a group begin at the same element', () => {
    const error = failure(({ g, a, b, fragment }) => {
      g.asyncMultiply({ ...a, at: [g.lane.eq(3).select(g.constant('i32', rows), 0), 0] }, b, fragment, depth)
    })
    expect(error).toMatchObject({ code: 'sim/divergent-index' })
  })

  test('a tile stays inside of its buffer', () => {
    const error = failure(({ g, a, b, fragment }) => {
      g.asyncMultiply(a, { ...b, at: [3 * rows, 0] }, fragment, depth)
    })
    expect(error).toMatchObject({ code: 'sim/out-of-bounds' })
  })
})

test('swizzled lines hold each element once, chunks of a line in its own order', () => {
  const places = new Set<number>()
  for (let line = 0; line < 16; line++) {
    for (let position = 0; position < 128; position++) places.add(swizzledOffset(16, line, position))
  }
  expect(places.size).toBe(16 * 128)
  expect(Math.max(...places)).toBe(16 * 128 - 1)
  expect([0, 8, 64].map((position) => swizzledOffset(16, 3, position))).toEqual([
    3 * 64 + 24,
    3 * 64 + 16,
    19 * 64 + 24,
  ])
})
