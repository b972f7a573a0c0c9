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
