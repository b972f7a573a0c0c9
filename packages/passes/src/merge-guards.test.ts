import { type BufferHandle, buildKernel, type Kernel, type KernelBuilder, printKernel, size } from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import { mergeGuards } from './merge-guards.js'

const [m, n] = [size('M'), size('N', { multipleOf: 4 })]

function kernelOf(author: (g: KernelBuilder, c: BufferHandle) => void): Kernel {
  return buildKernel({ name: 'k', threads: 64, workgroups: [1, 1, 1] }, (g) => author(g, g.param('c', 'f32', [m, n])))
}

const merge = mergeGuards({ lanes: 4 })

describe('merge-guards', () => {
  test('makes one of neighbouring guards that hold together', () => {
    const kernel = kernelOf((g, c) => {
      const column = g.let('column', g.thread.mul(8))
      for (const i of [0, 1]) for (const j of [0, 1, 2, 3, 4]) c.setIfInside([i, column.add(j)], j)
    })
    expect(printKernel(merge.run(kernel))).toMatchInlineSnapshot(`
      "kernel k(c: f32[M, N]) threads 64 workgroups [1, 1, 1] {
        size N: multiple of 4
        let column: i32 = thread * 8
        if 0 < M && column < N {
          c[0, column] = 0
          c[0, column + 1] = 1
          c[0, column + 2] = 2
          c[0, column + 3] = 3
        }
        if 0 < M && column + 4 < N {
          c[0, column + 4] = 4
        }
        if 1 < M && column < N {
          c[1, column] = 0
          c[1, column + 1] = 1
          c[1, column + 2] = 2
          c[1, column + 3] = 3
        }
        if 1 < M && column + 4 < N {
          c[1, column + 4] = 4
        }
      }"
    `)
  })

  test('leaves alone what may differ: other lanes, an else, memory in the condition', () => {
    const kernel = kernelOf((g, c) => {
      const one = (at: number) => (): void => c.set([0, at], 1)
      // Not aligned, so the last of the lanes may be outside where the first is inside.
      g.if(g.thread.add(0).lt(n), one(0))
      g.if(g.thread.add(1).lt(n), one(1))
      // Of different vectors.
      g.if(g.thread.mul(4).add(3).lt(n), one(0))
      g.if(g.thread.mul(4).add(4).lt(n), one(1))
      // `<=` differs at the end.
      g.if(g.thread.mul(4).add(0).le(n), one(0))
      g.if(g.thread.mul(4).add(1).le(n), one(1))
      g.if(g.thread.lt(2), one(0), one(1))
      g.if(g.thread.lt(2), one(0))
      c.set([0, 0], 0)
      g.if(c.at(0, 0).lt(1), one(0))
      g.if(c.at(0, 0).lt(1), one(0))
    })
    expect(merge.run(kernel)).toBe(kernel)
  })
})
