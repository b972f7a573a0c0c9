import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { buffer } from './buffer.js'
import { definition, equationExprs, equationOutputs } from './definition.js'
import type { DType } from './dtype.js'
import { compute, matmul, reduce, rows, scan, scatter, sort } from './equation.js'
import { formatError } from './errors.js'
import { add, constant, type Expr, int, load, variable } from './expr.js'
import { type SizeExpr, size } from './size.js'

const storage = (hint: string, shape: readonly SizeExpr[], dtype: DType = 'f32') =>
  buffer(hint, dtype, shape, 'storage')
const n = size('N')
const [x, y, z] = [storage('x', [n, 4]), storage('y', [n, 4]), storage('z', [n, 4])]
const [row, positions] = [storage('row', [n]), storage('positions', [n, 4], 'i32')]
const [zero, one] = [constant('f32', 0), constant('f32', 1)]

const copy = (from: typeof x, to: typeof x) => compute(to, (...axes) => load(from, axes))
const sum = (left: Expr, right: Expr) => add(left, right)

test('equations are made over fresh axes, one a dimension', () => {
  const equation = compute(y, (i, j) => load(x, [i!, j!]))
  expect(equation.axes.map((axis) => axis.hint)).toEqual(['i0', 'i1'])
  expect(equation.value).toEqual(load(x, equation.axes))
  expect(equationOutputs(equation)).toEqual([y])
  expect(compute(storage('s', []), () => one).axes).toEqual([])
})

test('a matmul is a sum over its depth', () => {
  const [a, b, c] = [storage('a', [2, n, 8]), storage('b', [8, 3]), storage('c', [2, n, 3])]
  const equation = matmul(
    c,
    8,
    (batch, m, k) => load(a, [...batch, m, k]),
    (_, k, j) => load(b, [k, j]),
  )
  expect(equation.domain.map(({ extent }) => extent)).toEqual([8])
  expect(equation.commutative).toBe(true)
  expect(equation.combine).toEqual([add(equation.left[0]!, equation.right[0]!)])
  expect(equationExprs(equation)).toHaveLength(3)
})

test('equations check types and ranks', () => {
  const text = storage('text', [n], 'i32')
  const short = storage('short', [4])
  const domain = [{ hint: 'k', extent: 4 }]
  const base = { outputs: [row], domain, identity: [zero], value: () => [one], commutative: true }
  const combine = () => [one]
  const i = variable('i')
  const [left, right, result] = [variable('left', 'f32'), variable('right', 'f32'), variable('result', 'f32')]
  const fold = { value: [one], identity: [zero], left: [left], right: [right], combine: [left] }
  const stage = { ...fold, results: [result], commutative: true }
  const faults = [
    () => compute(y, () => int(1)),
    () => reduce({ ...base, identity: [int(0)], combine }),
    () => reduce({ ...base, value: () => [one, one], combine }),
    () => reduce({ ...base, combine: () => [int(0)] }),
    () =>
      reduce({
        ...base,
        outputs: [row, short],
        identity: [zero, zero],
        value: () => [one, one],
        combine: () => [one, one],
      }),
    () => rows(row, [i], [1], [stage], one),
    () => rows(row, [i], [0], [{ ...stage, identity: [int(0)] }], one),
    () => rows(row, [i], [0], [stage], int(1)),
    () => scan(row, 1, () => one, sum),
    () => scan(row, 0, () => int(1), sum),
    () =>
      scan(
        text,
        0,
        () => int(1),
        () => one,
      ),
    () =>
      scatter(
        y,
        () => zero,
        domain,
        (k) => ({ index: [k!], value: one }),
        sum,
      ),
    () =>
      scatter(
        row,
        () => int(0),
        domain,
        (k) => ({ index: [k!], value: one }),
        sum,
      ),
    () =>
      scatter(
        row,
        () => zero,
        domain,
        (k) => ({ index: [k!], value: k! }),
        sum,
      ),
    () => sort(x, y, 1, () => one, false),
    () => sort(x, positions, 2, () => one, false),
    () => sort(row, positions, 0, () => one, false),
    () => sort(x, positions, 1, () => int(1), false),
  ]
  expect(faults.map((fault) => thrownBy(fault).message)).toMatchInlineSnapshot(`
    [
      "the value of "y" must be f32, got i32",
      "the identity of "row" must be f32, got i32",
      "the value of a fold has one component a result",
      "the combine of "row" must be f32, got i32",
      "the outputs of one reduce differ in shape: "short"",
      ""row" of rank 1 has no dimension 1",
      "the identity of "result" must be f32, got i32",
      "the value of "row" must be f32, got i32",
      ""row" of rank 1 has no dimension 1",
      "the value of "row" must be f32, got i32",
      "the combine of "text" must be i32, got f32",
      "buffer "y" of shape [N, 4] is indexed with 1 indices",
      "the base of "row" must be f32, got i32",
      "the value of "row" must be f32, got i32",
      "the positions "y" of a sort must be i32, got f32",
      ""x" of rank 2 has no dimension 2",
      "the outputs of one sort differ in shape: "positions"",
      "the value of "x" must be f32, got i32",
    ]
  `)
})

test('a definition writes each buffer once, and before it is read', () => {
  const chain = definition('chain', [x], [z], [copy(x, y), copy(y, z)])
  expect(chain.equations.flatMap(equationOutputs)).toEqual([y, z])
  const faults = [
    () => definition('twice', [x], [y], [copy(x, y), copy(x, y)]),
    () => definition('input', [x], [x], [copy(x, x)]),
    () => definition('never', [x], [y], []),
    () => definition('late', [x], [z], [copy(y, z), copy(x, y)]),
    () => definition('foreign', [], [y], [copy(x, y)]),
    () => definition('self', [], [y], [copy(y, y)]),
    () => definition('axes', [x], [y], [{ ...copy(x, y), axes: [variable('i')] }]),
  ]
  expect(faults.map((fault) => formatError(thrownBy(fault)))).toMatchInlineSnapshot(`
    [
      "error[ir/order]: "y" is written twice",
      "error[ir/order]: input "x" is written",
      "error[ir/order]: output "y" of "never" is never written",
      "error[ir/order]: the equation of "z" reads "y", which is not written before
      help  list it among the inputs, or put the equation that writes it first",
      "error[ir/order]: the equation of "y" reads "x", which is not written before
      help  list it among the inputs, or put the equation that writes it first",
      "error[ir/order]: the equation of "y" reads "y", which is not written before
      help  list it among the inputs, or put the equation that writes it first",
      "error[ir/rank]: the equation of "y" has 1 axes for shape [N, 4]",
    ]
  `)
})
