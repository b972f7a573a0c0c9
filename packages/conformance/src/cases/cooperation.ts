/** Threads of a workgroup that work together: barriers, workgroup memory, atomics, asynchronous copies. */
import { buildKernel, type DType, type KernelBuilder, size } from '@tilewright/ir'
import { allocate, narrowInto, type TypedArray } from '@tilewright/simulator'
import type { ConformanceCase } from '../conformance-case.js'
import { kernelCase } from '../kernel-case.js'

const threads = 64
const needs = { threads, workgroupBytes: 4096 }

function together(
  name: string,
  contents: Readonly<Record<string, TypedArray>>,
  author: (g: KernelBuilder) => void,
): ConformanceCase {
  const options = { name: 'together', threads, workgroups: [3, 1, 1] } as const
  const build = () => ({ kernel: buildKernel(options, author), contents, sizes: { steps: 5 } })
  return kernelCase({ area: 'cooperation', name, needs, build })
}

const steps = size('steps', { min: 1 })
const numbers = Int32Array.from({ length: 3 * threads }, (_, i) => (i * 37) % 101)
const floats = Float32Array.from(numbers, (x) => x / 4)

export const cooperationCases: readonly ConformanceCase[] = [
  together('threads see what others wrote before a barrier', { x: numbers }, (g) => {
    const [x, y] = [g.param('x', 'i32', [3, threads]), g.param('y', 'i32', [3, threads])]
    const tile = g.workgroupBuffer('tile', 'i32', [threads])
    tile.set([g.thread], x.at(g.workgroup.x, g.thread))
    g.barrier()
    const [next, last] = [tile.at(g.thread.add(1).mod(threads)), tile.at(g.thread.add(threads - 1).mod(threads))]
    y.set([g.workgroup.x, g.thread], next.add(last.mul(1000)))
  }),
  together('memory is used again after a barrier, in a loop', {}, (g) => {
    const y = g.param('y', 'i32', [3, threads])
    const tile = g.workgroupBuffer('tile', 'i32', [threads])
    const sum = g.privateBuffer('sum', 'i32', [])
    sum.set([], 0)
    g.loop('step', steps, (step) => {
      tile.set([g.thread], g.thread.mul(step).add(g.workgroup.x))
      g.barrier()
      sum.update([], (old) => old.mul(3).add(tile.at(g.thread.bitXor(21))))
      g.barrier()
    })
    y.set([g.workgroup.x, g.thread], sum.at())
  }),
  together('running sums, between two tiles', { x: floats }, (g) => {
    const [x, y] = [g.param('x', 'f32', [3, threads]), g.param('y', 'f32', [3, threads])]
    const tiles = g.workgroupBuffer('tiles', 'f32', [2, threads])
    tiles.set([0, g.thread], x.at(g.workgroup.x, g.thread))
    for (const [i, distance] of [1, 2, 4, 8, 16, 32].entries()) {
      g.barrier()
      const own = g.let('own', tiles.at(i % 2, g.thread))
      const at = g.thread.ge(distance).select(g.thread.sub(distance), 0)
      tiles.set([1 - (i % 2), g.thread], g.thread.ge(distance).select(own.add(tiles.at(i % 2, at)), own))
    }
    y.set([g.workgroup.x, g.thread], tiles.at(0, g.thread))
  }),
  together('storage is ordered within a workgroup', { x: numbers }, (g) => {
    const [x, y] = [g.param('x', 'i32', [3, threads]), g.param('y', 'i32', [3, threads])]
    x.update([g.workgroup.x, g.thread], (old) => old.mul(2))
    g.barrier('workgroup', 'storage')
    y.set([g.workgroup.x, g.thread], x.at(g.workgroup.x, g.constant('i32', threads - 1).sub(g.thread)).add(1))
  }),
  narrowTiles(['f16', 'bf16']),
  narrowTiles(['i8', 'u8', 'bool']),
  together('atomics on storage, by all workgroups', { totals: Int32Array.of(0, 0, 0) }, (g) => {
    const [totals, words] = [g.param('totals', 'i32', [3]), g.param('words', 'u32', [3])]
    const i = g.let('i', g.workgroup.x.mul(threads).add(g.thread))
    g.atomic('add', totals, [0], i)
    g.atomic('min', totals, [1], g.constant('i32', 5).sub(i))
    g.atomic('max', totals, [2], i.mul(3))
    g.atomic('add', words, [0], i.cast('u32').add(0x7fffffff))
    g.atomic('min', words, [1], i.cast('u32').add(3))
    g.atomic('max', words, [2], i.cast('u32').add(0x80000000))
  }),
  together('each atomic gives what was there before it', { count: Int32Array.of(0) }, (g) => {
    const [count, seen] = [g.param('count', 'i32', [1]), g.param('seen', 'i32', [6 * threads])]
    const before = g.atomic('add', count, [0], 2)
    // No two threads get one number: every second element is marked, once.
    g.atomic('add', seen, [before], 1)
  }),
  together('atomics on workgroup memory', {}, (g) => {
    const y = g.param('y', 'i32', [3, 3])
    const counts = g.workgroupBuffer('counts', 'i32', [3])
    g.if(g.thread.lt(3), () => counts.set([g.thread], g.workgroup.x))
    g.barrier()
    g.atomic('add', counts, [0], g.thread)
    g.atomic('max', counts, [1], g.thread.bitXor(21))
    g.atomic('min', counts, [2], g.workgroup.x.sub(g.thread))
    g.barrier()
    g.if(g.thread.lt(3), () => y.set([g.workgroup.x, g.thread], counts.at(g.thread)))
  }),
  asyncPipeline(1),
  asyncPipeline(4),
]

