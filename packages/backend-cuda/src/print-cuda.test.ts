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
import { spatial } from '@tilewright/task-mapping'
import { describe, expect, test } from 'vitest'
import { halfMatrixInstruction } from './matrix-instructions.js'
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
        const [brain, brains] = [variable('e', 'f32'), g.param('e', 'bf16', [64]).buffer]
        g.emit(loadVector([brain, variable('rest', 'f32')], brains, i.mul(2).expr, i.lt(15).expr))
        g.emit(storeVector(brains, i.mul(2).expr, [brain, brain]))
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

  test('what warps do together', async () => {
    const kernel = buildKernel({ name: 'warp', threads: 32, subgroupSize: 32, workgroups: [1, 1, 1] }, (g) => {
      const [a, c] = [g.param('a', 'f16', [512]), g.param('c', 'f32', [32])]
      const tile = g.workgroupBuffer('tile', 'f16', [512])
      const [left, right] = [g.privateBuffer('left', 'f16', [8]), g.privateBuffer('right', 'f16', [4])]
      const others = g.privateBuffer('others', 'f16', [4])
      const sums = g.privateBuffer('sums', 'f32', [4])
      g.asyncCopy(tile, [g.lane.mul(8)], a, [g.lane.mul(8)], 8, g.lane.lt(31))
      g.asyncCopy(tile, [g.lane.mul(2).add(256)], a, [g.lane.mul(2)], 2)
      g.asyncCopy(tile, [g.lane.add(320)], a, [g.lane], 1, g.lane.lt(9))
      g.asyncCommit()
      g.asyncWait(0)
      g.barrier('subgroup')
      g.loop('i', 4, (i) => sums.set([i], 0))
      g.loadMatrices(4, [left], tile, [g.lane.mul(8)])
      g.loadMatrices(4, [right, others], tile, [g.lane.mul(8)], { transposed: true })
      const { a: mapA, b: mapB, d: mapD } = halfMatrixInstruction
      g.matrixMultiply(
        { buffer: left.buffer, map: mapA },
        { buffer: right.buffer, map: mapB },
        { buffer: sums.buffer, map: mapD },
      )
      c.set([g.lane], g.shuffle(sums.at(0), 16).add(others.at(0)))
    })
    const flat: Kernel = { ...kernel, properties: ['no-for-task', 'flat-indices', 'folded-launch'] }
    await expect(emitCuda(flat).pipeline.source).toMatchFileSnapshot('../goldens/warp.cu')
  })

  test('a quotient by a constant is an operator, by what may be -1 a call, by a size a product with its reciprocal', () => {
    const n = size('n', { min: 1 })
    const { pipeline, scalars } = emitCuda(
      lowered((g) => {
        const [x, y] = [g.param('x', 'i32', [2]), g.param('y', 'i32', [6])]
        const at = (i: number): ReturnType<typeof x.at> => x.at(i)
        for (const [i, of] of [at(0).div(at(1)), at(0).mod(at(1)), at(0).div(3), at(0).div(-1)].entries())
          y.set([i], of)
        y.set([4], at(0).mod(n))
        y.set([5], at(0).div(n))
      }),
    )
    const { source } = pipeline
    expect(source).toContain('int tw_divide(int left, int right) { return right == -1 ? ')
    expect(source.split('\n').filter((line) => line.startsWith('  y['))).toEqual([
      '  y[0] = tw_divide(x[0], x[1]);',
      '  y[1] = tw_remainder(x[0], x[1]);',
      '  y[2] = x[0] / 3;',
      '  y[3] = tw_divide(x[0], -1);',
      '  y[4] = tw_remainder_by_size(x[0], s2, s0, s1);',
      '  y[5] = tw_divide_by_size(x[0], s0, s1);',
    ])
    expect(scalars).toEqual([
      { kind: 'multiplier', divisor: n },
      { kind: 'shift', divisor: n },
      { kind: 'size', size: n },
    ])
  })

  test('what is said of a loop stands directly before it, also where its extent is computed first', () => {
    const kernel = lowered((g) => {
      const c = g.param('c', 'i32', [4])
      g.loop('i', g.thread.add(1), (i) => c.set([i], 0), { unroll: true })
    })
    expect(emitCuda(kernel).pipeline.source).toMatch(
      /const int i_end = thread \+ 1;\n +#pragma unroll\n +for \(int i = 0;/,
    )
  })

  test('shared memory above 48 KiB is dynamic', async () => {
    const emitted = emitCuda(
      lowered((g) => {
        const c = g.param('c', 'f32', [4])
        const [first, second] = [g.workgroupBuffer('first', 'f16', [3]), g.workgroupBuffer('second', 'f32', [12286])]
        first.set([0], 1)
        second.set([g.thread], first.at(0))
        c.set([g.thread], second.at(g.thread))
      }),
    )
    expect(emitted.pipeline.workgroupBytes).toBe(16 + 12288 * 4)
    await expect(emitted.pipeline.source).toMatchFileSnapshot('../goldens/dynamic-shared-memory.cu')
  })

  test('a matrix-multiply that no instruction does is refused', () => {
    const kernel = lowered((g) => {
      const fragment = (dtype: 'f16' | 'f32') => ({
        buffer: g.privateBuffer('x', dtype, [1]).buffer,
        map: spatial(2, 2),
      })
      g.matrixMultiply(fragment('f16'), fragment('f16'), fragment('f32'))
    })
    expect(() => emitCuda(kernel)).toThrow(expect.objectContaining({ code: 'cuda/matrix-multiply' }))
  })
})
