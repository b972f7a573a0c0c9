import { spatial } from '@tilewright/task-mapping'
import { arbitraryExpr, deepFreeze, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buffer } from './buffer.js'
import { add, builtin, constant, type Expr, int, load, lt, mul, select, sub, variable } from './expr.js'
import { printExpr } from './print/print-expr.js'
import { printStmt } from './print/print-stmt.js'
import { mapStmt, rewriteExpr, rewriteExprs, rewriteStmts, substitute, substituteStmt } from './rewrite.js'
import { size } from './size.js'
import {
  asyncCopy,
  atomic,
  barrier,
  declare,
  forLoop,
  forTask,
  ifThen,
  letStmt,
  loadVector,
  type Mbarrier,
  type Stmt,
  seq,
  store,
  storeVector,
} from './stmt.js'
import { matrixMultiply } from './subgroup-stmts.js'
import { someExpr, stmtExprs, walkStmts } from './walk.js'

const runs = { numRuns: propertyRuns() }
const types = ['i32', 'u32', 'f32', 'bool'] as const
const vars = types.map((type) => variable(type, type))
const table = buffer('table', 'f32', [4, 4], 'storage')
const [i, j] = [variable('i'), variable('j')]
const anyExpr = fc.oneof(...types.map((type) => arbitraryExpr({ type, vars, buffers: [table], sizes: [size('N')] })))

test('rewriting nothing gives back the same object', () => {
  fc.assert(
    fc.property(anyExpr, (expr) => {
      expect(rewriteExpr(deepFreeze(expr), (node) => node)).toBe(expr)
      expect(substitute(expr, new Map([[i, int(0)]]))).toBe(expr)
    }),
    runs,
  )
})

test('variables renamed there and back give equal expressions', () => {
  const fresh = vars.map((v) => variable(`fresh_${v.hint}`, v.dtype))
  const there = new Map(vars.map((v, d) => [v, fresh[d]!]))
  const back = new Map(fresh.map((v, d) => [v, vars[d]!]))
  fc.assert(
    fc.property(anyExpr, (expr) => {
      // Folded by the first renaming, which rebuilds every path to a variable; the second finds nothing to fold.
      const renamed = substitute(deepFreeze(expr), there)
      const returned = substitute(renamed, back)
      expect(printExpr(substitute(returned, there))).toBe(printExpr(renamed))
      expect(someExpr(returned, (node) => node.kind === 'var' && !vars.includes(node))).toBe(false)
    }),
    runs,
  )
})

test('substitution folds on the way up', () => {
  expect(substitute(add(mul(i, int(4)), j), new Map([[i, int(2)]]))).toEqual(add(int(8), j))
  expect(
    substitute(
      select(lt(i, j), i, j),
      new Map([
        [i, int(1)],
        [j, int(2)],
      ]),
    ),
  ).toEqual(int(1))
  expect(substitute(load(table, [i, j]), new Map([[i, j]]))).toEqual(load(table, [j, j]))
})

test('shared nodes are visited once and stay shared', () => {
  const shared = add(i, j)
  const both = mul(shared, shared)
  let visits = 0
  const result = rewriteExpr(both, (node) => {
    visits++
    return node === i ? j : node
  })
  expect(visits).toBe(4)
  expect(result.kind === 'binary' && result.left === result.right).toBe(true)

  // 2^60 paths, 61 nodes.
  let doubled: Expr = i
  for (let level = 0; level < 60; level++) doubled = add(doubled, doubled)
  expect(rewriteExpr(doubled, (node) => node)).toBe(doubled)
})

