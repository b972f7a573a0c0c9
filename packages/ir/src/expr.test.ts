import { arbitraryBindings, arbitraryConst, arbitraryExpr, propertyRuns, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buffer } from './buffer.js'
import { formatError } from './errors.js'
import {
  add,
  all,
  and,
  type BinaryOp,
  binary,
  bitcast,
  builtin,
  type Const,
  cast,
  constant,
  div,
  type Expr,
  evaluateBinary,
  int,
  load,
  lt,
  mod,
  mul,
  select,
  sizeValue,
  sub,
  unary,
  type Var,
  variable,
} from './expr.js'
import { floatFunctions } from './float-functions.js'
import { size } from './size.js'

const runs = { numRuns: propertyRuns() }
const [x, y, f, b, u] = [
  variable('x'),
  variable('y'),
  variable('f', 'f32'),
  variable('b', 'bool'),
  variable('u', 'u32'),
]

/** Integer arithmetic by the semantics, over exact integers. */
function exact(op: BinaryOp, a: bigint, c: bigint): bigint | boolean {
  const abs = (value: bigint): bigint => (value < 0n ? -value : value)
  switch (op) {
    case 'add':
      return a + c
    case 'sub':
      return a - c
    case 'mul':
      return a * c
    case 'div':
      return (abs(a) / abs(c)) * (a < 0n === c < 0n ? 1n : -1n)
    case 'mod':
      return a < 0n ? -(abs(a) % abs(c)) : a % abs(c)
    case 'min':
      return a < c ? a : c
    case 'max':
      return a > c ? a : c
    case 'bit-and':
      return a & c
    case 'bit-xor':
      return a ^ c
    case 'shl':
      return a << (c & 31n)
    case 'shr':
      return a >> (c & 31n)
    case 'lt':
      return a < c
    case 'le':
      return a <= c
    case 'eq':
      return a === c
    case 'ne':
      return a !== c
    case 'and':
    case 'or':
    case 'pow':
      throw new RangeError(`${op} is not defined on integers`)
  }
}

const integerOps: readonly BinaryOp[] = [
  ...(['add', 'sub', 'mul', 'div', 'mod', 'min', 'max'] as const),
  ...(['bit-and', 'bit-xor', 'shl', 'shr', 'lt', 'le', 'eq', 'ne'] as const),
]

describe.each(['i32', 'u32'] as const)('%s constants', (type) => {
  const wrap = (value: bigint): number => Number(type === 'i32' ? BigInt.asIntN(32, value) : BigInt.asUintN(32, value))
  const word = type === 'i32' ? fc.integer() : fc.integer({ min: 0, max: 2 ** 32 - 1 })
  const operand = fc.oneof(
    word,
    arbitraryConst(type).map(({ value }) => Number(value)),
  )

  test.each(integerOps)('%s is computed exactly and wraps', (op) => {
    fc.assert(
      fc.property(operand, operand, (a, c) => {
        const [left, right] = [constant(type, a), constant(type, c)]
        const result = evaluateBinary(op, left, right)
        if (c === 0 && (op === 'div' || op === 'mod')) {
          expect(result).toBeUndefined()
          expect(binary(op, left, right).kind).toBe('binary')
          return
        }
        const expected = exact(op, BigInt(a), BigInt(c))
        const value = typeof expected === 'bigint' ? wrap(expected) : expected
        expect(result?.value).toBe(value)
        expect(result?.dtype).toBe(typeof value === 'boolean' ? 'bool' : type)
        expect(binary(op, left, right)).toEqual(result)
      }),
      runs,
    )
  })
})

test('i32 minimum', () => {
  const lowest = int(-(2 ** 31))
  expect(div(lowest, int(-1))).toEqual(lowest)
  expect(mod(lowest, int(-1))).toEqual(int(0))
  expect(unary('neg', lowest)).toEqual(lowest)
  expect(Object.is(int(-0).value, 0)).toBe(true)
})

