import { chain, compose, type MappingChain, repeat, spatial, type TaskMapping } from '@tilewright/task-mapping'
import { deepFreeze, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { buffer } from '../buffer.js'
import { binary, builtin, constant, int, sizeValue, unary, variable } from '../expr.js'
import type { Kernel } from '../kernel.js'
import { printKernel } from '../print/print-kernel.js'
import { rewriteExpr, rewriteExprs } from '../rewrite.js'
import { ceilDiv, size, sizeAdd } from '../size.js'
import type { SourceLocation } from '../source-location.js'
import type { Stmt } from '../stmt.js'
import { validateKernel } from '../validate/validate-kernel.js'
import { walkStmts } from '../walk.js'
import { buildKernel, type KernelBuilder } from './kernel-builder.js'
import { callerLocation } from './location.js'
import { toExpr, value } from './value.js'

const n = size('N')

function build(author: (g: KernelBuilder) => void): Kernel {
  return buildKernel({ name: 'k', threads: 64, workgroups: [ceilDiv(n, 64), 1, 1] }, author)
}

function doubling(): Kernel {
  return build((g) => {
    const [x, y] = [g.param('x', 'f32', [n]), g.param('y', 'f32', [n])]
    const first = g.let('first', g.workgroup.x.mul(64))
    g.forTask(spatial(64), g.thread, (i) => y.setIfInside([first.add(i)], x.at(first.add(i)).mul(2)))
  })
}

test('a kernel reads like its source', () => {
  expect(printKernel(doubling())).toMatchInlineSnapshot(`
    "kernel k(x: f32[N], y: f32[N]) threads 64 workgroups [N /^ 64, 1, 1] {
      let first: i32 = workgroup.x * 64
      for-task (i) in spatial(64) on thread {
        if first + i < N {
          y[first + i] = x[first + i] * 2
        }
      }
    }"
  `)
  expect(validateKernel(doubling())).toEqual([])
})

test('statements know the line that made them', () => {
  const found: (SourceLocation | undefined)[] = []
  let here: SourceLocation | undefined
  const made = build((g) => {
    const x = g.param('x', 'f32', [n])
    here = callerLocation()
    x.set([0], 1)
    x.update([0], (old) => old.add(1))
    g.loop('i', 4, () => {
      g.barrier()
    })
  })
  walkStmts(made.body, (stmt) => stmt.kind !== 'seq' && found.push(stmt.at))
  expect(here?.file).toMatch(/kernel-builder\.test\.ts$/)
  expect(found.map((at) => at?.file)).toEqual(found.map(() => here?.file))
  expect(found.map((at) => (at?.line ?? 0) - (here?.line ?? 0))).toEqual([1, 2, 3, 4])
})

test('a line that no stack has is unknown', () => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const { file, line, column } = callerLocation()
  Error.stackTraceLimit = limit
  expect([file, line, column]).toEqual(['unknown file', 0, 0])
})

test('workgroup memory and mbarriers are declared at the top, wherever they were asked for', () => {
  const made = build((g) => {
    g.loop('k', 4, () => {
      g.privateBuffer('acc', 'f32', [])
      g.workgroupBuffer('tile', 'f32', [64])
      g.mbarrier('full', 2, 64)
    })
  })
  expect(printKernel(made)).toMatchInlineSnapshot(`
    "kernel k() threads 64 workgroups [N /^ 64, 1, 1] {
      workgroup tile: f32[64]
      mbarrier full: 2 slots, 64 arrivals
      for k in 0..4 {
        private acc: f32[]
      }
    }"
  `)
  expect(validateKernel(made)).toEqual([])
})

