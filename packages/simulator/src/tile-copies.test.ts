import { type Buffer, buffer, buildKernel, type KernelBuilder, size } from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { numberToHalf } from './elements.js'
import { SimulatorError } from './errors.js'
import { runKernelAllWays } from './run-kernel.js'

const threads = 8
const line = 64
const readAll = compose(repeat(8 * (line / threads)), spatial(threads))

/** Copies a box to 8 lines, which all threads then store in the order of the box. */
function copied(extents: readonly number[], box: readonly number[], first: readonly number[]): readonly number[] {
  const names = extents.map((_, i) => size(`e${i}`))
  const x = buffer('x', 'f16', names, 'storage')
  const out = buffer('out', 'f32', [8, line], 'storage')
  const kernel = buildKernel({ name: 'k', threads, workgroups: [1, 1, 1] }, (g) => {
    g.use(x)
    const tile = g.workgroupBuffer('tile', 'f16', [8, line])
    const to = g.use(out)
    const full = g.mbarrier('full', 1, 1)
    g.if(g.thread.eq(0), () => {
      g.tileCopy(tile, [0, 0], { source: x, extents: names, first }, box, full, 0)
      g.arrive(full, 0)
    })
    g.wait(full, 0, 0)
    g.forTask(readAll, g.thread, (at) => {
      const [row, position] = [at.div(line), at.mod(line)]
      const chunk = position.div(8).bitXor(row.mod(8))
      to.set([row, position], tile.at(row, chunk.mul(8).add(position.mod(8))))
    })
  })
  const count = extents.reduce((product, extent) => product * extent, 1)
  const result = new Float32Array(8 * line).fill(Number.NaN)
  const buffers = new Map<Buffer, Uint16Array | Float32Array>([
    [x, Uint16Array.from({ length: count }, (_, i) => numberToHalf(i + 1))],
    [out, result],
  ])
  runKernelAllWays(kernel, { buffers, sizes: Object.fromEntries(extents.map((extent, i) => [`e${i}`, extent])) })
  return [...result]
}

test('a box is copied in order of its elements, with zeros outside of the tensor, over every edge', () => {
  const boxes = fc.constantFrom([8, 64], [2, 4, 64], [4, 1, 2, 64], [1, 8, 1, 1, 64])
  const corner = fc.array(fc.integer({ min: -5, max: 9 }), { minLength: 5, maxLength: 5 })
  const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 5, maxLength: 5 })
  fc.assert(
    fc.property(boxes, corner, shape, fc.integer({ min: 1, max: 20 }), (box, corners, small, fast) => {
      const extents = box.map((_, i) => (i === box.length - 1 ? fast : small[i]!))
      const first = corners.slice(0, box.length)
      const expected = Array.from({ length: 8 * line }, (_, element) => {
        let rest = element
        const offsets = box.toReversed().map((extent) => {
          const own = rest % extent
          rest = Math.floor(rest / extent)
          return own
        })
        const index = offsets.toReversed().map((offset, i) => first[i]! + offset)
        if (index.some((at, i) => at < 0 || at >= extents[i]!)) return 0
        return index.reduce((flat, at, i) => flat * extents[i]! + at, 0) + 1
      })
      expect(copied(extents, box, first)).toEqual(expected)
    }),
    { numRuns: 30 },
  )
})

describe('what goes wrong with a copy', () => {
  const x = buffer('x', 'f16', [16, 64], 'storage')
  const out = buffer('out', 'f32', [1], 'storage')

  interface Parts {
    readonly g: KernelBuilder
    readonly copy: (at: number) => void
    readonly read: () => void
    readonly full: ReturnType<KernelBuilder['mbarrier']>
    readonly tile: ReturnType<KernelBuilder['workgroupBuffer']>
  }
  const failure = (author: (parts: Parts) => void): SimulatorError | undefined => {
    const kernel = buildKernel({ name: 'k', threads: 2, workgroups: [1, 1, 1] }, (g) => {
      g.use(x)
      const to = g.use(out)
      const tile = g.workgroupBuffer('tile', 'f16', [16, line])
      const full = g.mbarrier('full', 1, 1)
      const from = { source: x, extents: [16, 64], first: [0, 0] }
      author({
        ...{ g, full, tile },
        copy: (at) => g.tileCopy(tile, [at, 0], from, [8, 64], full, 0),
        read: () => to.set([0], tile.at(0, 0)),
      })
    })
    const buffers = new Map<Buffer, Uint16Array | Float32Array>([
      [x, new Uint16Array(16 * 64)],
      [out, new Float32Array(1)],
    ])
    try {
      runKernelAllWays(kernel, { buffers })
    } catch (error) {
      if (error instanceof SimulatorError) return error
      throw error
    }
    return undefined
  }
  const byTheFirst = ({ g }: Parts, then: () => void): void => g.if(g.thread.eq(0), then)

  test('nothing, where it is waited for', () => {
    const error = failure((parts) =>
      byTheFirst(parts, () => {
        parts.copy(0)
        parts.copy(8)
        parts.g.arrive(parts.full, 0)
        parts.g.wait(parts.full, 0, 0)
        parts.read()
      }),
    )
    expect(error).toBeUndefined()
  })

  test.each<readonly [string, string, (parts: Parts) => void]>([
    [
      'its tile is read before the phase ends',
      'sim/async-hazard',
      (parts) =>
        byTheFirst(parts, () => {
          parts.copy(0)
          parts.read()
        }),
    ],
    [
      'its tile is written before the phase ends',
      'sim/async-hazard',
      (parts) =>
        byTheFirst(parts, () => {
          parts.copy(0)
          parts.tile.set([0, 0], 1)
        }),
    ],
    [
      'two fill the same tile',
      'sim/async-hazard',
      (parts) =>
        byTheFirst(parts, () => {
          parts.copy(0)
          parts.copy(0)
        }),
    ],
    [
      'another thread reads without having waited',
      'sim/data-race',
      (parts) => {
        byTheFirst(parts, () => {
          parts.copy(0)
          parts.g.arrive(parts.full, 0)
        })
        parts.g.if(parts.g.thread.eq(1), parts.read)
      },
    ],
    ['it does not begin at eight lines', 'sim/misaligned-vector', (parts) => byTheFirst(parts, () => parts.copy(4))],
    ['it leaves the tile', 'sim/out-of-bounds', (parts) => byTheFirst(parts, () => parts.copy(16))],
  ])('%s', (_, code, author) => {
    const error = failure(author)
    // In the other order of threads the copy comes second, and finds what was done to its tile.
    expect([code, 'sim/uninitialised-read']).toContain(error?.code)
  })
})
