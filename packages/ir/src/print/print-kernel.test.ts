import { compose, repeat, spatial, type TaskMapping, tasksPerWorker } from '@tilewright/task-mapping'
import { expect, test } from 'vitest'
import { buffer } from '../buffer.js'
import { buildKernel } from '../builder/kernel-builder.js'
import { add, builtin, constant, int, load, lt, mul, variable } from '../expr.js'
import { type Kernel, kernel } from '../kernel.js'
import { ceilDiv, size, sizeMul } from '../size.js'
import { atomic, barrier, declare, forLoop, letStmt, loadVector, type Stmt, seq, store, storeVector } from '../stmt.js'
import { type Fragment, matrixMultiply } from '../subgroup-stmts.js'
import { walkStmts } from '../walk.js'
import { printKernel, printKernelLines } from './print-kernel.js'
import { printStmt } from './print-stmt.js'

function matmul(): Kernel {
  const [m, n, k] = [size('M'), size('N'), size('K', { min: 8, multipleOf: 8 })]
  const load = compose(repeat(8, 1), spatial(8, 8))
  return buildKernel({ name: 'matmul', threads: 64, workgroups: [ceilDiv(n, 64), ceilDiv(m, 64), 1] }, (g) => {
    const a = g.param('a', 'f32', [m, k])
    const c = g.param('c', 'f32', [m, n])
    const tileA = g.workgroupBuffer('tileA', 'f32', [64, 8])
    const acc = g.privateBuffer('acc', 'f32', [8, 8])
    const row = g.let('row', g.workgroup.y.mul(64))
    g.forTask(repeat(8, 8), 0, (i, j) => acc.set([i, j], 0))
    g.loop('k0', ceilDiv(k, 8), (k0) => {
      g.forTask(load, g.thread, (i, kk) => tileA.set([i, kk], a.atOrZero(row.add(i), k0.mul(8).add(kk))))
      g.barrier()
      g.loop('k', 8, (kk) => acc.update([kk, 0], (sum) => sum.add(tileA.at(0, kk).mul(0.1))), { unroll: true })
      g.barrier()
    })
    g.if(
      g.thread.eq(0),
      () => c.setIfInside([row, 0], acc.at(0, 0)),
      () => g.barrier('subgroup', 'storage'),
    )
  })
}

test('a kernel, one statement a line, with names made unique in each scope', () => {
  expect(printKernel(matmul())).toMatchInlineSnapshot(`
    "kernel matmul(a: f32[M, K], c: f32[M, N]) threads 64 workgroups [N /^ 64, M /^ 64, 1] {
      size K: min 8, multiple of 8
      workgroup tileA: f32[64, 8]
      private acc: f32[8, 8]
      let row: i32 = workgroup.y * 64
      for-task (i, j) in repeat(8, 8) on 0 {
        acc[i, j] = 0
      }
      for k0 in 0..K /^ 8 {
        for-task (i, j) in repeat(8, 1) * spatial(8, 8) on thread {
          tileA[i, j] = select(row + i < M && k0 * 8 + j < K, a[row + i, k0 * 8 + j], 0)
        }
        barrier
        for k in 0..8 unroll {
          acc[k, 0] = acc[k, 0] + tileA[0, k] * 0.1
        }
        barrier
      }
      if thread == 0 {
        if row < M && 0 < N {
          c[row, 0] = acc[0, 0]
        }
      } else {
        barrier subgroup on storage
      }
    }"
  `)
})

test('printing is deterministic and ignores source locations', () => {
  expect(printKernel(matmul())).toBe(printKernel(matmul()))
})