test('every statement of the builder', () => {
  const counts = buffer('counts', 'u32', [4], 'storage')
  const made = buildKernel({ name: 'all', threads: 64, subgroupSize: 32, workgroups: [1, 1, 1] }, (g) => {
    const x = g.param('x', 'f32', [sizeAdd(n, 1), 4])
    const tile = g.workgroupBuffer('tile', 'f32', [64])
    const full = g.mbarrier('full', 1, 64)
    g.asyncCopy(tile, [g.thread], x, [0, 0], 1, g.thread.lt(n))
    g.asyncCommit()
    g.asyncWait(0)
    g.arrive(full, 0)
    g.wait(full, 0, 1)
    g.barrier('subgroup')
    const before = g.atomic('max', g.use(counts), [0], 3)
    g.if(
      before.eq(0),
      () => tile.set([g.lane], x.atOrZero(g.thread, 1)),
      () => tile.update([g.lane.add(g.subgroup)], (old) => old.max(0)),
    )
    g.if(true, () => tile.set([0], g.constant('f32', 1)))
    g.if(false, () => tile.set([1], 1))
    g.loop('k', g.size(n), (k) => x.setIfInside([k, 3], tile.at(k)), { unroll: true })
    g.emit({ kind: 'barrier', participants: 'workgroup', memory: 'storage' })
  })
  expect(printKernel(made)).toMatchInlineSnapshot(`
    "kernel all(x: f32[N + 1, 4], counts: u32[4]) threads 64 subgroups 32 workgroups [1, 1, 1] {
      workgroup tile: f32[64]
      mbarrier full: 1 slots, 64 arrivals
      async-copy 1 to tile[thread] from x[0, 0] if thread < N
      async-commit
      async-wait 0
      arrive full[0]
      wait full[0] parity 1
      barrier subgroup
      let previous: u32 = atomic max(counts[0], 3)
      if previous == 0 {
        tile[lane] = select(thread < N + 1, x[thread, 1], 0)
      } else {
        tile[lane + subgroup] = max(tile[lane + subgroup], 0)
      }
      tile[0] = 1
      for k in 0..N unroll {
        if k < N + 1 {
          x[k, 3] = tile[k]
        }
      }
      barrier on storage
    }"
  `)
  expect(made.params.map((param) => param.hint)).toEqual(['x', 'counts'])
  expect(validateKernel(made)).toEqual([])
})

test('handles build the expressions that their names say', () => {
  const [x, f, b] = [value(variable('x')), value(variable('f', 'f32')), value(variable('b', 'bool'))]
  const show = (of: { readonly expr: Parameters<typeof value>[0] }): string => {
    const text = printKernel(build((g) => g.let('r', value(of.expr))))
    return text.slice(text.indexOf('= ') + 2, text.lastIndexOf('\n'))
  }
  const arithmetic = [x.add(1), x.sub(2), x.mul(3), x.div(4), x.mod(5), x.min(6), x.max(7)]
  expect(arithmetic.map(show)).toEqual(['x + 1', 'x - 2', 'x * 3', 'x / 4', 'x % 5', 'min(x, 6)', 'max(x, 7)'])
  const comparisons = [x.lt(1), x.le(1), x.gt(1), x.ge(1), x.eq(1), x.ne(1)]
  expect(comparisons.map(show)).toEqual(['x < 1', 'x <= 1', '1 < x', '1 <= x', 'x == 1', 'x != 1'])
  const bits = [x.bitAnd(1), x.bitXor(1), x.shl(1), x.shr(1), b.and(b), b.or(b), b.not(), x.neg()]
  expect(bits.map(show)).toEqual(['x & 1', 'x ^ 1', 'x << 1', 'x >> 1', 'b && b', 'b || b', '!b', '-x'])
  const rest = [f.exp(), f.tanh(), x.cast('f32'), b.select(f, 0), b.select(0, x), b.select(1, 0), x.add(n)]
  expect(rest.map(show)).toEqual([
    'exp(f)',
    'tanh(f)',
    'f32(x)',
    'select(b, f, 0)',
    'select(b, 0, x)',
    'select(b, 1, 0)',
    'x + N',
  ])
  expect(b.select(0, x).expr.dtype).toBe('i32')
  expect(b.select(1, 0).expr.dtype).toBe('f32')
})

