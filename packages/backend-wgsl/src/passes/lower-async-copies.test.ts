import { buildKernel, type Kernel, printKernel } from '@tilewright/ir'
import { flattenIndices } from '@tilewright/passes'
import { runKernelAllWays } from '@tilewright/simulator'
import { expect, test } from 'vitest'
import { lowerAsyncCopies } from './lower-async-copies.js'

/** Threads copy pairs of a row into a tile, guarded, and read each other's. */
const copying = (isAsync: boolean): Kernel =>
  buildKernel({ name: 'copy', threads: 2, workgroups: [1, 1, 1] }, (g) => {
    const a = g.param('a', 'f32', [2, 4])
    const c = g.param('c', 'f32', [4])
    const tile = g.workgroupBuffer('tile', 'f32', [2, 2])
    if (isAsync) {
      g.asyncCopy(tile, [g.thread, 0], a, [g.thread, 2], 2, g.thread.lt(1))
      g.asyncCommit()
      g.asyncWait(0)
    } else tile.set([g.thread, 0], a.at(g.thread, 2))
    g.barrier()
    g.loop('i', 2, (i) => c.set([g.thread.mul(2).add(i)], tile.at(isAsync ? g.thread.bitXor(1) : 0, isAsync ? i : 0)))
  })

function run(kernel: Kernel): readonly number[] {
  const c = new Float32Array(4)
  const contents = [Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), c]
  runKernelAllWays(kernel, { buffers: new Map(kernel.params.map((param, i) => [param, contents[i]!])) })
  return [...c]
}

test('copies become loads and stores, commits and waits go', () => {
  const flat = flattenIndices.run(copying(true))
  const lowered = lowerAsyncCopies.run(flat)
  expect(printKernel(lowered)).toMatchInlineSnapshot(`
    "kernel copy(a: f32[8], c: f32[4]) threads 2 workgroups [1, 1, 1] {
      workgroup tile: f32[4]
      tile[thread * 2] = select(thread < 1, a[thread * 4 + 2], 0)
      tile[thread * 2 + 1] = select(thread < 1, a[thread * 4 + 2 + 1], 0)
      barrier
      for i in 0..2 {
        c[thread * 2 + i] = tile[(thread ^ 1) * 2 + i]
      }
    }"
  `)
  expect(run(flat)).toEqual([0, 0, 3, 4])
  expect(run(lowered)).toEqual([0, 0, 3, 4])
})

test('a kernel without copies is left alone', () => {
  const flat = flattenIndices.run(copying(false))
  expect(lowerAsyncCopies.run(flat)).toBe(flat)
})