/** Elements of narrow types that different threads write side by side, and others read. */
function narrowTiles(dtypes: readonly DType[]): ConformanceCase {
  const contents = Object.fromEntries(
    dtypes.map((dtype) => {
      const elements = allocate(dtype, threads)
      const values = Float64Array.from(elements, (_, i) => (dtype === 'bool' ? i % 2 : (i * 5) % 120))
      narrowInto(dtype, values, elements)
      return [`x_${dtype}`, elements]
    }),
  )
  return together(`tiles of ${dtypes.join(', ')}`, contents, (g) => {
    for (const dtype of dtypes) {
      const [x, y] = [g.param(`x_${dtype}`, dtype, [threads]), g.param(`y_${dtype}`, dtype, [3, threads])]
      const tile = g.workgroupBuffer('tile', dtype, [threads])
      tile.set([g.thread], x.at(g.thread))
      g.barrier()
      y.set([g.workgroup.x, g.thread], tile.at(g.thread.bitXor(37)))
    }
  })
}

/** Sums tiles of which the next is on its way while one is used; copies beyond the end give zeros. */
function asyncPipeline(elements: number): ConformanceCase {
  const [tiles, width] = [3, threads * elements]
  const input = Float32Array.from({ length: tiles * width }, (_, i) => (i % 97) - 40)
  return kernelCase({
    area: 'cooperation',
    name: `asynchronous copies of ${elements} elements, a tile ahead`,
    needs: { threads, workgroupBytes: 2 * width * 4 },
    build: () => {
      const kernel = buildKernel({ name: 'ahead', threads, workgroups: [1, 1, 1] }, (g) => {
        const [x, y] = [g.param('x', 'f32', [tiles, width]), g.param('y', 'f32', [threads])]
        const stages = g.workgroupBuffer('stages', 'f32', [2, width])
        const sum = g.privateBuffer('sum', 'f32', [])
        sum.set([], 0)
        const fetch = (tile: ReturnType<typeof g.let>): void => {
          const column = g.thread.mul(elements)
          g.asyncCopy(stages, [tile.mod(2), column], x, [tile, column], elements, tile.lt(tiles))
          g.asyncCommit()
        }
        fetch(g.constant('i32', 0))
        g.loop('tile', tiles + 1, (tile) => {
          fetch(tile.add(1))
          g.asyncWait(1)
          g.barrier()
          g.loop('i', elements, (i) =>
            sum.update([], (s) => s.mul(2).add(stages.at(tile.mod(2), g.thread.bitXor(9).mul(elements).add(i)))),
          )
          g.barrier()
        })
        y.set([g.thread], sum.at())
      })
      return { kernel, contents: { x: input } }
    },
  })
}