test('operands: numbers take the type beside them, sizes are i32', () => {
  expect(toExpr(1, 'f32')).toEqual(constant('f32', 1))
  expect(toExpr(true, 'bool')).toEqual(constant('bool', true))
  expect(toExpr(n, 'i32')).toEqual({ kind: 'size', dtype: 'i32', size: n })
  expect(toExpr(sizeAdd(n, 1), 'i32').dtype).toBe('i32')
  expect(toExpr(builtin('thread'), 'f32')).toEqual(builtin('thread'))
  expect(toExpr(value(int(3)), 'f32')).toEqual(int(3))
  expect(thrownBy(() => value(variable('f', 'f32')).add(n)).code).toBe('ir/type')
})

test('a task has a name for each of its dimensions, however many, and a position', () => {
  const vars: number[] = []
  build((g) => g.forTask(repeat(1, 1, 1, 1, 1, 1, 1, 1), 0, (...task) => vars.push(task.length)))
  expect(vars).toEqual([9])
})

test('a built kernel is plain data: rewriting leaves it alone, and a clone prints alike', () => {
  const made = deepFreeze(doubling())
  const text = printKernel(made)
  const threadless = rewriteExprs(made.body, (expr) =>
    rewriteExpr(expr, (node) => (node.kind === 'builtin' && node.name === 'thread' ? int(0) : node)),
  )
  expect(threadless).not.toBe(made.body)
  expect(printKernel(made)).toBe(text)

  const clone = structuredClone(made)
  expect(clone).toEqual(made)
  expect(printKernel(clone)).toBe(text)
  expect(validateKernel(clone)).toEqual([])
})

test('JSON keeps all that a kernel says but which nodes are one', () => {
  const body: Stmt = JSON.parse(JSON.stringify(doubling().body))
  const kinds = (of: Stmt): readonly string[] => {
    const found: string[] = []
    walkStmts(of, (stmt) => found.push(stmt.kind))
    return found
  }
  expect(kinds(body)).toEqual(kinds(doubling().body))
  const mapping = compose(repeat(4, 1), spatial(16, 8))
  expect(JSON.parse(JSON.stringify(mapping))).toEqual(mapping)
})

test('a chain may stand for its mapping', () => {
  const built = (mapping: TaskMapping | MappingChain): string =>
    printKernel(
      buildKernel({ name: 'k', threads: 8, workgroups: [1, 1, 1] }, (g) => {
        const x = g.param('x', 'f32', [32])
        g.forTask(mapping, g.thread, (i) => x.set([i], 0))
      }),
    )
  const made = chain.repeat(4).spatial(8)
  expect(built(made)).toBe(built(made.mapping))
})

test.each([
  ['a dtype', 'ir/dtype', 'buffer "x" has elements of "float"', ['x', 'float', [4]]],
  ['a shape', 'ir/shape', 'the shape of buffer "x" is no array', ['x', 'f32', 4]],
  ['a shape that is there', 'ir/shape', 'the shape of buffer "x" is no array', ['x', 'f32']],
])('a buffer needs %s', (_, code, message, given) => {
  build((g) => {
    expect(thrownBy(() => Reflect.apply(g.param, undefined, given))).toMatchObject({
      code,
      message,
      help: expect.any(String),
    })
  })
})

test("JavaScript's operators on values of the kernel are refused, with what to write instead", () => {
  build((g) => {
    const x = g.param('x', 'f32', [4])
    const [old, i] = [x.at(0), g.thread] as readonly unknown[] as readonly [number, number]
    const asked = { code: 'ir/operand', help: expect.stringContaining('x.mul(2)') }
    expect(thrownBy(() => old * 2)).toMatchObject(asked)
    expect(thrownBy(() => Math.max(old, 0))).toMatchObject(asked)
    expect(thrownBy(() => i < 2)).toMatchObject(asked)
    expect(thrownBy(() => i + 1)).toMatchObject(asked)
  })
})

