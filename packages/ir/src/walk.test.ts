import { expect, test } from 'vitest'
import { buffer } from './buffer.js'
import { add, constant, type Expr, int, load, lt, mul, select, variable } from './expr.js'
import { asyncCopy, atomic, barrier, forLoop, ifThen, letStmt, loadVector, seq, store, storeVector } from './stmt.js'
import {
  boundVars,
  buffersRead,
  buffersWritten,
  exprChildren,
  loadsOf,
  someExpr,
  stmtChildren,
  walkExpr,
  walkExprs,
  walkStmts,
} from './walk.js'

const [i, j, v, w] = [variable('i'), variable('j'), variable('v', 'f32'), variable('w', 'f32')]
const source = buffer('source', 'f32', [64], 'storage')
const positions = buffer('positions', 'i32', [64], 'storage')
const tile = buffer('tile', 'f32', [64], 'workgroup')

test('expressions are walked parents first, each node once', () => {
  const shared = add(i, j)
  const root = mul(shared, shared)
  const seen: Expr[] = []
  walkExpr(root, (node) => seen.push(node))
  expect(seen).toEqual([root, shared, i, j])
  expect(exprChildren(select(lt(i, j), v, w))).toEqual([lt(i, j), v, w])
})

test('loads, those inside indices too', () => {
  const gathered = load(source, [load(positions, [i])])
  expect(loadsOf(add(gathered, gathered)).map((node) => node.buffer)).toEqual([source, positions])
  const scaled = mul(gathered, v)
  expect(loadsOf(select(lt(i, j), add(v, scaled), add(scaled, scaled)))).toHaveLength(2)
  expect(someExpr(gathered, (node) => node === i)).toBe(true)
  expect(someExpr(gathered, (node) => node === j)).toBe(false)
})

test('statements are walked in order, with what is inside them', () => {
  const body = seq([
    letStmt(j, int(1)),
    forLoop(i, j, ifThen(lt(i, j), store(tile, [i], constant('f32', 0)), barrier())),
  ])
  const kinds: string[] = []
  walkStmts(body, (stmt) => kinds.push(stmt.kind))
  expect(kinds).toEqual(['seq', 'let', 'for', 'if', 'store', 'barrier'])
  let visits = 0
  walkExprs(body, () => visits++)
  // 1, j, i < j, i, 0: the variables occur twice.
  expect(visits).toBe(5)
  expect(stmtChildren(barrier())).toEqual([])
})

test('what statements bind, read and write', () => {
  const facts = [
    store(tile, [load(positions, [i])], load(source, [i])),
    loadVector([v, w], source, i),
    storeVector(source, i, [v, load(tile, [i])]),
    atomic('add', positions, [i], int(1), j),
    asyncCopy({
      destination: tile,
      destinationIndex: [i],
      source,
      sourceIndex: [load(positions, [i])],
      elements: 1,
      guard: undefined,
    }),
    forLoop(i, int(4), barrier()),
  ].map((stmt) => ({
    kind: stmt.kind,
    binds: boundVars(stmt).map((bound) => bound.hint),
    reads: buffersRead(stmt).map((read) => read.hint),
    writes: buffersWritten(stmt).map((written) => written.hint),
  }))
  expect(facts).toEqual([
    { kind: 'store', binds: [], reads: ['positions', 'source'], writes: ['tile'] },
    { kind: 'load-vector', binds: ['v', 'w'], reads: ['source'], writes: [] },
    { kind: 'store-vector', binds: [], reads: ['tile'], writes: ['source'] },
    { kind: 'atomic', binds: ['j'], reads: ['positions'], writes: ['positions'] },
    { kind: 'async-copy', binds: [], reads: ['positions', 'source'], writes: ['tile'] },
    { kind: 'for', binds: ['i'], reads: [], writes: [] },
  ])
})
