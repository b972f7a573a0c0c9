/** Buffers: shapes, several at once, in place, dynamic indices; private arrays; sizes that a launch passes. */
import { buildKernel, ceilDiv, type KernelBuilder, type SizeValues, size } from '@tilewright/ir'
import type { TypedArray } from '@tilewright/simulator'
import type { ConformanceCase } from '../conformance-case.js'
import { kernelCase } from '../kernel-case.js'

const memory = (
  name: string,
  run: { readonly contents?: Readonly<Record<string, TypedArray>>; readonly sizes?: SizeValues },
  author: (g: KernelBuilder) => void,
): ConformanceCase => {
  const options = { name: 'memory', threads: 1, workgroups: [1, 1, 1] } as const
  return kernelCase({ area: 'memory', name, build: () => ({ kernel: buildKernel(options, author), ...run }) })
}

const range = (length: number, of: (i: number) => number = (i) => i): Float32Array =>
  Float32Array.from({ length }, (_, i) => of(i))
const [rows, columns] = [size('rows'), size('columns', { multipleOf: 4 })]

export const memoryCases: readonly ConformanceCase[] = [
  memory('tensors of rank 0, 1 and 3', { contents: { one: range(1), many: range(24) } }, (g) => {
    const [one, many] = [g.param('one', 'f32', []), g.param('many', 'f32', [2, 3, 4])]
    const [sum, turned] = [g.param('sum', 'f32', []), g.param('turned', 'f32', [4, 2, 3])]
    sum.set([], one.at().add(many.at(1, 2, 3)))
    g.loop('i', 2, (i) => g.loop('j', 3, (j) => g.loop('k', 4, (k) => turned.set([k, i, j], many.at(i, j, k)))))
  }),
  memory('parameters that are not used', { contents: { x: range(4) } }, (g) => {
    g.param('before', 'f32', [3])
    const x = g.param('x', 'f32', [4])
    g.param('between', 'u8', [5])
    const y = g.param('y', 'f32', [4])
    g.loop('i', 4, (i) => y.set([i], x.at(i).add(1)))
    g.param('after', 'i32', [2])
  }),
  memory('a buffer that is read and written', { contents: { x: range(37) } }, (g) => {
    const x = g.param('x', 'f32', [37])
    g.loop('i', 36, (i) => x.set([i.add(1)], x.at(i).add(x.at(i.add(1)))))
  }),
  memory('indices that memory gives', { contents: { x: range(9), at: Int32Array.of(8, 0, 3, 3, 7) } }, (g) => {
    const [x, at, y] = [g.param('x', 'f32', [9]), g.param('at', 'i32', [5]), g.param('y', 'f32', [9])]
    g.loop('i', 5, (i) => y.set([at.at(i)], x.at(at.at(at.at(i).mod(5))).add(i.cast('f32'))))
  }),
  memory('private arrays at indices that memory gives', { contents: { at: Int32Array.of(3, 0, 2, 1, 3) } }, (g) => {
    const [at, y] = [g.param('at', 'i32', [5]), g.param('y', 'f32', [5])]
    const kept = g.privateBuffer('kept', 'f32', [4])
    g.loop('i', 4, (i) => kept.set([i], i.mul(i).cast('f32')))
    g.loop('i', 5, (i) => {
      y.set([i], kept.at(at.at(i)))
      kept.update([at.at(i)], (old) => old.add(10))
    })
  }),
  memory('private memory of two dimensions', {}, (g) => {
    const y = g.param('y', 'i32', [3, 2])
    const kept = g.privateBuffer('kept', 'i32', [2, 3])
    g.loop('i', 2, (i) => g.loop('j', 3, (j) => kept.set([i, j], i.mul(10).add(j))))
    g.loop('i', 3, (i) => g.loop('j', 2, (j) => y.set([i, j], kept.at(j, i)), { unroll: true }), { unroll: true })
  }),
  memory('a tensor of no elements', { contents: { x: range(0), y: range(2) }, sizes: { rows: 0 } }, (g) => {
    const [x, y] = [g.param('x', 'f32', [rows]), g.param('y', 'f32', [2])]
    const sum = g.privateBuffer('sum', 'f32', [])
    sum.set([], 7)
    g.loop('i', rows, (i) => sum.update([], (old) => old.add(x.at(i))))
    y.set([0], sum.at())
    y.set([1], g.size(rows).cast('f32'))
  }),
  memory('sizes reach kernels as they are', { sizes: { rows: 2 ** 31 - 1, columns: 1_000_000_004 } }, (g) => {
    const y = g.param('y', 'i32', [6])
    const [r, c] = [g.size(rows), g.size(columns)]
    for (const [i, of] of [r, c, r.add(c), c.div(4), r.mod(1000), r.bitAnd(255)].entries()) y.set([i], of)
  }),
  guarded('a shape that only the launch knows', { rows: 13, columns: 8 }),
  guarded('one row', { rows: 1, columns: 4 }),
  guarded('no rows', { rows: 0, columns: 4 }),
  kernelCase({
    area: 'memory',
    name: 'more elements than 16 bits count',
    build: ({ limits }) => {
      const [threads, length] = [Math.min(64, limits.threads), 70_001]
      const kernel = buildKernel({ name: 'many', threads, workgroups: [ceilDiv(length, threads), 1, 1] }, (g) => {
        const [x, y] = [g.param('x', 'u8', [length]), g.param('y', 'i32', [length])]
        const i = g.let('i', g.workgroup.x.mul(threads).add(g.thread))
        g.if(i.lt(length), () => y.set([g.constant('i32', length - 1).sub(i)], x.at(i).cast('i32').add(i)))
      })
      return { kernel, contents: { x: Uint8Array.from({ length }, (_, i) => i % 251) } }
    },
  }),
  kernelCase({
    area: 'memory',
    name: 'as many buffers as the target binds, up to 16',
    needs: { storageBuffers: 2 },
    build: ({ limits }) => {
      const count = Math.min(16, limits.storageBuffers)
      const names = Array.from({ length: count - 1 }, (_, i) => `x${i}`)
      const kernel = buildKernel({ name: 'buffers', threads: 1, workgroups: [4, 1, 1] }, (g) => {
        const sources = names.map((name) => g.param(name, 'f32', [4]))
        const y = g.param('y', 'f32', [4])
        const start = g.constant('f32', 0)
        const i = g.workgroup.x
        y.set(
          [i],
          sources.reduce((sum, source, s) => sum.add(source.at(i).mul(2 ** (s % 8))), start),
        )
      })
      return { kernel, contents: Object.fromEntries(names.map((name, s) => [name, range(4, (i) => i * 3 + s)])) }
    },
  }),
]

/** y[i, j] = x[i, j] + i, with edges predicated: a launch may have threads beyond the end. */
function guarded(name: string, sizes: { readonly rows: number; readonly columns: number }): ConformanceCase {
  return kernelCase({
    area: 'memory',
    name,
    build: ({ limits }) => {
      const threads = Math.min(16, limits.threads)
      const workgroups = [ceilDiv(columns, threads), rows, 1] as const
      const kernel = buildKernel({ name: 'guarded', threads, workgroups }, (g) => {
        const [x, y] = [g.param('x', 'f32', [rows, columns]), g.param('y', 'f32', [rows, columns])]
        const at = [g.workgroup.y, g.workgroup.x.mul(threads).add(g.thread)]
        y.setIfInside(at, x.atOrZero(...at).add(g.workgroup.y.cast('f32')))
      })
      return { kernel, sizes, contents: { x: range(sizes.rows * sizes.columns, (i) => i / 4) } }
    },
  })
}
