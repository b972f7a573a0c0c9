import { compose, repeat, spatial, type TaskMapping } from '@tilewright/task-mapping'
import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { buffer } from './buffer.js'
import { computeType, type DType, dtypes } from './dtype.js'
import { formatError } from './errors.js'
import { builtin, constant, int, lt, variable } from './expr.js'
import {
  type AsyncCopy,
  asyncCopy,
  atomic,
  axisVars,
  barrier,
  declare,
  forLoop,
  forTask,
  ifThen,
  letStmt,
  loadVector,
  seq,
  store,
  storeVector,
} from './stmt.js'
import { type Fragment, loadMatrices, matrixMultiply } from './subgroup-stmts.js'

const x = buffer('x', 'f32', [64], 'storage')
const square = buffer('square', 'f32', [8, 8], 'storage')
const counts = buffer('counts', 'i32', [64], 'storage')
const tile = buffer('tile', 'f32', [64], 'workgroup')
const own = buffer('own', 'i32', [64], 'private')
const [i, f] = [variable('i'), variable('f', 'f32')]
const [zero, one] = [int(0), constant('f32', 1)]

const copy = (details: Partial<AsyncCopy>): AsyncCopy =>
  asyncCopy({
    destination: tile,
    destinationIndex: [zero],
    source: x,
    sourceIndex: [zero],
    elements: 4,
    guard: undefined,
    ...details,
  })
const fragment = (hint: string, map: TaskMapping, elements: number, dtype: DType = 'f32'): Fragment => ({
  buffer: buffer(hint, dtype, [elements], 'private'),
  map,
})
const matrices = (dtype: DType, elements: number, transposed: boolean) => () =>
  loadMatrices({
    ...{ count: 2, to: [buffer('own', dtype, [elements], 'private')], transposed },
    ...{ source: buffer('tile', dtype, [64], 'workgroup'), index: [zero] },
  })

test('sequences are flat, and one statement needs none', () => {
  const [a, b] = [barrier(), declare(tile)]
  expect(seq([a])).toBe(a)
  expect(seq([seq([a, b]), seq([]), a])).toEqual({ kind: 'seq', body: [a, b, a] })
  expect(seq([])).toEqual({ kind: 'seq', body: [] })
})

test('a constant condition picks its branch', () => {
  const [yes, no] = [constant('bool', true), constant('bool', false)]
  expect(ifThen(yes, barrier())).toEqual(barrier())
  expect(ifThen(no, barrier())).toEqual(seq([]))
  expect(ifThen(no, barrier(), declare(tile))).toEqual(declare(tile))
})

