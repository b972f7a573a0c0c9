import { buildKernel, type For, loadVector, storeVector, variable } from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import { runKernel } from './run-kernel.js'

/** A dot product of `depth` terms a thread, with a loop of integer work before it. */
const kernel = buildKernel({ name: 'dot', threads: 2, workgroups: [3, 1, 1] }, (g) => {
  const [a, c] = [g.param('a', 'f32', [48]), g.param('c', 'f32', [6])]
  const [sum, n] = [g.privateBuffer('sum', 'f32', []), g.privateBuffer('n', 'i32', [])]
  n.set([], 0)
  g.loop('i', 5, (i) => n.update([], (old) => old.add(i)))
  sum.set([], 0)
  const row = g.let('row', g.workgroup.x.mul(2).add(g.thread))
  g.loop('k', 8, (k) => sum.update([], (s) => s.add(a.at(row.mul(8).add(k)).mul(a.at(row.mul(8))))))
  g.barrier()
  c.set(
    [row],
    sum
      .at()
      .lt(0)
      .select(sum.at().neg(), sum.at().sub(n.at().cast('f32'))),
  )
})

const buffers = new Map([
  [kernel.params[0]!, new Float32Array(48).fill(2)],
  [kernel.params[1]!, new Float32Array(6)],
])
const named =
  (hint: string) =>
  (loop: For): boolean =>
    loop.loopVar.hint === hint

const zeros = {
  integer: 0,
  multiply: 0,
  add: 0,
  float: 0,
  logic: 0,
  cast: 0,
  'load-storage': 0,
  'load-workgroup': 0,
  'load-private': 0,
  'store-storage': 0,
  'store-workgroup': 0,
  'store-private': 0,
  atomic: 0,
  'async-copy': 0,
  'matrix-multiply': 0,
  'async-multiply': 0,
  'tile-copy': 0,
  'load-matrices': 0,
  shuffle: 0,
  barrier: 0,
  iteration: 0,
}

describe('counts', () => {
  test('of a loop of one workgroup', () => {
    const { counts } = runKernel(kernel, { buffers, workgroups: [1, 0, 0], count: { within: named('k') } })
    // Two threads of eight iterations; row * 8 is written twice, so it is computed twice.
    expect(counts).toEqual({
      ...zeros,
      integer: 16 * 3,
      multiply: 16,
      add: 16,
      'load-storage': 32,
      'load-private': 16,
      'store-private': 16,
      iteration: 16,
    })
  })

  test('of everything', () => {
    const { counts } = runKernel(kernel, { buffers, count: {} })
    const [threads, k, i] = [6, 8, 5]
    expect(counts).toEqual({
      ...zeros,
      integer: threads * (2 + 3 * k + i),
      multiply: threads * k,
      add: threads * (k + 1),
      float: threads,
      logic: threads,
      cast: threads,
      'load-storage': threads * 2 * k,
      'load-private': threads * (k + i + 3),
      'store-private': threads * (2 + k + i),
      'store-storage': threads,
      barrier: threads,
      iteration: threads * (k + i),
    })
  })

  test('are absent unless asked for', () => {
    expect(runKernel(kernel, { buffers }).counts).toBeUndefined()
  })

  test('take only what is evaluated, and a vector once', () => {
    const vectors = buildKernel({ name: 'vectors', threads: 2, workgroups: [1, 1, 1] }, (g) => {
      const data = g.param('data', 'i32', [8])
      const lanes = [0, 1, 2, 3].map((lane) => variable(`v${lane}`))
      g.let('x', g.thread.eq(0).and(g.thread.add(1).eq(1)).select(g.thread.mul(3), 1))
      g.emit(loadVector(lanes, data.buffer, g.thread.mul(4).expr))
      g.emit(storeVector(data.buffer, g.thread.mul(4).expr, lanes))
      g.atomic('add', data, [0], 0)
    })
    const run = { buffers: new Map([[vectors.params[0]!, new Int32Array(8)]]), count: {} }
    expect(() => runKernel(vectors, run)).toThrow('no barrier orders storage memory')
    const counts = runKernel(
      { ...vectors, threads: 1 },
      { buffers: new Map([[vectors.params[0]!, new Int32Array(8)]]), count: {} },
    ).counts
    expect(counts).toEqual({
      ...zeros,
      integer: 6,
      logic: 2,
      'load-storage': 1,
      'store-storage': 1,
      atomic: 1,
    })
  })
})