/** One statement of every kind, in which the variable `i` occurs wherever an expression can stand. */
function everyKind(): Stmt {
  const flat = buffer('flat', 'f32', [64], 'storage')
  const counts = buffer('counts', 'i32', [64], 'storage')
  const tile = buffer('tile', 'f32', [64], 'workgroup')
  const [p, q, r] = ['p', 'q', 'r'].map((hint) => buffer(hint, 'f32', [4], 'private'))
  const mbarrier: Mbarrier = { kind: 'mbarrier', hint: 'full', slots: 1, arrivals: 1 }
  const inside = lt(i, int(4))
  const map = { kind: 'repeat', shape: [2, 2], unroll: [false, false] } as const
  const pair = [variable('v', 'f32'), variable('v', 'f32')]
  return seq([
    declare(tile),
    { kind: 'declare-mbarrier', mbarrier },
    letStmt(variable('x'), i),
    store(tile, [i], load(flat, [i])),
    loadVector(pair, flat, i, inside),
    storeVector(flat, i, pair),
    forLoop(variable('k'), i, seq([store(tile, [i], constant('f32', 0))])),
    forTask([variable('t')], spatial(64), i, store(tile, [i], constant('f32', 1))),
    ifThen(inside, store(tile, [i], constant('f32', 2)), store(tile, [i], constant('f32', 3))),
    atomic('add', counts, [i], i, variable('before')),
    barrier(),
    asyncCopy({ destination: tile, destinationIndex: [i], source: flat, sourceIndex: [i], elements: 1, guard: inside }),
    { kind: 'async-commit' },
    { kind: 'async-wait', pending: 0 },
    { kind: 'mbarrier-arrive', mbarrier, slot: i, rank: i },
    { kind: 'mbarrier-wait', mbarrier, slot: i, parity: i },
    matrixMultiply({ buffer: p!, map }, { buffer: q!, map }, { buffer: r!, map }),
  ])
}

test('statements of every kind: identity gives the same object, a change reaches every expression', () => {
  const body = deepFreeze(everyKind())
  expect(rewriteExprs(body, (expr) => expr)).toBe(body)
  expect(rewriteStmts(body, (stmt) => stmt)).toBe(body)
  expect(
    mapStmt(
      body,
      (expr) => expr,
      (stmt) => stmt,
    ),
  ).toBe(body)

  const changed = substituteStmt(body, new Map([[i, j]]))
  expect(printStmt(changed)).toBe(printStmt(body).replaceAll(/\bi\b/g, 'j'))
  const kinds = new Set<string>()
  walkStmts(changed, (stmt) => {
    kinds.add(stmt.kind)
    for (const expr of stmtExprs(stmt)) expect(printExpr(expr)).not.toContain('i')
  })
  expect(kinds.size).toBe(18)
})

test('a condition that becomes constant picks its branch', () => {
  const body = ifThen(lt(i, int(4)), store(table, [i, i], constant('f32', 1)), store(table, [i, i], constant('f32', 2)))
  expect(printStmt(substituteStmt(body, new Map([[i, int(0)]])))).toBe('table[0, 0] = 1')
  expect(printStmt(substituteStmt(body, new Map([[i, int(9)]])))).toBe('table[9, 9] = 2')
})

test('statements are replaced bottom-up, sequences stay flat', () => {
  const body = seq([barrier(), forLoop(i, int(2), barrier())])
  const doubled = rewriteStmts(body, (stmt) => (stmt.kind === 'barrier' ? seq([stmt, stmt]) : stmt))
  expect(printStmt(doubled)).toMatchInlineSnapshot(`
    "barrier
    barrier
    for i in 0..2 {
      barrier
      barrier
    }"
  `)
  expect(doubled.kind === 'seq' && doubled.body.every((stmt) => stmt.kind !== 'seq')).toBe(true)
  expect(rewriteStmts(body, (stmt) => (stmt.kind === 'for' ? seq([]) : stmt))).toEqual(barrier())
})

test('source locations survive rewriting', () => {
  const at = { file: 'kernel.ts', line: 3, column: 5 }
  const body = letStmt(j, sub(i, builtin('thread')), at)
  const changed = substituteStmt(body, new Map([[i, int(7)]]))
  expect(changed.at).toBe(at)
})