test('what constructors refuse', () => {
  const cells = compose(repeat(2, 1), spatial(4, 8))
  const narrow = compose(repeat(1, 2), spatial(8, 4))
  const faults = [
    () => letStmt(i, one),
    () => declare(x),
    () => store(x, [zero, zero], one),
    () => store(x, [zero], zero),
    () => loadVector([f, f, f], x, zero),
    () => loadVector([f, f], square, zero),
    () => loadVector([i, i], x, zero),
    () => loadVector([f, f], x, zero, zero),
    () => storeVector(x, zero, [one, zero]),
    () => forLoop(f, zero, barrier()),
    () => forLoop(i, one, barrier()),
    () => forTask([i], spatial(8, 8), zero, barrier()),
    () => forTask([i], spatial(8), one, barrier()),
    () => ifThen(zero, barrier()),
    () => atomic('add', x, [zero], one),
    () => atomic('add', own, [zero], zero),
    () => atomic('add', counts, [zero], one),
    () => atomic('add', counts, [zero], zero, f),
    () => copy({ destination: x }),
    () => copy({ destination: buffer('wide', 'i32', [64], 'workgroup') }),
    () => copy({ elements: 0 }),
    () => copy({ guard: zero }),
    () => matrixMultiply(fragment('a', cells, 2), fragment('b', narrow, 2), fragment('d', spatial(64), 1)),
    () => matrixMultiply(fragment('a', cells, 2), fragment('b', spatial(8, 8), 1), fragment('d', cells, 2)),
    () => matrixMultiply(fragment('a', cells, 2), fragment('b', narrow, 4), fragment('d', cells, 2)),
    () => matrixMultiply(fragment('a', cells, 2, 'f16'), fragment('b', cells, 2), fragment('d', cells, 2)),
    () => matrixMultiply(fragment('a', cells, 2, 'f16'), fragment('b', cells, 2, 'bf16'), fragment('d', cells, 2)),
    () => matrixMultiply(fragment('a', cells, 2, 'i8'), fragment('b', cells, 2, 'u8'), fragment('d', cells, 2)),
    matrices('f16', 2, true),
    matrices('i8', 8, true),
    matrices('i32', 2, false),
  ]
  expect(faults.map((fault) => formatError(thrownBy(fault)).split('\n')[0])).toMatchInlineSnapshot(`
    [
      "error[ir/type]: the value of "i" must be i32, got f32",
      "error[ir/scope]: storage buffer "x" cannot be declared in a body",
      "error[ir/rank]: buffer "x" of shape [64] is indexed with 2 indices",
      "error[ir/type]: the value stored to "x" must be f32, got i32",
      "error[ir/vector]: vector access of 3 elements to buffer "x" of rank 1",
      "error[ir/vector]: vector access of 2 elements to buffer "square" of rank 2",
      "error[ir/type]: "i" must be f32, got i32",
      "error[ir/type]: the guard of a vector load must be bool, got i32",
      "error[ir/type]: a value stored to "x" must be f32, got i32",
      "error[ir/type]: a loop variable must be i32, got f32",
      "error[ir/type]: a loop extent must be i32, got f32",
      "error[ir/rank]: a mapping of rank 2 is given 1 variables",
      "error[ir/type]: a worker must be i32, got f32",
      "error[ir/type]: a condition must be bool, got i32",
      "error[ir/atomic]: atomic add on storage buffer "x" of f32",
      "error[ir/atomic]: atomic add on private buffer "own" of i32",
      "error[ir/type]: the operand of atomic add must be i32, got f32",
      "error[ir/type]: "f" must be i32, got f32",
      "error[ir/async-copy]: async copy from storage f32 "x" to storage f32 "x"",
      "error[ir/async-copy]: async copy from storage f32 "x" to workgroup i32 "wide"",
      "error[ir/async-copy]: async copy of 0 elements",
      "error[ir/type]: the guard of an async copy must be bool, got i32",
      "error[ir/fragment]: the map of fragment "d" has rank 1",
      "error[ir/fragment]: matrix-multiply of 8x8 by 8x8 into 8x8 over 32, 64 and 32 lanes",
      "error[ir/fragment]: fragment "b" does not hold its share of 64 elements over 32 lanes",
      "error[ir/fragment]: matrix-multiply of f16 by f32 into f32",
      "error[ir/fragment]: matrix-multiply of f16 by bf16 into f32",
      "error[ir/fragment]: matrix-multiply of i8 by u8 into f32",
      "error[ir/fragment]: load of 2 matrices of workgroup f16 "tile", transposed, into private f16 "own" of 2 elements",
      "error[ir/fragment]: load of 2 matrices of workgroup i8 "tile", transposed, into private i8 "own" of 8 elements",
      "error[ir/fragment]: load of 2 matrices of workgroup i32 "tile" into private i32 "own" of 2 elements",
    ]
  `)
})

test('what they accept', () => {
  const cells = compose(repeat(2, 1), spatial(4, 8))
  const of = (hint: string): Fragment => fragment(hint, cells, 2)
  expect(matrixMultiply(of('a'), of('b'), of('d')).kind).toBe('matrix-multiply')
  const [left, right] = [fragment('a', cells, 2, 'i8'), fragment('b', cells, 2, 'u8')]
  const [upper, lower] = [fragment('a', cells, 2, 'bf16'), fragment('b', cells, 2, 'bf16')]
  expect(matrixMultiply(upper, lower, of('d')).kind).toBe('matrix-multiply')
  expect(matrixMultiply(left, right, fragment('d', cells, 2, 'i32')).kind).toBe('matrix-multiply')
  const loads = [
    matrices('f16', 4, true),
    matrices('bf16', 4, true),
    matrices('u8', 8, false),
    matrices('f32', 2, false),
  ]
  expect(loads.map((load) => load().kind)).toEqual(loads.map(() => 'load-matrices'))
  expect(copy({ guard: lt(builtin('thread'), int(4)) }).kind).toBe('async-copy')
  expect(loadVector([f, variable('g', 'f32')], x, zero).guard).toBeUndefined()
  expect(axisVars(['a', 'b']).map(({ hint, dtype }) => [hint, dtype])).toEqual([
    ['a', 'i32'],
    ['b', 'i32'],
  ])
})

test('narrow types compute in wide ones', () => {
  expect(dtypes.map(computeType)).toEqual(['f32', 'f32', 'f32', 'i32', 'u32', 'i32', 'u32', 'bool'])
})