test('an access needs an array of indices, and an operand needs a value', () => {
  build((g) => {
    const x = g.param('x', 'f32', [4])
    const set = (...given: readonly unknown[]): unknown => Reflect.apply(x.set, undefined, given)
    expect(thrownBy(() => set(0, 1)).message).toBe('the index of an access is no array')
    expect(thrownBy(() => set([0])).message).toBe('an operand is undefined')
    expect(thrownBy(() => set([0], '1')).message).toBe('an operand is the text "1"')
    expect(thrownBy(() => set([0], x)).message).toBe('an operand is an object')
    expect(thrownBy(() => Reflect.apply(g.thread.add, g.thread, [null]))).toMatchObject({
      code: 'ir/operand',
      help: expect.any(String),
    })
  })
})

test('sizes that are none are refused where they are given', () => {
  const withShape = (extent: unknown): unknown =>
    build((g) => Reflect.apply(g.param, undefined, ['x', 'f32', [extent, 16]]))
  const withLaunch = (count: unknown): unknown =>
    Reflect.apply(buildKernel, undefined, [{ name: 'k', threads: 8, workgroups: [count, 1, 1] }, () => {}])
  expect(thrownBy(() => withShape('n'))).toMatchObject({
    code: 'ir/shape',
    message: 'an extent of buffer "x" is a number or a size, not the text "n"',
    help: "pass size('n') for one that a run decides",
  })
  expect(thrownBy(() => withShape(sizeValue(size('n')))).message).toContain('not an object')
  for (const count of ['n', Number.NaN, -1, 1.5, undefined]) {
    expect(thrownBy(() => withLaunch(count))).toMatchObject({
      code: 'ir/launch',
      help: expect.stringContaining('ceilDiv'),
    })
  }
})

test('constants are numbers that 32 bits hold', () => {
  build((g) => {
    expect(thrownBy(() => g.constant('i32', 2 ** 32)).message).toBe('a constant of i32 has 32 bits, not 4294967296')
    expect(thrownBy(() => g.thread.add(-(2 ** 31) - 1))).toMatchObject({ code: 'ir/type' })
    // A pattern of bits, which wraps.
    expect(g.constant('i32', 0xffffffff).expr).toMatchObject({ value: -1 })
  })
})

test('values have functions, and operations that are none are named', () => {
  build((g) => {
    const x = g.param('x', 'f32', [4])
    expect(x.at(0).sqrt().expr).toEqual(unary('sqrt', x.at(0).expr))
    expect(x.at(0).pow(2).expr).toEqual(binary('pow', x.at(0).expr, constant('f32', 2)))
    expect(thrownBy(() => Reflect.apply(unary, undefined, ['sqroot', x.at(0).expr]))).toMatchObject({
      code: 'ir/type',
      message: 'there is no operation "sqroot"',
      help: expect.stringContaining('sqrt'),
    })
    expect(thrownBy(() => Reflect.apply(binary, undefined, ['plus', x.at(0).expr, x.at(0).expr])).message).toBe(
      'there is no operation "plus"',
    )
    expect(thrownBy(() => Reflect.apply(unary, undefined, ['sqrt', x.at(0)]))).toMatchObject({
      message: 'the operand of sqrt is an expression, not undefined',
      help: 'of a value pass value.expr',
    })
  })
})

test.each([
  ['8', 'the threads of a kernel are a number, not the text "8"'],
  [undefined, 'the threads of a kernel are a number, not undefined'],
])('%o threads are refused as what they are', (threads, message) => {
  const options = { name: 'k', threads, workgroups: [1, 1, 1] }
  expect(thrownBy(() => Reflect.apply(buildKernel, undefined, [options, () => undefined]))).toMatchObject({
    code: 'ir/threads',
    message,
    help: 'pass threads: 64',
  })
})
