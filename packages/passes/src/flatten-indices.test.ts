import { buildKernel, type Kernel, printKernel, size } from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import { flattenIndices } from './flatten-indices.js'

describe('flatten-indices', () => {
  test('gives every access one row-major index, constants folded and symbolic extents kept', () => {
    const [m, n] = [size('M'), size('N')]
    const kernel = buildKernel({ name: 'k', threads: 8, workgroups: [1, 1, 1] }, (g) => {
      const a = g.param('a', 'f32', [m, 3, n])
      const total = g.param('total', 'i32', [])
      const tile = g.workgroupBuffer('tile', 'f32', [2, 4, 5])
      const acc = g.privateBuffer('acc', 'f32', [2, 2])
      const sum = g.privateBuffer('sum', 'f32', [])
      sum.set([], a.at(g.thread, 1, 2))
      acc.set([1, 1], sum.at())
      tile.set([1, g.thread, 3], acc.at(1, 1))
      a.set([2, g.thread, 1], tile.at(0, 1, g.thread))
      g.atomic('add', total, [], g.thread)
    })
    expect(printKernel(flattenIndices.run(kernel))).toMatchInlineSnapshot(`
      "kernel k(a: f32[M * N * 3], total: i32[1]) threads 8 workgroups [1, 1, 1] {
        workgroup tile: f32[40]
        private acc: f32[4]
        private sum: f32[]
        sum[] = a[thread * (N * 3) + N + 2]
        acc[3] = sum[]
        tile[20 + thread * 5 + 3] = acc[3]
        a[2 * (N * 3) + thread * N + 1] = tile[5 + thread]
        let previous: i32 = atomic add(total[0], thread)
      }"
    `)
  })

  test('flattens both ends of an async copy', () => {
    const kernel = buildKernel({ name: 'k', threads: 1, workgroups: [1, 1, 1] }, (g) => {
      const a = g.param('a', 'f32', [4, 8])
      const tile = g.workgroupBuffer('tile', 'f32', [2, 8])
      g.asyncCopy(tile, [1, 4], a, [3, 4], 4)
      g.asyncCommit()
      g.asyncWait(0)
    })
    expect(printKernel(flattenIndices.run(kernel))).toMatchInlineSnapshot(`
      "kernel k(a: f32[32]) threads 1 workgroups [1, 1, 1] {
        workgroup tile: f32[16]
        async-copy 4 to tile[12] from a[28]
        async-commit
        async-wait 0
      }"
    `)
  })

  test('keeps the parameters in their places, and those of rank 1 as they are', () => {
    const kernel = buildKernel({ name: 'k', threads: 1, workgroups: [1, 1, 1] }, (g) => {
      const [a, b, c] = [g.param('a', 'f32', [2, 2]), g.param('b', 'f32', [4]), g.param('c', 'f32', [])]
      b.set([0], a.at(0, 1).add(c.at()))
    })
    const flat = flattenIndices.run(kernel)
    expect(flat.params.map(({ hint, shape }) => [hint, shape])).toEqual([
      ['a', [4]],
      ['b', [4]],
      ['c', [1]],
    ])
    expect(flat.params[1]).toBe(kernel.params[1])
  })

  test('leaves alone a kernel that is flat', () => {
    const kernel: Kernel = buildKernel({ name: 'k', threads: 1, workgroups: [1, 1, 1] }, (g) => {
      const b = g.param('b', 'f32', [4])
      const sum = g.privateBuffer('sum', 'f32', [])
      sum.set([], b.at(0))
      b.set([1], sum.at())
    })
    const once = flattenIndices.run(kernel)
    expect(once.body).toBe(kernel.body)
    expect(once.params).toBe(kernel.params)
    expect(flattenIndices.run(once)).toBe(once)
  })
})
