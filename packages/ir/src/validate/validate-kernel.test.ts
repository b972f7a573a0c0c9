import { compose, repeat, spatial } from '@tilewright/task-mapping'
import { thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { type Buffer, buffer } from '../buffer.js'
import { buildKernel, type KernelBuilder } from '../builder/kernel-builder.js'
import { CompileError, formatError } from '../errors.js'
import { add, binary, builtin, constant, type Expr, int, load, lt, select, sizeValue, variable } from '../expr.js'
import { type Kernel, type KernelDetails, kernel } from '../kernel.js'
import { ceilDiv, size } from '../size.js'
import {
  atomic,
  barrier,
  declare,
  forLoop,
  forTask,
  ifThen,
  letStmt,
  type Mbarrier,
  type Stmt,
  seq,
  store,
} from '../stmt.js'
import type { Fragment } from '../subgroup-stmts.js'
import type { Target } from '../target.js'
import { assertValid, validateKernel } from './validate-kernel.js'

const target: Target = {
  name: 'small',
  limits: {
    threads: 256,
    workgroupBytes: 16384,
    workgroupsPerDimension: 65535,
    clusterWorkgroups: 2,
    storageBuffers: 2,
    bindingBytes: 2 ** 27,
    bufferBytes: 2 ** 28,
  },
  elementBytes: { f32: 4, f16: 4, bf16: 4, i32: 4, u32: 4, i8: 4, u8: 4, bool: 4 },
  binding: { alignment: 256, mixedAccess: false },
  vectorLanes: 4,
  fastWorkgroupMemory: true,
  asyncCopies: false,
  parallelWorkgroups: 1,
  matrixInstructions: [],
  tileInstructions: [],
  subgroupSize: undefined,
}
const out = buffer('out', 'f32', [64], 'storage')
const thread = builtin('thread')
const one = constant('f32', 1)
const eq = (left: Expr, right: Expr): Expr => binary('eq', left, right)

function kernelOf(body: readonly Stmt[], details: Partial<KernelDetails> = {}): Kernel {
  return kernel({ name: 'k', params: [out], threads: 64, workgroups: [1, 1, 1], body: seq(body), ...details })
}

/** The violations of a kernel as people see them. */
function texts(made: Kernel, on?: Target): readonly string[] {
  return validateKernel(made, on).map((violation) => formatError(new CompileError(violation)))
}

function codes(body: readonly Stmt[], details: Partial<KernelDetails> = {}): readonly string[] {
  return validateKernel(kernelOf(body, details)).map(({ code }) => code)
}

function built(author: (g: KernelBuilder) => void): Kernel {
  return buildKernel({ name: 'k', threads: 64, workgroups: [1, 1, 1] }, author)
}

test('a tiled matmul is valid', () => {
  const [m, n, k] = [size('M'), size('N'), size('K')]
  const made = buildKernel({ name: 'matmul', threads: 64, workgroups: [ceilDiv(n, 8), ceilDiv(m, 8), 1] }, (g) => {
    const [a, b] = [g.param('a', 'f32', [m, k]), g.param('b', 'f32', [k, n])]
    const c = g.param('c', 'f32', [m, n])
    const [tileA, tileB] = [g.workgroupBuffer('tileA', 'f32', [8, 8]), g.workgroupBuffer('tileB', 'f32', [8, 8])]
    const acc = g.privateBuffer('acc', 'f32', [])
    const [row, col] = [g.let('row', g.workgroup.y.mul(8)), g.let('col', g.workgroup.x.mul(8))]
    acc.set([], 0)
    g.loop('k0', ceilDiv(k, 8), (k0) => {
      g.forTask(spatial(8, 8), g.thread, (i, j) => {
        tileA.set([i, j], a.atOrZero(row.add(i), k0.mul(8).add(j)))
        tileB.set([i, j], b.atOrZero(k0.mul(8).add(i), col.add(j)))
      })
      g.barrier()
      g.forTask(spatial(8, 8), g.thread, (i, j) =>
        g.loop('kk', 8, (kk) => acc.update([], (sum) => sum.add(tileA.at(i, kk).mul(tileB.at(kk, j))))),
      )
      g.barrier()
    })
    g.forTask(spatial(8, 8), g.thread, (i, j) => c.setIfInside([row.add(i), col.add(j)], acc.at()))
  })
  expect(validateKernel(made, { ...target, limits: { ...target.limits, storageBuffers: 8 } })).toEqual([])
  assertValid(made)
})

describe('the four classic mistakes', () => {
  test('an access with the wrong number of indices', () => {
    expect(formatError(thrownBy(() => built((g) => g.use(out).set([0, 0], 1))))).toMatchInlineSnapshot(`
      "error[ir/rank]: buffer "out" of shape [64] is indexed with 2 indices
        help  give one index a dimension"
    `)
  })

  test('more workers than threads', () => {
    const [i, j] = [variable('i'), variable('j')]
    const made = kernelOf([forTask([i, j], compose(repeat(4, 1), spatial(16, 8)), thread, store(out, [j], one))])
    expect(texts(made).join('\n')).toMatchInlineSnapshot(`
      "error[schedule/workers]: repeat(4, 1) * spatial(16, 8) has 128 workers; there are 64 threads
        at    kernel "k", line 2: for-task (i, j) in repeat(4, 1) * spatial(16, 8) on thread
        help  tasks of the other 64 would never be done: repeat more, or ask for more threads"
    `)
  })

  test('too much workgroup memory', () => {
    const tiles = ['tileA', 'tileB'].map((hint) => declare(buffer(hint, 'f32', [64, 64], 'workgroup')))
    expect(texts(kernelOf(tiles), target).join('\n')).toMatchInlineSnapshot(`
      "error[schedule/workgroup-memory]: 32768 B of workgroup memory; small allows 16384 B
        at    kernel "k"
        help  take smaller tiles, or fewer stages: tileA 16384 B, tileB 16384 B"
    `)
    expect(validateKernel(kernelOf(tiles.slice(1)), target)).toEqual([])
  })

  test('a barrier that some threads do not reach', () => {
    const made = kernelOf([ifThen(lt(thread, int(32)), seq([store(out, [thread], one), barrier()]))])
    expect(texts(made).join('\n')).toMatchInlineSnapshot(`
      "error[ir/divergent-barrier]: a workgroup barrier that not all threads of its workgroup reach together: it stands inside \`if thread < 32\` (line 2)
        at    kernel "k", line 4: barrier
        help  move it out, or make the condition equal in the whole workgroup: of sizes, workgroup ids and uniform loads"
    `)
  })
})

test("a place in the author's file comes first", () => {
  const at = { file: '/src/kernel.ts', line: 12, column: 5 }
  const [violation] = validateKernel(kernelOf([ifThen(lt(thread, int(32)), barrier('workgroup', 'workgroup', at))]))
  expect(violation?.where).toBe('/src/kernel.ts:12:5 (kernel "k", line 3: barrier)')
})

describe('names', () => {
  const [x, y] = [variable('x'), variable('y')]
  const acc = buffer('acc', 'f32', [], 'private')
  const tile = buffer('tile', 'f32', [4], 'workgroup')
  const mbarrier: Mbarrier = { kind: 'mbarrier', hint: 'full', slots: 1, arrivals: 64 }

  test('a variable is bound before use', () => {
    const made = kernelOf([store(out, [x], one), letStmt(x, int(0)), store(out, [x], one)])
    expect(texts(made)).toMatchInlineSnapshot(`
      [
        "error[ir/unbound]: variable "x" is not bound
        at    kernel "k", line 2: out[x] = 1
        help  a binding reaches from its statement to the end of the block around it",
      ]
    `)
  })

  test('a binding ends with its block', () => {
    const made = kernelOf([forLoop(y, int(4), seq([letStmt(x, y), store(out, [x], one)])), store(out, [x], one)])
    expect(texts(made)).toMatchInlineSnapshot(`
      [
        "error[ir/unbound]: variable "x" is used outside the block that it is bound in
        at    kernel "k", line 6: out[x] = 1
        help  a binding reaches from its statement to the end of the block around it",
      ]
    `)
    expect(codes([forLoop(y, int(4), barrier()), store(out, [y], one)])).toEqual(['ir/unbound'])
    expect(codes([ifThen(lt(thread, int(1)), letStmt(x, int(0)), store(out, [x], one))])).toEqual(['ir/unbound'])
  })

  test('a loop bound does not see the loop variable', () => {
    expect(codes([forLoop(x, add(x, int(1)), barrier())])).toContain('ir/unbound')
  })

  test('a variable is bound once', () => {
    const made = kernelOf([letStmt(x, int(0)), letStmt(x, int(1))])
    expect(texts(made)).toMatchInlineSnapshot(`
      [
        "error[ir/bound-twice]: variable "x" is bound a second time
        at    kernel "k", line 3: let x: i32 = 1
        help  make a fresh one for each copy of a body",
      ]
    `)
    const body = seq([letStmt(x, int(0)), store(out, [x], one)])
    expect(codes([ifThen(lt(thread, int(1)), body, body)])).toEqual(['ir/bound-twice'])
    expect(codes([forTask([x, x], spatial(8, 8), thread, barrier())])).toContain('ir/bound-twice')
  })

  test('buffers are declared, storage is a parameter', () => {
    const other = buffer('other', 'f32', [4], 'storage')
    const made = kernelOf([store(acc, [], load(other, [int(0)])), store(out, [int(0)], load(tile, [int(0)]))])
    expect(texts(made)).toMatchInlineSnapshot(`
      [
        "error[ir/unbound]: storage buffer "other" is used but is not a parameter
        at    kernel "k", line 2: acc[] = other[0]
        help  list it among the parameters of the kernel",
        "error[ir/unbound]: private buffer "acc" is not declared
        at    kernel "k", line 2: acc[] = other[0]
        help  a binding reaches from its statement to the end of the block around it",
        "error[ir/unbound]: workgroup buffer "tile" is not declared
        at    kernel "k", line 3: out[0] = tile[0]
        help  a binding reaches from its statement to the end of the block around it",
      ]
    `)
    expect(codes([declare(acc), declare(acc)])).toEqual(['ir/bound-twice'])
    expect(codes([], { params: [out, out] })).toEqual(['ir/bound-twice'])
    expect(codes([{ kind: 'mbarrier-arrive', mbarrier, slot: int(0), rank: undefined }])).toEqual(['ir/unbound'])
  })

  test('workgroup memory and mbarriers are declared at the top', () => {
    expect(codes([declare(acc), declare(tile), { kind: 'declare-mbarrier', mbarrier }])).toEqual([])
    const late = [barrier(), declare(tile), forLoop(y, int(2), { kind: 'declare-mbarrier', mbarrier })]
    expect(texts(kernelOf(late))).toMatchInlineSnapshot(`
      [
        "error[ir/declaration]: workgroup buffer "tile" is declared below the top of the body
        at    kernel "k", line 3: workgroup tile: f32[4]
        help  declare workgroup memory and mbarriers before all other statements",
        "error[ir/declaration]: mbarrier "full" is declared below the top of the body
        at    kernel "k", line 5: mbarrier full: 1 slots, 64 arrivals
        help  declare workgroup memory and mbarriers before all other statements",
      ]
    `)
  })
})

describe('nodes made past the constructors', () => {
  test.each<[string, Stmt]>([
    ['ir/rank', { kind: 'store', buffer: out, index: [], value: one }],
    ['ir/type', { kind: 'store', buffer: out, index: [int(0)], value: int(1) }],
    ['ir/type', { kind: 'let', var: variable('x'), value: one }],
    ['ir/type', { kind: 'let', var: variable('x', 'f32'), value: { ...add(one, one), dtype: 'i32' } as Expr }],
    ['ir/scope', { kind: 'declare', buffer: buffer('s', 'f32', [1], 'storage') }],
    ['ir/vector', { kind: 'store-vector', buffer: out, index: int(0), values: [one, one, one] }],
    ['ir/atomic', { kind: 'atomic', op: 'add', buffer: out, index: [int(0)], value: one, previous: undefined }],
    ['ir/rank', forTask([variable('i')], spatial(4), thread, { kind: 'store', buffer: out, index: [], value: one })],
  ])('%s', (code, stmt) => {
    expect(codes([stmt])).toContain(code)
  })
})

describe('subgroups', () => {
  const multiply = ([a, b, d]: readonly [Fragment, Fragment, Fragment]): readonly Stmt[] => [
    ...[a, b, d].map(({ buffer: fragment }) => declare(fragment)),
    { kind: 'matrix-multiply', a, b, d },
  ]

  test('need a fixed size', () => {
    const made = kernelOf([store(out, [builtin('lane')], one), barrier('subgroup')])
    expect(texts(made)).toMatchInlineSnapshot(`
      [
        "error[ir/subgroup]: the builtin lane in a kernel without a fixed subgroup size
        at    kernel "k", line 2: out[lane] = 1
        help  give the kernel a subgroupSize",
        "error[ir/subgroup]: a subgroup barrier in a kernel without a fixed subgroup size
        at    kernel "k", line 3: barrier subgroup
        help  give the kernel a subgroupSize",
      ]
    `)
    expect(codes([store(out, [builtin('lane')], one), barrier('subgroup')], { subgroupSize: 32 })).toEqual([])
  })

  test('a matrix-multiply has one lane a worker', () => {
    const square = (lanes: number): readonly [Fragment, Fragment, Fragment] => {
      const of = (hint: string): Fragment => ({
        buffer: buffer(hint, 'f32', [(8 * 8) / lanes], 'private'),
        map: compose(repeat(64 / lanes, 1), spatial(lanes / 8, 8)),
      })
      return [of('a'), of('b'), of('d')]
    }
    expect(codes([...multiply(square(32))], { subgroupSize: 32 })).toEqual([])
    expect(texts(kernelOf(multiply(square(16)), { subgroupSize: 32 }))).toMatchInlineSnapshot(`
      [
        "error[ir/subgroup]: a matrix-multiply over 16 lanes in a kernel with subgroups of 32
        at    kernel "k", line 5: matrix-multiply d{repeat(4, 1) * spatial(2, 8)} += a{repeat(4, 1) * spatial(2, 8)} @ b{repeat(4, 1)…
        help  the maps of its fragments have one worker a lane",
      ]
    `)
    expect(codes(multiply(square(32)))).toEqual(['ir/subgroup'])
  })

  test('the target fixes the size the kernel is built for', () => {
    const made = kernelOf([], { subgroupSize: 32 })
    expect(texts(made, target)).toMatchInlineSnapshot(`
      [
        "error[schedule/subgroup-size]: built for subgroups of 32; those of small have no fixed size
        at    kernel "k"
        help  use a template without subgroups, or a target that fixes their size",
      ]
    `)
    expect(validateKernel(made, { ...target, subgroupSize: 32 })).toEqual([])
    expect(validateKernel(made, { ...target, subgroupSize: 16 }).map(({ code }) => code)).toEqual([
      'schedule/subgroup-size',
    ])
  })

  test('clusters are such as the target has, and a pass leaves whole ones', () => {
    const made = kernelOf([], { workgroups: [8, 1, 1], cluster: 4 })
    expect(texts(made, target)).toMatchInlineSnapshot(`
      [
        "error[schedule/cluster]: clusters of 4 workgroups; those of small have 2
        at    kernel "k"
        help  let each workgroup copy what it needs by itself, or take a target with clusters",
      ]
    `)
    expect(validateKernel(made, { ...target, limits: { ...target.limits, clusterWorkgroups: 4 } })).toEqual([])
    expect(validateKernel({ ...made, workgroups: [6, 1, 1] }).map(({ code }) => code)).toEqual(['ir/cluster'])
  })

  test('workers are counted in subgroups and lanes too', () => {
    const [i, j] = [variable('i'), variable('j')]
    const body = [
      forTask([i], spatial(3), builtin('subgroup'), store(out, [i], one)),
      forTask([j], spatial(64), builtin('lane'), store(out, [j], one)),
    ]
    expect(texts(kernelOf(body, { subgroupSize: 32 }))).toMatchInlineSnapshot(`
      [
        "error[schedule/workers]: spatial(3) has 3 workers; there are 2 subgroups
        at    kernel "k", line 2: for-task (i) in spatial(3) on subgroup
        help  tasks of the other 1 would never be done: repeat more, or ask for more threads",
        "error[schedule/workers]: spatial(64) has 64 workers; there are 32 lanes in a subgroup
        at    kernel "k", line 5: for-task (j) in spatial(64) on lane
        help  tasks of the other 32 would never be done: repeat more, or ask for more threads",
      ]
    `)
  })
})

test('limits of the target', () => {
  const params = ['a', 'b', 'c'].map((hint) => buffer(hint, 'f32', [4], 'storage'))
  const made = kernelOf([], { threads: 512, params })
  expect(texts(made, target)).toMatchInlineSnapshot(`
    [
      "error[schedule/threads]: a workgroup of 512 threads; small allows 256
      at    kernel "k"
      help  give each thread more tasks: repeat more, or take a smaller tile",
      "error[limits/storage-buffers]: 3 storage buffers; small binds 2 to one kernel
      at    kernel "k"
      help  fuse fewer operators into the kernel",
    ]
  `)
  expect(validateKernel(made)).toEqual([])
})

describe('async copies', () => {
  const tile = buffer('tile', 'f32', [64], 'workgroup')
  const copy: Stmt = {
    kind: 'async-copy',
    destination: tile,
    destinationIndex: [thread],
    source: out,
    sourceIndex: [thread],
    elements: 1,
    guard: undefined,
  }
  const [commit, wait]: readonly Stmt[] = [{ kind: 'async-commit' }, { kind: 'async-wait', pending: 0 }]
  const k = variable('k')

  test('committed and waited for', () => {
    expect(codes([declare(tile), copy, commit!, wait!, barrier()])).toEqual([])
    const pipelined = forLoop(k, int(4), seq([wait!, barrier(), ifThen(lt(k, int(3)), copy), commit!]))
    expect(codes([declare(tile), copy, commit!, pipelined])).toEqual([])
  })

  test('not committed, or not waited for', () => {
    expect(texts(kernelOf([declare(tile), copy, barrier()]))).toMatchInlineSnapshot(`
      [
        "error[ir/async-copy]: no async-commit follows this copy
        at    kernel "k", line 3: async-copy 1 to tile[thread] from out[thread]
        help  commit after the last copy of a group, in the same block or after it",
        "error[ir/async-copy]: nothing waits for this copy
        at    kernel "k", line 3: async-copy 1 to tile[thread] from out[thread]
        help  put an async-wait, then a barrier, before what reads the copy",
      ]
    `)
    expect(codes([declare(tile), commit!, copy, wait!])).toEqual(['ir/async-copy'])
    expect(codes([declare(tile), copy, ifThen(lt(thread, int(4)), commit!), wait!])).toEqual(['ir/async-copy'])
    expect(codes([declare(tile), copy, ifThen(lt(thread, int(4)), commit!, commit), wait!])).toEqual([])
  })

  test('impossible counts', () => {
    const mbarrier: Mbarrier = { kind: 'mbarrier', hint: 'full', slots: 0, arrivals: 64 }
    expect(codes([{ kind: 'declare-mbarrier', mbarrier }])).toEqual(['ir/mbarrier'])
    expect(codes([{ kind: 'async-wait', pending: -1 }])).toEqual(['ir/async-wait'])
  })
})

describe('properties', () => {
  const deep: Buffer = buffer('deep', 'f32', [4, 4], 'storage')
  const scalar = buffer('scalar', 'f32', [], 'private')
  const body = seq([
    declare(scalar),
    store(scalar, [], load(deep, [int(0), int(0)])),
    forTask([variable('i')], spatial(4), thread, store(out, [thread], load(scalar, []))),
  ])

  test('hold as long as they are claimed', () => {
    const made = kernel({ name: 'k', params: [out, deep], threads: 64, workgroups: [1, 1, 1], body })
    expect(validateKernel(made)).toEqual([])
    expect(texts({ ...made, properties: ['flat-indices', 'no-for-task'] })).toMatchInlineSnapshot(`
      [
        "error[ir/property]: a for-task in a kernel with the property no-for-task
        at    kernel "k", line 4: for-task (i) in spatial(4) on thread
        help  the last pass broke what an earlier one established",
        "error[ir/property]: an access with several indices in a kernel with the property flat-indices
        at    kernel "k", line 3: scalar[] = deep[0, 0]
        help  the last pass broke what an earlier one established",
      ]
    `)
  })
})

describe('barriers are reached by all', () => {
  const lengths = buffer('lengths', 'i32', [64], 'storage')
  const counts = buffer('counts', 'i32', [64], 'storage')
  const group = builtin('workgroup-x')
  const [x, k, i] = [variable('x'), variable('k'), variable('i')]
  const under = (cond: Expr, what: Stmt = barrier()): Stmt => ifThen(cond, what)
  const check = (...body: readonly Stmt[]): readonly string[] =>
    codes([...body], { params: [out, lengths, counts], subgroupSize: 32 })
  const refused = ['ir/divergent-barrier']

  test('under sizes, workgroup ids, and what is made of them', () => {
    const n = sizeValue(size('N'))
    expect(check(under(lt(group, n)))).toEqual([])
    expect(check(forLoop(k, n, under(eq(k, int(0)))))).toEqual([])
    expect(check(letStmt(x, add(group, n)), forLoop(k, x, forLoop(i, k, barrier())))).toEqual([])
    expect(check(ifThen(lt(group, n), seq([]), barrier()))).toEqual([])
  })

  test('under a load that is equal for all threads', () => {
    expect(check(forLoop(k, load(lengths, [group]), barrier()))).toEqual([])
    expect(check(forLoop(k, load(lengths, [thread]), barrier()))).toEqual(refused)
    const written = store(lengths, [thread], int(0))
    expect(check(forLoop(k, load(lengths, [group]), barrier()), written)).toEqual(refused)
  })

  test('not under the thread, the lane, or what is made of them', () => {
    expect(check(letStmt(x, add(thread, int(1))), under(lt(x, int(4))))).toEqual(refused)
    expect(check(under(lt(builtin('lane'), int(4))))).toEqual(refused)
    expect(check(forLoop(k, thread, barrier()))).toEqual(refused)
    expect(check(under(lt(select(lt(thread, int(1)), int(1), int(2)), int(2))))).toEqual(refused)
    expect(check(forLoop(k, int(4), ifThen(lt(thread, k), seq([]), under(lt(k, int(2))))))).toEqual(refused)
  })

  test('not under private or workgroup memory, or what an atomic gave', () => {
    const acc = buffer('acc', 'i32', [], 'private')
    const tile = buffer('tile', 'i32', [1], 'workgroup')
    expect(check(declare(acc), store(acc, [], int(0)), under(lt(load(acc, []), int(1))))).toEqual(refused)
    expect(check(declare(tile), under(lt(load(tile, [int(0)]), int(1))))).toEqual(refused)
    expect(check(atomic('add', counts, [int(0)], int(1), x), under(lt(x, int(1))))).toEqual(refused)
  })

  test('not in the body of a for-task, whatever its worker', () => {
    expect(check(forTask([i], repeat(4), int(0), barrier()))).toEqual(refused)
    expect(check(forTask([i], spatial(2), builtin('subgroup'), barrier('subgroup')))).toEqual(refused)
  })

  test('barriers of a subgroup may differ between subgroups', () => {
    const cond = eq(builtin('subgroup'), int(0))
    expect(check(under(cond, barrier('subgroup')))).toEqual([])
    expect(check(under(cond, barrier('workgroup')))).toEqual(refused)
    expect(check(under(lt(thread, int(32)), barrier('subgroup')))).toEqual(refused)
    const both = under(lt(thread, int(32)), under(cond, barrier()))
    const [violation] = validateKernel(kernelOf([both], { subgroupSize: 32 }))
    expect(violation?.message).toContain('`if thread < 32` (line 2)')
  })

  test('threads may wait for each other by mbarriers anywhere', () => {
    const mbarrier: Mbarrier = { kind: 'mbarrier', hint: 'full', slots: 1, arrivals: 32 }
    const arrive: Stmt = { kind: 'mbarrier-arrive', mbarrier, slot: int(0), rank: undefined }
    const wait: Stmt = { kind: 'mbarrier-wait', mbarrier, slot: int(0), parity: int(0) }
    expect(check({ kind: 'declare-mbarrier', mbarrier }, ifThen(lt(thread, int(32)), arrive, wait))).toEqual([])
  })
})

describe('assertValid', () => {
  const unbound = store(out, [variable('x')], one)
  const divergent = ifThen(lt(thread, int(1)), barrier())

  test('throws the only violation as it is', () => {
    const error = thrownBy(() => assertValid(kernelOf([divergent])))
    expect(error).toBeInstanceOf(CompileError)
    expect(error.code).toBe('ir/divergent-barrier')
  })

  test('throws all of several', () => {
    const error = thrownBy(() => assertValid(kernelOf([unbound, divergent])))
    expect(error).toBeInstanceOf(CompileError)
    expect(formatError(error)).toMatchInlineSnapshot(`
      "error[ir/invalid-kernel]: kernel "k" breaks 2 rules
      error[ir/unbound]: variable "x" is not bound
        at    kernel "k", line 2: out[x] = 1
        help  a binding reaches from its statement to the end of the block around it
      error[ir/divergent-barrier]: a workgroup barrier that not all threads of its workgroup reach together: it stands inside \`if thread < 1\` (line 3)
        at    kernel "k", line 4: barrier
        help  move it out, or make the condition equal in the whole workgroup: of sizes, workgroup ids and uniform loads"
    `)
  })

  test('blames the pass that made the kernel', () => {
    const error = thrownBy(() => assertValid(kernelOf([unbound]), { pass: 'hoist-invariants' }))
    expect(error).toBeInstanceOf(CompileError)
    expect(formatError(error)).toMatchInlineSnapshot(`
      "error[ir/pass-result]: pass "hoist-invariants" made an invalid kernel
      error[ir/unbound]: variable "x" is not bound
        at    kernel "k", line 2: out[x] = 1
        help  a binding reaches from its statement to the end of the block around it
        at    kernel "k"
        help  if the pass is yours, have it keep these rules; if it is one of Tilewright, please report it with the kernel"
    `)
  })

  test('checks limits when there is a target', () => {
    const made = kernelOf([], { threads: 512 })
    assertValid(made)
    expect(thrownBy(() => assertValid(made, { target })).code).toBe('schedule/threads')
  })
})
