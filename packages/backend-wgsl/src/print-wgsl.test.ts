import {
  atomic,
  binary,
  bitcast,
  buildKernel,
  builtin,
  cast,
  constant,
  type Expr,
  int,
  type Kernel,
  type KernelBuilder,
  type KernelOptions,
  load,
  loadVector,
  select,
  size,
  sizeMul,
  sizeValue,
  store,
  storeVector,
  value,
  variable,
} from '@tilewright/ir'
import { thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { emitWgsl } from './print-wgsl.js'

/** A kernel that is written in lowered form already. */
function lowered(author: (g: KernelBuilder) => void, options: Partial<KernelOptions> = {}): Kernel {
  const kernel = buildKernel({ name: 'test', threads: 4, workgroups: [1, 1, 1], ...options }, author)
  return { ...kernel, properties: ['no-for-task', 'flat-indices', 'folded-launch'] }
}

const source = (author: (g: KernelBuilder) => void): string => emitWgsl(lowered(author)).pipeline.source

/** The lines of the body. */
const body = (author: (g: KernelBuilder) => void): readonly string[] => {
  const lines = source(author).split('\n')
  return lines.slice(lines.findIndex((line) => line.startsWith('fn main')) + 1, -2).map((line) => line.slice(2))
}

describe('bindings', () => {
  test('used buffers in the order of the parameters, then scalars', async () => {
    const n = size('n')
    const kernel = lowered((g) => {
      const c = g.param('c', 'f32', [n])
      g.param('unused', 'f32', [4])
      const a = g.param('a', 'f32', [sizeMul(n, 2)])
      const tile = g.workgroupBuffer('tile', 'f32', [8])
      g.if(g.thread.lt(n), () => {
        tile.set([g.thread], a.at(g.thread.add(n)))
        c.set([g.thread], tile.at(g.thread).max(g.constant('f32', Number.NEGATIVE_INFINITY)))
      })
    })
    const emitted = emitWgsl(kernel)
    expect(emitted.buffers.map(({ hint }) => hint)).toEqual(['c', 'a'])
    expect(emitted.scalars).toEqual([
      { kind: 'size', size: n },
      { kind: 'bits', bits: 0xff800000 },
    ])
    expect(emitted.pipeline).toMatchObject({
      entry: 'main',
      threads: 4,
      workgroupBytes: 32,
      scalars: 2,
      buffers: [
        { access: 'read-write', dtype: 'f32', lanes: 1 },
        { access: 'read', dtype: 'f32', lanes: 1 },
      ],
    })
    await expect(emitted.pipeline.source).toMatchFileSnapshot('../goldens/scalars.wgsl')
  })

  test('a buffer with vector accesses holds vectors, and is read by component', async () => {
    await expect(
      source((g) => {
        const [a, c] = [g.param('a', 'f32', [64]).buffer, g.param('c', 'f32', [64]).buffer]
        const lanes = ['a0', 'a1', 'a2', 'a3'].map((hint) => variable(hint, 'f32'))
        g.loop('i', 4, (at) => {
          const first = binary('add', binary('mul', at.expr, int(8)), int(4))
          g.emit(loadVector(lanes, a, first, binary('lt', at.expr, int(3))))
          g.emit(storeVector(c, at.mul(4).expr, [...lanes.slice(1), load(a, [int(7)])]))
          g.emit(storeVector(c, builtin('thread'), [...lanes.slice(1), load(a, [at.add(1).expr])]))
        })
      }),
    ).toMatchFileSnapshot('../goldens/vectors.wgsl')
  })

  test('a scalar store to a buffer of vectors is a bug of ours', () => {
    expect(() =>
      source((g) => {
        const c = g.param('c', 'f32', [64])
        g.emit(
          storeVector(
            c.buffer,
            int(0),
            [1, 2, 3, 4].map((x) => constant('f32', x)),
          ),
        )
        c.set([1], 5)
      }),
    ).toThrow('scalar store to "c", which is accessed in vectors')
  })

  test('narrow types lie in words and are narrowed at stores', async () => {
    await expect(
      source((g) => {
        const bits = g.param('bits', 'bool', [4])
        const [half, brain] = [g.param('half', 'f16', [4]), g.param('brain', 'bf16', [4])]
        const [bytes, words] = [g.param('bytes', 'i8', [4]), g.param('words', 'u8', [4])]
        const flag = g.privateBuffer('flag', 'bool', [])
        flag.set([], bits.at(0).or(bits.at(1)))
        bits.set([2], flag.at().not())
        half.set([0], half.at(1).add(1))
        brain.set([0], brain.at(1).add(1))
        bytes.set([0], bytes.at(1).mul(100))
        words.set([0], words.at(1).mul(100))
      }),
    ).toMatchFileSnapshot('../goldens/narrow-types.wgsl')
  })

  test('atomic buffers are loaded and stored atomically', async () => {
    await expect(
      source((g) => {
        const counts = g.param('counts', 'i32', [4])
        const total = g.workgroupBuffer('total', 'u32', [])
        total.set([], 0)
        g.barrier()
        counts.set([0], counts.at(1).add(g.atomic('add', counts, [2], 1)))
        g.emit(atomic('max', total.buffer, [], constant('u32', 7)))
      }),
    ).toMatchFileSnapshot('../goldens/atomics.wgsl')
  })
})

describe('expressions', () => {
  const x = variable('x')
  const y = variable('y', 'f32')
  const text = (expr: Expr): string | undefined =>
    body((g) => {
      const [ints, floats] = [g.param('ints', 'i32', [9]).buffer, g.param('floats', 'f32', [9]).buffer]
      g.emit({ kind: 'let', var: x, value: load(ints, [int(0)]) })
      g.emit({ kind: 'let', var: y, value: load(floats, [int(0)]) })
      const to = {
        f32: floats,
        i32: ints,
        u32: g.param('words', 'u32', [9]).buffer,
        bool: g.param('flags', 'bool', [9]).buffer,
      }
      g.emit(store(to[expr.dtype], [int(1)], expr))
    })
      .at(-1)
      ?.replace(/^\w+\[1\] = (.*);$/, '$1')

  test('literals', () => {
    expect(text(constant('i32', -(2 ** 31)))).toBe('i32(-2147483648)')
    expect(text(constant('i32', -5))).toBe('-5')
    expect(text(constant('u32', 4294967295))).toBe('4294967295u')
    expect(text(constant('f32', 0.1))).toBe('0.1f')
    expect(text(constant('f32', 16777216))).toBe('16777216.0f')
    expect(text(constant('f32', Number.NaN))).toBe('scalars.s0')
    expect(text(constant('bool', true))).toBe('u32(true)')
  })

  test('operators that WGSL has otherwise than C', () => {
    expect(text(binary('shl', x, int(33)))).toBe('x << 1u')
    expect(text(binary('shr', binary('add', x, int(1)), x))).toBe('(x + 1) >> u32(x)')
    expect(text(select(binary('lt', y, constant('f32', 0)), y, constant('f32', 2)))).toBe('select(2.0f, y, y < 0.0f)')
    expect(text(cast('u32', x))).toBe('u32(x)')
    expect(text(cast('bool', y))).toBe('u32(bool(y))')
    expect(text(bitcast('u32', y))).toBe('bitcast<u32>(y)')
    expect(text(binary('min', x, sizeValue(size('n'))))).toBe('min(x, scalars.s0)')
  })
})

describe('what WGSL lacks', () => {
  test('is refused by name', () => {
    const refused = (author: (g: KernelBuilder) => void): unknown => {
      try {
        emitWgsl(lowered(author, { subgroupSize: 4 }))
      } catch (error) {
        return error
      }
      return undefined
    }
    expect(refused((g) => g.mbarrier('full', 2, 4))).toMatchObject({ code: 'wgsl/mbarrier', name: 'UnsupportedError' })
    expect(refused((g) => g.barrier('subgroup'))).toMatchObject({ code: 'wgsl/subgroup-barrier' })
  })

  test('a kernel that is not lowered is refused, with the pipeline that lowers it', () => {
    const kernel = buildKernel({ name: 'raw', threads: 1, workgroups: [1, 1, 1] }, () => {})
    expect(thrownBy(() => emitWgsl(kernel))).toMatchObject({
      name: 'CompileError',
      code: 'ir/not-lowered',
      message: 'kernel "raw" has not been lowered: what prints it needs no-for-task, flat-indices, folded-launch',
      help: 'lower it first: runPipeline(kernel, wgslPipeline(target))',
    })
  })
})

test('a value of another kernel is refused by its name', () => {
  const author = (g: KernelBuilder): Expr => {
    const out = g.param('out', 'f32', [4])
    out.set([0], 1)
    return g.let('kept', out.at(0)).expr
  }
  const values: Expr[] = []
  lowered((g) => values.push(author(g)))
  const refused = thrownBy(() => source((g) => g.param('out', 'f32', [4]).set([0], value(values[0]!))))
  expect(refused).toMatchObject({
    name: 'CompileError',
    code: 'ir/unbound',
    message: 'variable "kept" is used where it is not bound',
  })
})
