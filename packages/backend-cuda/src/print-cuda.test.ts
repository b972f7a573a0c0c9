import {
  atomic,
  binary,
  bitcast,
  buildKernel,
  cast,
  constant,
  type Expr,
  int,
  type Kernel,
  type KernelBuilder,
  load,
  loadVector,
  select,
  size,
  store,
  storeVector,
  variable,
} from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import { emitCuda } from './print-cuda.js'

/** A kernel that is written in lowered form already. */
function lowered(author: (g: KernelBuilder) => void): Kernel {
  const kernel = buildKernel({ name: 'test', threads: 4, workgroups: [1, 1, 1] }, author)
  return { ...kernel, properties: ['no-for-task', 'flat-indices', 'folded-launch'] }
}

describe('emitCuda', () => {
  test('pointers to used buffers, then sizes; shared memory, barriers, predication', async () => {
    const n = size('n')
    const emitted = emitCuda(
      lowered((g) => {
        const c = g.param('c', 'f32', [n])
        g.param('unused', 'f32', [4])
        const a = g.param('a', 'f32', [n])
        const tile = g.workgroupBuffer('tile', 'f32', [8])
        const sum = g.privateBuffer('sum', 'f32', [])
        tile.set([g.thread], a.atOrZero(g.workgroup.x.mul(4).add(g.thread)))
        g.barrier()
        sum.set([], Number.NEGATIVE_INFINITY)
        g.loop('i', 4, (i) => sum.update([], (old) => old.max(tile.at(i).exp())), { unroll: true })
        c.setIfInside([g.workgroup.x.mul(4).add(g.thread)], sum.at())
      }),
    )
    expect(emitted.pipeline).toMatchObject({ entry: 'main_kernel', workgroupBytes: 32, scalars: 1 })
    expect(emitted.scalars).toEqual([{ kind: 'size', size: n }])
    await expect(emitted.pipeline.source).toMatchFileSnapshot('../goldens/predicated.cu')
  })

  test('vector accesses', async () => {
    const kernel = lowered((g) => {
      const [a, c] = [g.param('a', 'f32', [64]).buffer, g.param('c', 'f32', [64]).buffer]
      const [h, d] = [g.param('h', 'f16', [64]).buffer, g.param('d', 'f16', [64]).buffer]
      g.loop('i', 16, (i) => {
        const lanes = ['a0', 'a1', 'a2', 'a3'].map((hint) => variable(hint, 'f32'))
        const halves = ['h0', 'h1'].map((hint) => variable(hint, 'f32'))
        g.emit(loadVector(lanes, a, i.mul(4).expr, i.lt(15).expr))
        g.emit(storeVector(c, i.mul(4).expr, [...lanes].reverse()))
        g.emit(loadVector(halves, h, i.mul(2).expr, i.lt(15).expr))
        g.emit(storeVector(d, i.mul(2).expr, halves))
      })
    })
    await expect(emitCuda(kernel).pipeline.source).toMatchFileSnapshot('../goldens/vectors.cu')
  })

  test('types, literals, conversions and atomics', async () => {
    const kernel = lowered((g) => {
      const ints = g.param('int', 'i32', [9]).buffer
      const floats = g.param('float', 'f32', [9]).buffer
      const words = g.param('words', 'u32', [9]).buffer
      const [bytes, small] = [g.param('bytes', 'i8', [9]).buffer, g.param('small', 'u8', [9]).buffer]
      const flags = g.param('flags', 'bool', [9]).buffer
      const [i, f, w, b] = [variable('i'), variable('f', 'f32'), variable('w', 'u32'), variable('b', 'bool')]
      const put = (to: typeof ints, value: Expr): void => g.emit(store(to, [i], value))
      g.emit({ kind: 'let', var: i, value: load(ints, [int(0)]) })
      g.emit({ kind: 'let', var: f, value: load(floats, [int(0)]) })
      g.emit({ kind: 'let', var: w, value: load(small, [int(0)]) })
      g.emit({ kind: 'let', var: b, value: load(flags, [int(0)]) })
      put(ints, cast('i32', f))
      put(words, cast('u32', f))
      put(words, binary('shr', cast('u32', i), w))
      put(ints, binary('min', constant('i32', -(2 ** 31)), cast('i32', b)))
      put(floats, select(b, binary('min', cast('f32', w), f), constant('f32', Number.NaN)))
      put(bytes, binary('bit-xor', load(bytes, [i]), int(3)))
      put(small, binary('mul', w, constant('u32', 100)))
      put(flags, cast('bool', f))
      put(ints, bitcast('i32', f))
      put(floats, bitcast('f32', w))
      g.emit(atomic('add', words, [int(1)], w))
    })
    await expect(emitCuda(kernel).pipeline.source).toMatchFileSnapshot('../goldens/types.cu')
  })

  test('what the printer lacks is refused by name', () => {
    expect(() => emitCuda(lowered((g) => g.asyncCommit()))).toThrow('nothing for asynchronous copies yet')
    expect(() => emitCuda(lowered((g) => g.mbarrier('full', 2, 4)))).toThrow('nothing for mbarriers yet')
  })
})