test('f32 constants are rounded, never folded', () => {
  expect(constant('f32', 0.1).value).toBe(Math.fround(0.1))
  expect(Object.is(constant('f32', -0).value, -0)).toBe(true)
  const sum = add(constant('f32', 1), constant('f32', 2))
  expect(sum.kind).toBe('binary')
  expect(evaluateBinary('div', constant('f32', 1), constant('f32', 3))?.value).toBe(Math.fround(1 / 3))
})

/** The tree built anew by the constructors, from the leaves. */
function rebuild(expr: Expr): Expr {
  switch (expr.kind) {
    case 'unary':
      return unary(expr.op, rebuild(expr.value))
    case 'cast':
      return cast(expr.dtype, rebuild(expr.value))
    case 'binary':
      return binary(expr.op, rebuild(expr.left), rebuild(expr.right))
    case 'select':
      return select(rebuild(expr.cond), rebuild(expr.then), rebuild(expr.else))
    default:
      return expr
  }
}

/** The value of an expression without loads, by the semantics. */
function evaluate(expr: Expr, bindings: ReadonlyMap<Var, Const>): Const {
  const of = (inner: Expr): Const => evaluate(inner, bindings)
  switch (expr.kind) {
    case 'const':
      return expr
    case 'var':
      return bindings.get(expr)!
    case 'select':
      return of(expr.cond).value === true ? of(expr.then) : of(expr.else)
    case 'binary': {
      if (expr.op === 'and' || expr.op === 'or') {
        const left = of(expr.left)
        return left.value === (expr.op === 'or') ? left : of(expr.right)
      }
      return evaluateBinary(expr.op, of(expr.left), of(expr.right))!
    }
    case 'unary': {
      const { value } = of(expr.value)
      if (expr.op === 'not') return constant(expr.dtype, !value)
      if (expr.op === 'neg') return constant(expr.dtype, -Number(value))
      return constant(expr.dtype, expr.op === 'abs' ? Math.abs(Number(value)) : floatFunctions[expr.op](Number(value)))
    }
    case 'cast': {
      const value = Number(of(expr.value).value)
      if (expr.value.dtype !== 'f32' || expr.dtype === 'bool') return constant(expr.dtype, value)
      const [low, high] = expr.dtype === 'i32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1]
      return constant(expr.dtype, Math.trunc(Math.min(high, Math.max(low, value))))
    }
    default:
      throw new RangeError(`${expr.kind} has no value here`)
  }
}

test.each(['i32', 'u32', 'f32', 'bool'] as const)(
  'building a random %s expression keeps its value and type',
  (type) => {
    const vars = [x, y, f, b, u]
    fc.assert(
      fc.property(arbitraryExpr({ type, vars, depth: 4 }), arbitraryBindings(vars), (expr, bindings) => {
        const built = rebuild(expr)
        expect(built.dtype).toBe(type)
        expect(Number(evaluate(built, bindings).value)).toBe(Number(evaluate(expr, bindings).value))
      }),
      runs,
    )
  },
)

test('trivial identities give back an operand', () => {
  const zero = int(0)
  const one = int(1)
  expect([add(x, zero), add(zero, x), sub(x, zero), mul(x, one), mul(one, x), div(x, one)]).toEqual([x, x, x, x, x, x])
  expect([mul(x, zero), mul(zero, x), mod(x, one)]).toEqual([zero, zero, zero])
  expect(binary('shl', x, zero)).toBe(x)
  const [yes, no] = [constant('bool', true), constant('bool', false)]
  expect([and(yes, b), and(b, yes), and(no, b)]).toEqual([b, b, no])
  expect([binary('or', no, b), binary('or', b, no), binary('or', yes, b)]).toEqual([b, b, yes])
  expect(all([])).toEqual(yes)
  expect(all([lt(x, y), yes])).toEqual(lt(x, y))
  expect(select(yes, x, y)).toBe(x)
  expect(sizeValue(3)).toEqual(int(3))
})

test('identities that do not hold on f32 are left alone', () => {
  expect(mul(f, constant('f32', 0)).kind).toBe('binary')
  expect(add(f, constant('f32', 0)).kind).toBe('binary')
})