test('statements that no template of the simplest kind uses', () => {
  const counts = buffer('counts', 'i32', [4], 'storage')
  const flat = buffer('flat', 'f16', [64], 'storage')
  const tile = buffer('tile', 'f16', [64], 'workgroup')
  const [x, y, before] = [variable('x', 'f32'), variable('x', 'f32'), variable('before')]
  const fragment = (hint: string, map: TaskMapping): Fragment => ({
    buffer: buffer(hint, 'f32', [tasksPerWorker(map)], 'private'),
    map,
  })
  const isInside = lt(builtin('thread'), int(16))
  const options = { name: 'all', threads: 32, subgroupSize: 32, workgroups: [2, 1, 1], cluster: 2 } as const
  const printed = buildKernel(options, (g) => {
    const mbarrier = g.mbarrier('full', 2, 32)
    g.use(counts)
    g.use(flat)
    g.emit(declare(tile))
    g.emit(loadVector([x, y], flat, mul(builtin('lane'), int(2)), isInside))
    g.emit(storeVector(flat, int(0), [y, x]))
    g.emit(atomic('add', counts, [int(0)], int(1), before))
    g.emit(atomic('max', counts, [before], int(1)))
    g.emit({
      kind: 'async-copy',
      destination: tile,
      destinationIndex: [builtin('thread')],
      source: flat,
      sourceIndex: [builtin('thread')],
      elements: 1,
      guard: isInside,
    })
    g.asyncCommit()
    g.asyncWait(0)
    g.arrive(mbarrier, 1)
    g.arrive(mbarrier, 1, { rank: g.workgroup.x.mod(2) })
    g.wait(mbarrier, 1, g.subgroup.mod(2))
    g.barrier('workgroup', 'storage')
    const a = fragment('a', spatial([8, 4], { order: [1, 0] }))
    const b = fragment('b', spatial(4, 8))
    const d = fragment('d', compose(spatial(8, 4), repeat(1, 2)))
    for (const each of [a, b, d]) g.emit(declare(each.buffer))
    g.emit(matrixMultiply(a, b, d))
  })
  expect(printKernel(printed)).toMatchInlineSnapshot(`
    "kernel all(counts: i32[4], flat: f16[64]) threads 32 subgroups 32 clusters of 2 workgroups [2, 1, 1] {
      mbarrier full: 2 slots, 32 arrivals
      workgroup tile: f16[64]
      let (x, x_1): f32 = vector flat[lane * 2] if thread < 16
      vector flat[0] = (x_1, x)
      let before: i32 = atomic add(counts[0], 1)
      atomic max(counts[before], 1)
      async-copy 1 to tile[thread] from flat[thread] if thread < 16
      async-commit
      async-wait 0
      arrive full[1]
      arrive full[1] of rank workgroup.x % 2
      wait full[1] parity subgroup % 2
      barrier on storage
      private a: f32[1]
      private b: f32[1]
      private d: f32[2]
      matrix-multiply d{spatial(8, 4) * repeat(1, 2)} += a{spatial(8, 4, order=[1, 0])} @ b{spatial(4, 8)}
    }"
  `)
})

test('a scope that ends gives its names back; what is free keeps its own', () => {
  const [i, j, free] = [variable('i'), variable('i'), variable('i')]
  const out = buffer('out', 'i32', [4], 'storage')
  const both = seq([
    forLoop(i, int(4), store(out, [i], i)),
    forLoop(j, int(4), seq([letStmt(variable('i'), add(j, free)), store(out, [j], free)])),
    store(out, [int(0)], free),
  ])
  expect(printStmt(both)).toMatchInlineSnapshot(`
    "for i in 0..4 {
      out[i] = i
    }
    for i in 0..4 {
      let i_2: i32 = i + i_1
      out[i] = i_1
    }
    out[0] = i_1"
  `)
})

test('hints that are no names, names of sizes and words of the text are avoided', () => {
  const n = size('N')
  const x = buffer('layer.0/weight:0', 'f32', [n], 'storage')
  const made = kernel({
    name: 'k',
    params: [x],
    threads: 1,
    workgroups: [n, 1, 1],
    body: seq([letStmt(variable('N'), int(1)), letStmt(variable('thread'), int(2)), letStmt(variable('0'), int(3))]),
  })
  expect(printKernel(made)).toMatchInlineSnapshot(`
    "kernel k(layer_0_weight_0: f32[N]) threads 1 workgroups [N, 1, 1] {
      let N_1: i32 = 1
      let thread_1: i32 = 2
      let _0: i32 = 3
    }"
  `)
})

test('facts of sizes are shown where they say something', () => {
  const [n, m] = [size('N', { min: 1, max: 512, multipleOf: 4 }), size('M')]
  const made = kernel({ name: 'k', params: [], threads: 1, workgroups: [sizeMul(n, m), 1, 1], body: seq([]) })
  expect(printKernel(made)).toMatchInlineSnapshot(`
    "kernel k() threads 1 workgroups [N * M, 1, 1] {
      size N: min 1, max 512, multiple of 4
    }"
  `)
})

test('every statement has a line', () => {
  const made = matmul()
  const { lines, lineOf } = printKernelLines(made)
  const found: [Stmt['kind'], string][] = []
  walkStmts(made.body, (stmt) => {
    if (stmt.kind !== 'seq') found.push([stmt.kind, lines[(lineOf(stmt) ?? 0) - 1] ?? 'none'])
  })
  expect(found.filter(([kind]) => kind === 'barrier' || kind === 'if' || kind === 'for')).toMatchInlineSnapshot(`
    [
      [
        "for",
        "  for k0 in 0..K /^ 8 {",
      ],
      [
        "barrier",
        "    barrier",
      ],
      [
        "for",
        "    for k in 0..8 unroll {",
      ],
      [
        "barrier",
        "    barrier",
      ],
      [
        "if",
        "  if thread == 0 {",
      ],
      [
        "if",
        "    if row < M && 0 < N {",
      ],
      [
        "barrier",
        "    barrier subgroup on storage",
      ],
    ]
  `)
  expect(lineOf(made.body)).toBe(3)
  expect(lineOf(seq([]))).toBeUndefined()
  expect(lineOf(barrier())).toBeUndefined()
})

test('loads are printed with the names of their buffers', () => {
  const x = buffer('x', 'f32', [], 'private')
  const body = seq([declare(x), store(x, [], constant('f32', 1)), letStmt(variable('y', 'f32'), load(x, []))])
  expect(printStmt(body)).toMatchInlineSnapshot(`
    "private x: f32[]
    x[] = 1
    let y: f32 = x[]"
  `)
})
