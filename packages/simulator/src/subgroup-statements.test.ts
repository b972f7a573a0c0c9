import { buildKernel, type Kernel } from '@tilewright/ir'
import { repeat } from '@tilewright/task-mapping'
import { describe, expect, test } from 'vitest'
import { runKernelAllWays } from './run-kernel.js'

describe('load-matrices', () => {
  /** One subgroup loads `count` matrices, the rows of which are the rows of a tile of 8 columns. */
  function loaded(count: 1 | 2 | 4, transposed: boolean): Float32Array {
    const rows = 8 * count
    const kernel: Kernel = buildKernel({ name: 'load', threads: 32, subgroupSize: 32, workgroups: [1, 1, 1] }, (g) => {
      const a = g.param('a', 'f32', [rows, 8])
      const out = g.param('out', 'f32', [32, 2 * count])
      const tile = g.workgroupBuffer('tile', 'f16', [rows, 8])
      const halves = g.privateBuffer('halves', 'f16', [count])
      const others = g.privateBuffer('others', 'f16', [count])
      g.loop('i', (rows * 8) / 32, (i) => {
        const at = i.mul(32).add(g.lane)
        tile.set([at.div(8), at.mod(8)], a.at(at.div(8), at.mod(8)))
      })
      g.barrier()
      g.loadMatrices(count, [halves, others], tile, [g.lane.mod(rows), 0], { transposed })
      g.forTask(repeat(count), 0, (i) => {
        out.set([g.lane, i], halves.at(i))
        out.set([g.lane, i.add(count)], others.at(i))
      })
    })
    const [a, out] = kernel.params
    const result = new Float32Array(64 * count)
    runKernelAllWays(kernel, {
      buffers: new Map([
        [a!, Float32Array.from({ length: rows * 8 }, (_, i) => i)],
        [out!, result],
      ]),
    })
    return result
  }

  test.each([1, 2, 4] as const)('%d: a lane gets two neighbours of a row of each', (count) => {
    const result = loaded(count, false)
    for (let lane = 0; lane < 32; lane++) {
      for (let matrix = 0; matrix < count; matrix++) {
        const first = 64 * matrix + 8 * Math.floor(lane / 4) + 2 * (lane % 4)
        expect(result.slice(2 * (lane * count + matrix)).slice(0, 2)).toEqual(Float32Array.of(first, first + 1))
      }
    }
  })

  test('transposed: two neighbours of a column', () => {
    const result = loaded(2, true)
    for (let lane = 0; lane < 32; lane++) {
      for (let matrix = 0; matrix < 2; matrix++) {
        const first = 64 * matrix + 8 * 2 * (lane % 4) + Math.floor(lane / 4)
        expect(result.slice(2 * (lane * 2 + matrix)).slice(0, 2)).toEqual(Float32Array.of(first, first + 8))
      }
    }
  })
})

test.each([
  ['i8', 4],
  ['u8', 4],
  ['f32', 1],
] as const)('load-matrices of %s: 4 bytes of a row, %d neighbours', (dtype, neighbours) => {
  const columns = 4 * neighbours
  const kernel = buildKernel({ name: 'load', threads: 32, subgroupSize: 32, workgroups: [1, 1, 1] }, (g) => {
    const a = g.param('a', dtype, [8, columns])
    const out = g.param('out', dtype, [32, neighbours])
    const tile = g.workgroupBuffer('tile', dtype, [8, columns])
    const fragment = g.privateBuffer('fragment', dtype, [neighbours])
    g.loop('i', columns, (i) => g.if(g.lane.lt(8), () => tile.set([g.lane, i], a.at(g.lane, i))))
    g.barrier()
    g.loadMatrices(1, [fragment], tile, [g.lane.mod(8), 0])
    g.forTask(repeat(neighbours), 0, (i) => out.set([g.lane, i], fragment.at(i)))
  })
  const [a, out] = kernel.params
  const make = { i8: Int8Array, u8: Uint8Array, f32: Float32Array }[dtype]
  const numbers = make.from(Array.from({ length: 8 * columns }, (_, i) => i - 100))
  const result = new make(numbers.length)
  runKernelAllWays(kernel, {
    buffers: new Map([
      [a!, numbers],
      [out!, result],
    ]),
  })
  expect(result).toEqual(numbers)
})

describe('shuffle', () => {
  test.each([1, 2, 5])('gives the value of the lane across %d, in each subgroup', (mask) => {
    const kernel = buildKernel({ name: 'shuffle', threads: 16, subgroupSize: 8, workgroups: [1, 1, 1] }, (g) => {
      const [a, out] = [g.param('a', 'f32', [16]), g.param('out', 'f32', [16])]
      out.set([g.thread], g.shuffle(a.at(g.thread).mul(2), mask))
    })
    const [a, out] = kernel.params
    const result = new Float32Array(16)
    const buffers = new Map([
      [a!, Float32Array.from({ length: 16 }, (_, i) => i)],
      [out!, result],
    ])
    runKernelAllWays(kernel, { buffers })
    expect([...result]).toEqual(Array.from({ length: 16 }, (_, i) => 2 * (i ^ mask)))
  })

  test('not reached by a lane is divergence', () => {
    const kernel = buildKernel({ name: 'shuffle', threads: 4, subgroupSize: 4, workgroups: [1, 1, 1] }, (g) => {
      const out = g.param('out', 'f32', [4])
      g.if(g.thread.lt(3), () => out.set([g.thread], g.shuffle(out.at(g.thread), 1)))
    })
    const [out] = kernel.params
    expect(() => runKernelAllWays(kernel, { buffers: new Map([[out!, new Float32Array(4)]]) })).toThrow(
      expect.objectContaining({ code: 'sim/divergent-barrier' }),
    )
  })
})