test.each([
  ['f32', 3.99, 'i32', 3],
  ['f32', -3.99, 'i32', -3],
  ['f32', 1e20, 'i32', 2 ** 31 - 1],
  ['f32', -1, 'u32', 0],
  ['f32', Number.POSITIVE_INFINITY, 'u32', 2 ** 32 - 1],
  ['i32', -1, 'u32', 2 ** 32 - 1],
  ['u32', 2 ** 32 - 1, 'i32', -1],
  ['i32', 16777217, 'f32', 16777216],
  ['f32', 0.5, 'bool', true],
  ['bool', true, 'f32', 1],
] as const)('cast of %s %d to %s is %s', (from, value, to, expected) => {
  expect(cast(to, constant(from, value))).toEqual(constant(to, expected))
})

test('a bitcast of a constant is folded; between integers it is a cast', () => {
  expect(bitcast('i32', constant('f32', -2))).toEqual(constant('i32', -(2 ** 30)))
  expect(bitcast('f32', constant('u32', 0x7f800000))).toEqual(constant('f32', Number.POSITIVE_INFINITY))
  expect(bitcast('u32', variable('i')).kind).toBe('cast')
  expect(bitcast('f32', variable('i')).kind).toBe('bitcast')
  expect(() => bitcast('bool', constant('f32', 1))).toThrow('a bitcast of f32 to bool')
})

test('a cast of NaN to an integer is not folded', () => {
  expect(cast('i32', constant('f32', Number.NaN)).kind).toBe('cast')
  expect(cast('f32', f)).toBe(f)
})

test('types are checked', () => {
  const faults = [
    () => add(x, f),
    () => and(x, x),
    () => lt(b, b),
    () => mod(f, f),
    () => binary('shl', f, f),
    () => unary('not', x),
    () => unary('neg', u),
    () => unary('exp', x),
    () => unary('abs', u),
    () => binary('pow', x, x),
    () => select(x, f, f),
    () => select(b, f, x),
    () => int(0.5),
    () => load(buffer('t', 'f32', [4], 'storage'), [f]),
  ]
  expect(faults.map((fault) => formatError(thrownBy(fault)))).toMatchInlineSnapshot(`
    [
      "error[ir/type]: the right operand of add must be i32, got f32
      help  convert it: value.cast('i32')",
      "error[ir/type]: the operands of and must be bool, got i32
      help  convert it: value.cast('bool')",
      "error[ir/type]: lt is not defined on bool
      help  convert what it is given: value.cast('f32'), value.cast('i32')",
      "error[ir/type]: mod is not defined on f32
      help  convert what it is given: value.cast('f32'), value.cast('i32')",
      "error[ir/type]: shl is not defined on f32
      help  convert what it is given: value.cast('f32'), value.cast('i32')",
      "error[ir/type]: the operand of not must be bool, got i32
      help  convert it: value.cast('bool')",
      "error[ir/type]: neg is not defined on u32
      help  convert what it is given: value.cast('f32'), value.cast('i32')",
      "error[ir/type]: the operand of exp must be f32, got i32
      help  convert it: value.cast('f32')",
      "error[ir/type]: abs is not defined on u32
      help  convert what it is given: value.cast('f32'), value.cast('i32')",
      "error[ir/type]: the operands of pow must be f32, got i32
      help  convert it: value.cast('f32')",
      "error[ir/type]: the condition of select must be bool, got i32
      help  convert it: value.cast('bool')",
      "error[ir/type]: the else arm of select must be f32, got i32
      help  convert it: value.cast('f32')",
      "error[ir/type]: 0.5 is not an i32 constant
      help  write a whole number that 32 bits hold, or a constant of f32",
      "error[ir/type]: an index of buffer "t" must be i32, got f32
      help  convert it: value.cast('i32')",
    ]
  `)
})

test('a load of the wrong rank', () => {
  const a = buffer('a', 'f32', [size('M'), 64], 'storage')
  expect(formatError(thrownBy(() => load(a, [builtin('thread')])))).toMatchInlineSnapshot(`
    "error[ir/rank]: buffer "a" of shape [M, 64] is indexed with 1 indices
      help  give one index a dimension"
  `)
})
