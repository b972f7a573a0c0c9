import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buffer } from '../buffer.js'
import {
  add,
  and,
  binary,
  bitcast,
  builtin,
  cast,
  constant,
  type Expr,
  int,
  load,
  lt,
  mul,
  select,
  sizeValue,
  sub,
  unary,
  variable,
} from '../expr.js'
import { ceilDiv, size, sizeAdd } from '../size.js'
import { printExpr } from './print-expr.js'

const [i, j, f, b] = [variable('i'), variable('j'), variable('f', 'f32'), variable('b', 'bool')]
const n = size('N')

test('parentheses stand where precedence or association need them, and nowhere else', () => {
  const shown: readonly Expr[] = [
    mul(add(i, j), int(2)),
    add(mul(i, int(2)), j),
    sub(i, sub(j, int(1))),
    sub(sub(i, j), int(1)),
    add(i, sizeValue(sizeAdd(n, 1))),
    mul(i, sizeValue(sizeAdd(n, 1))),
    mul(i, sizeValue(ceilDiv(n, 64))),
    and(lt(i, j), and(b, unary('not', b))),
    binary('or', and(b, b), b),
    binary('eq', lt(i, j), b),
    binary('bit-xor', binary('bit-and', i, j), binary('shl', i, add(j, int(1)))),
    unary('neg', add(i, j)),
    unary('neg', unary('neg', i)),
    unary('not', lt(i, j)),
    sub(i, int(-1)),
  ]
  expect(shown.map(printExpr)).toMatchInlineSnapshot(`
    [
      "(i + j) * 2",
      "i * 2 + j",
      "i - (j - 1)",
      "i - j - 1",
      "i + (N + 1)",
      "i * (N + 1)",
      "i * (N /^ 64)",
      "i < j && (b && !b)",
      "b && b || b",
      "(i < j) == b",
      "i & j ^ i << j + 1",
      "-(i + j)",
      "-(-i)",
      "!(i < j)",
      "i - -1",
    ]
  `)
})

test('everything else is a call or an element', () => {
  const table = buffer('table', 'i8', [4, 4], 'storage')
  const shown: readonly Expr[] = [
    select(lt(builtin('thread'), int(4)), load(table, [i, j]), int(0)),
    cast('f32', add(i, j)),
    bitcast('f32', i),
    unary('exp', unary('tanh', f)),
    binary('pow', unary('floor', f), unary('erf', f)),
    binary('min', i, binary('max', j, int(0))),
    builtin('workgroup-x'),
    add(builtin('subgroup'), builtin('lane')),
    load(buffer('acc', 'f32', [], 'private'), []),
  ]
  expect(shown.map(printExpr)).toEqual([
    'select(thread < 4, table[i, j], 0)',
    'f32(i + j)',
    'bitcast<f32>(i)',
    'exp(tanh(f))',
    'pow(floor(f), erf(f))',
    'min(i, max(j, 0))',
    'workgroup.x',
    'subgroup + lane',
    'acc[]',
  ])
})

test.each([
  [0.1, '0.1'],
  [1 / 3, '0.33333334'],
  [1e30, '1e+30'],
  [16777217, '16777216'],
  [1.17549435e-38, '1.1754944e-38'],
  [-0, '-0'],
  [Number.NaN, 'nan'],
  [Number.NEGATIVE_INFINITY, '-inf'],
])('f32 constant %d is %s', (value, text) => {
  expect(printExpr(constant('f32', value))).toBe(text)
})

test('an f32 constant reads back as itself', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Math.fround(Number(printExpr(constant('f32', value))))).toBe(value)
    }),
    { numRuns: propertyRuns() },
  )
})

test('equal hints and names of sizes are told apart', () => {
  expect(printExpr(add(add(variable('N'), sizeValue(n)), add(variable('i'), variable('i'))))).toBe(
    'N_1 + N + (i + i_1)',
  )
})

const [x, y] = [variable('x'), variable('y')]
const { ring } = fc.letrec<{ ring: Expr }>((tie) => ({
  ring: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(fc.constantFrom<Expr[]>(x, y), fc.integer({ min: -9, max: 9 }).map(int)),
    fc.tuple(tie('ring'), tie('ring'), fc.constantFrom(add, sub, mul)).map(([left, right, op]) => op(left, right)),
    tie('ring').map((value) => unary('neg', value)),
  ),
}))

test('the text of sums and products means what the tree means, to a parser with the same precedences', () => {
  const exact = (expr: Expr, values: ReadonlyMap<Expr, bigint>): bigint => {
    if (expr.kind === 'const') return BigInt(Number(expr.value))
    if (expr.kind === 'unary') return -exact(expr.value, values)
    if (expr.kind !== 'binary') return values.get(expr)!
    const [l, r] = [exact(expr.left, values), exact(expr.right, values)]
    if (expr.op === 'mul') return l * r
    return expr.op === 'add' ? l + r : l - r
  }
  fc.assert(
    fc.property(ring, fc.bigInt(-99n, 99n), fc.bigInt(-99n, 99n), (expr, a, c) => {
      const values = new Map([
        [x, a],
        [y, c],
      ])
      const parsed = new Function('x', 'y', `return ${printExpr(expr).replace(/\d+/g, '$&n')}`)
      expect(parsed(a, c)).toBe(exact(expr, values))
    }),
    { numRuns: propertyRuns() },
  )
})
