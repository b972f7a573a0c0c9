import { expect, test } from 'vitest'
import { type Buffer, buffer } from '../buffer.js'
import { definition, type Reduce } from '../definition.js'
import type { DType } from '../dtype.js'
import { compute, matmul, reduce, scan, scatter, sort } from '../equation.js'
import { add, binary, constant, div, type Expr, load, lt, select, sub, unary, variable } from '../expr.js'
import { type SizeExpr, size } from '../size.js'
import { printDefinition } from './print-definition.js'

const [m, n, k] = [size('M'), size('N'), size('K')]
const storage = (hint: string, shape: readonly SizeExpr[], dtype: DType = 'f32'): Buffer =>
  buffer(hint, dtype, shape, 'storage')
const f32 = (value: number): Expr => constant('f32', value)
const max = (left: Expr, right: Expr): Expr => binary('max', left, right)
const x = storage('x', [n, 64])

function rowReduce(output: Buffer, identity: Expr, combine: (l: Expr, r: Expr) => Expr, commutative = true): Reduce {
  return reduce({
    outputs: [output],
    domain: [{ hint: 'k', extent: 64 }],
    identity: [identity],
    value: ([row], [column]) => [load(x, [row!, column!])],
    combine: ([left], [right]) => [combine(left!, right!)],
    commutative,
  })
}

test('a matmul', () => {
  const [a, b, c] = [storage('a', [m, k]), storage('b', [k, n]), storage('c', [m, n])]
  const equation = matmul(
    c,
    k,
    (_, row, depth) => load(a, [row, depth]),
    (_, depth, column) => load(b, [depth, column]),
  )
  expect(printDefinition(definition('matmul', [a, b], [c], [equation]))).toMatchInlineSnapshot(`
    "definition matmul(a: f32[M, K], b: f32[K, N]) -> (c: f32[M, N]) {
      c[i0, i1] = sum k in 0..K: a[i0, k] * b[k, i1]
    }"
  `)
})

test('a softmax: buffers between the equations are declared', () => {
  const [peak, total] = [storage('peak', [n]), storage('total', [n])]
  const [shifted, y] = [storage('shifted', [n, 64]), storage('y', [n, 64])]
  const row = (of: Buffer, axes: readonly Expr[]): Expr => load(of, axes.slice(0, 1))
  const made = definition(
    'softmax',
    [x],
    [y],
    [
      rowReduce(peak, f32(Number.NEGATIVE_INFINITY), max),
      compute(shifted, (...axes) => unary('exp', sub(load(x, axes), row(peak, axes)))),
      reduce({
        outputs: [total],
        domain: [{ hint: 'k', extent: 64 }],
        identity: [f32(0)],
        value: ([i], [j]) => [load(shifted, [i!, j!])],
        combine: ([left], [right]) => [add(left!, right!)],
        commutative: true,
      }),
      compute(y, (...axes) => div(load(shifted, axes), row(total, axes))),
    ],
  )
  expect(printDefinition(made)).toMatchInlineSnapshot(`
    "definition softmax(x: f32[N, 64]) -> (y: f32[N, 64]) {
      storage peak: f32[N]
      peak[i0] = max k in 0..64: x[i0, k]
      storage shifted: f32[N, 64]
      shifted[i0, i1] = exp(x[i0, i1] - peak[i0])
      storage total: f32[N]
      total[i0] = sum k in 0..64: shifted[i0, k]
      y[i0, i1] = shifted[i0, i1] / total[i0]
    }"
  `)
})

test('only a fold from its neutral element is called by name', () => {
  const equations = [
    rowReduce(storage('sum', [n]), f32(0), add),
    rowReduce(storage('min', [n]), f32(Number.POSITIVE_INFINITY), (l, r) => binary('min', l, r)),
    rowReduce(storage('offset', [n]), f32(1), add),
    rowReduce(storage('ordered', [n]), f32(0), add, false),
    rowReduce(storage('flipped', [n]), f32(0), (l, r) => add(r, l)),
    rowReduce(storage('product', [n]), f32(1), (l, r) => binary('mul', l, r)),
  ]
  const outputs = equations.flatMap((equation) => equation.outputs)
  expect(
    printDefinition(definition('folds', [x], outputs, equations))
      .split('\n')
      .slice(1),
  ).toMatchInlineSnapshot(`
    [
      "  sum[i0] = sum k in 0..64: x[i0, k]",
      "  min_1[i0] = min k in 0..64: x[i0, k]",
      "  offset[i0] = reduce k in 0..64: x[i0, k] from 1 with (left, right) => left + right",
      "  ordered[i0] = reduce in order k in 0..64: x[i0, k] from 0 with (left, right) => left + right",
      "  flipped[i0] = reduce k in 0..64: x[i0, k] from 0 with (left, right) => right + left",
      "  product[i0] = reduce k in 0..64: x[i0, k] from 1 with (left, right) => left * right",
      "}",
    ]
  `)
})

test('several results, and the other equations', () => {
  const [value, place] = [storage('value', [n]), storage('place', [n], 'i32')]
  const argmax = reduce({
    outputs: [value, place],
    domain: [{ hint: 'k', extent: 64 }],
    identity: [f32(Number.NEGATIVE_INFINITY), constant('i32', -1)],
    value: ([i], [j]) => [load(x, [i!, j!]), j!],
    combine: ([lv, lp], [rv, rp]) => [max(lv!, rv!), select(lt(lv!, rv!), rp!, lp!)],
    commutative: false,
  })
  const [sums, sorted, order] = [storage('sums', [n, 64]), storage('sorted', [n, 64]), storage('order', [n, 64], 'i32')]
  const [index, counts, flipped] = [storage('index', [m], 'i32'), storage('counts', [n]), storage('flipped', [64, n])]
  const [r, c] = [variable('r'), variable('c')]
  const made = definition(
    'all',
    [x, index],
    [value, place, sums, sorted, order, counts, flipped],
    [
      argmax,
      scan(sums, 1, (...axes) => load(x, axes), add),
      sort(sorted, order, 1, (...axes) => load(x, axes), true),
      scatter(
        counts,
        () => f32(0),
        [{ hint: 'u', extent: m }],
        (u) => ({ index: [load(index, [u!])], value: f32(1) }),
        add,
      ),
      compute(flipped, (i, j) => load(x, [j!, i!]), [{ input: x, axes: [r, c], index: [c, r] }]),
    ],
  )
  expect(printDefinition(made)).toMatchInlineSnapshot(`
    "definition all(x: f32[N, 64], index: i32[M]) -> (value: f32[N], place: i32[N], sums: f32[N, 64], sorted: f32[N, 64], order: i32[N, 64], counts: f32[N], flipped: f32[64, N]) {
      (value[i0], place[i0]) = reduce in order k in 0..64: (x[i0, k], k) from (-inf, -1) with ((left, left_1), (right, right_1)) => (max(left, right), select(left < right, right_1, left_1))
      sums[i0, i1] = scan i1: x[i0, i1] with (left, right) => left + right
      (sorted[i0, i1], order[i0, i1]) = sort i1 descending: x[i0, i1]
      counts[i0] = scatter into 0 for u in 0..M: [index[u]] <- 1 with (left, right) => left + right
      flipped[i0, i1] = x[i1, i0]
        x[r, c] only at [c, r]
    }"
  `)
})
