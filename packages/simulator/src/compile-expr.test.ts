import {
  type BinaryOp,
  binary,
  bitcast,
  buffer,
  builtin,
  cast,
  constant,
  type Expr,
  int,
  kernel,
  load,
  type ScalarType,
  select,
  seq,
  size,
  sizeMul,
  sizeValue,
  store,
  unary,
} from '@tilewright/ir'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocate } from './elements.js'
import { runKernel } from './run-kernel.js'

/** The value of an expression over parameters `x` and `y`, which are not folded away. */
function evaluate(type: ScalarType, [x, y]: readonly [number, number], body: (x: Expr, y: Expr) => Expr): number {
  const operands = buffer('operands', type, [2], 'storage')
  const expr = body(load(operands, [int(0)]), load(operands, [int(1)]))
  const result = buffer('result', expr.dtype, [1], 'storage')
  const body_ = seq([store(result, [int(0)], expr)])
  const program = kernel({
    name: 'e',
    params: [operands, result],
    threads: 1,
    workgroups: [1, 1, 1],
    body: body_,
  })
  const given = allocate(type, 2)
  given.set([x, y])
  const got = allocate(expr.dtype, 1)
  runKernel(program, {
    buffers: new Map([
      [operands, given],
      [result, got],
    ]),
  })
  return got[0]!
}

const op = (name: BinaryOp) => (x: Expr, y: Expr) => binary(name, x, y)
const MIN = -(2 ** 31)
const MAX = 2 ** 31 - 1

describe('i32', () => {
  test.each<[BinaryOp, number, number, number]>([
    ['add', MAX, 1, MIN],
    ['sub', MIN, 1, MAX],
    ['mul', 123456789, 987654321, Math.imul(123456789, 987654321)],
    ['div', -7, 2, -3],
    ['div', 7, -2, -3],
    ['div', MIN, -1, MIN],
    ['mod', -7, 2, -1],
    ['mod', 7, -2, 1],
    ['mod', MIN, -1, 0],
    ['min', -3, 2, -3],
    ['max', -3, 2, 2],
    ['bit-and', -1, 0xff, 0xff],
    ['bit-xor', -1, 0xff, -256],
    ['shl', 1, 33, 2],
    ['shl', 1, 31, MIN],
    ['shr', -8, 1, -4],
    ['shr', -8, 32, -8],
    ['lt', -1, 1, 1],
    ['le', 1, 1, 1],
    ['eq', 1, 2, 0],
    ['ne', 1, 2, 1],
  ])('%s(%d, %d) = %d', (name, x, y, expected) => expect(evaluate('i32', [x, y], op(name))).toBe(expected))

  test('neg wraps', () => expect(evaluate('i32', [MIN, 0], (x) => unary('neg', x))).toBe(MIN))
})

describe('u32', () => {
  test.each<[BinaryOp, number, number, number]>([
    ['add', 2 ** 32 - 1, 2, 1],
    ['sub', 0, 1, 2 ** 32 - 1],
    ['mul', 2 ** 31, 3, 2 ** 31],
    ['div', 2 ** 32 - 1, 2, MAX],
    ['mod', 2 ** 32 - 1, 10, 5],
    ['min', 2 ** 32 - 1, 1, 1],
    ['max', 2 ** 32 - 1, 1, 2 ** 32 - 1],
    ['bit-and', 2 ** 32 - 1, 2 ** 31, 2 ** 31],
    ['bit-xor', 2 ** 31, 1, 2 ** 31 + 1],
    ['shl', 1, 31, 2 ** 31],
    ['shr', 2 ** 31, 31, 1],
    ['lt', 2 ** 32 - 1, 1, 0],
  ])('%s(%d, %d) = %d', (name, x, y, expected) => expect(evaluate('u32', [x, y], op(name))).toBe(expected))
})

test('integer arithmetic is arithmetic modulo 2^32', () => {
  const exact: Partial<Record<BinaryOp, (x: bigint, y: bigint) => bigint>> = {
    add: (x, y) => x + y,
    sub: (x, y) => x - y,
    mul: (x, y) => x * y,
    div: (x, y) => x / y,
    mod: (x, y) => x % y,
    'bit-and': (x, y) => x & y,
    'bit-xor': (x, y) => x ^ y,
    shl: (x, y) => x << (y & 31n),
    shr: (x, y) => x >> (y & 31n),
  }
  const operand = fc.oneof(fc.integer(), fc.integer({ min: -9, max: 9 }), fc.constantFrom(MIN, MAX))
  const names = Object.keys(exact) as BinaryOp[]
  fc.assert(
    fc.property(fc.constantFrom('i32' as const, 'u32' as const), operand, operand, (type, a, b) => {
      const wrap = (value: bigint) => Number(type === 'i32' ? BigInt.asIntN(32, value) : BigInt.asUintN(32, value))
      const [x, y] = [wrap(BigInt(a)), wrap(BigInt(b))]
      for (const name of names) {
        if (y === 0 && (name === 'div' || name === 'mod')) continue
        expect(evaluate(type, [x, y], op(name))).toBe(wrap(exact[name]!(BigInt(x), BigInt(y))))
      }
    }),
    { numRuns: propertyRuns() },
  )
})

describe('f32', () => {
  const third = Math.fround(1 / 3)
  test.each<[BinaryOp, number, number, number]>([
    ['add', 16777216, 1, 16777216],
    ['sub', 1, third, Math.fround(1 - third)],
    ['mul', third, third, Math.fround(third * third)],
    ['div', 1, 3, third],
    ['div', 1, 0, Number.POSITIVE_INFINITY],
    ['min', 1, -1, -1],
    ['max', 1, -1, 1],
    ['lt', -0, 0, 0],
    ['eq', -0, 0, 1],
  ])('%s(%d, %d) = %d', (name, x, y, expected) => expect(evaluate('f32', [x, y], op(name))).toBe(expected))

  test('each operation is rounded once', () => {
    const fused = evaluate('f32', [third, third], (x, y) => binary('sub', binary('mul', x, y), constant('f32', 1 / 9)))
    expect(fused).toBe(Math.fround(Math.fround(third * third) - Math.fround(1 / 9)))
  })

  test.each([
    ['pow', 2, 10, 1024],
    ['pow', -2, 3, -8],
    ['pow', -2, -2, 0.25],
    ['pow', -2, 0.5, Number.NaN],
    ['pow', 0, 0, 1],
    ['pow', 0, -1, Number.POSITIVE_INFINITY],
  ] as const)('%s(%d, %d) = %d', (name, x, y, expected) => expect(evaluate('f32', [x, y], op(name))).toBe(expected))

  test('functions of one operand', () => {
    expect(evaluate('f32', [0, 0], (x) => unary('neg', x))).toBe(-0)
    expect(evaluate('f32', [1, 0], (x) => unary('exp', x))).toBe(Math.fround(Math.E))
    expect(evaluate('f32', [0.5, 0], (x) => unary('tanh', x))).toBe(Math.fround(Math.tanh(0.5)))
    expect(evaluate('f32', [2, 0], (x) => unary('sqrt', x))).toBe(Math.fround(Math.SQRT2))
    expect(evaluate('f32', [2, 0], (x) => unary('log', x))).toBe(Math.fround(Math.LN2))
    expect(evaluate('f32', [0.5, 0], (x) => unary('erf', x))).toBe(Math.fround(0.5204998778130465))
    expect(evaluate('f32', [-1.5, 0], (x) => unary('floor', x))).toBe(-2)
    expect(evaluate('f32', [-1.5, 0], (x) => unary('ceil', x))).toBe(-1)
    expect(evaluate('f32', [-1.5, 0], (x) => unary('round', x))).toBe(-2)
    expect(evaluate('f32', [2.5, 0], (x) => unary('round', x))).toBe(2)
    expect(evaluate('f32', [2 ** 24 + 2, 0], (x) => unary('round', x))).toBe(2 ** 24 + 2)
    expect(evaluate('f32', [3e38, 0], (x) => unary('round', x))).toBe(Math.fround(3e38))
    expect(evaluate('f32', [-1.5, 0], (x) => unary('abs', x))).toBe(1.5)
    expect(evaluate('i32', [-(2 ** 31), 0], (x) => unary('abs', x))).toBe(-(2 ** 31))
  })
})

describe('bool', () => {
  const never = (x: Expr): Expr => binary('eq', binary('div', int(1), cast('i32', x)), int(0))
  test('and and or leave out the right operand where the left decides', () => {
    expect(evaluate('bool', [0, 1], (x) => binary('and', x, never(x)))).toBe(0)
    expect(evaluate('bool', [1, 0], (x, y) => binary('or', x, never(y)))).toBe(1)
  })

  test('select evaluates the arm it takes', () => {
    const guarded = (x: Expr, y: Expr): Expr => select(x, constant('bool', true), never(y))
    expect(evaluate('bool', [1, 0], guarded)).toBe(1)
    expect(() => evaluate('bool', [0, 0], guarded)).toThrow('an integer is divided by zero')
  })

  test('not, eq and ne', () => {
    expect(evaluate('bool', [1, 0], (x) => unary('not', x))).toBe(0)
    expect(evaluate('bool', [1, 0], op('eq'))).toBe(0)
    expect(evaluate('bool', [1, 0], op('ne'))).toBe(1)
  })
})

test('bitcasts keep bits', () => {
  expect(evaluate('f32', [1.5, 0], (x) => bitcast('i32', x))).toBe(0x3fc00000)
  expect(evaluate('f32', [-1.5, 0], (x) => bitcast('u32', x))).toBe(0xbfc00000)
  expect(evaluate('i32', [-8388608, 0], (x) => bitcast('f32', x))).toBe(Number.NEGATIVE_INFINITY)
  expect(evaluate('f32', [-1, 0], (x) => bitcast('f32', bitcast('u32', x)))).toBe(-1)
})

describe('cast', () => {
  test.each<[ScalarType, ScalarType, number, number]>([
    ['f32', 'i32', -2.75, -2],
    ['f32', 'i32', -0.5, 0],
    ['f32', 'i32', 3e9, MAX],
    ['f32', 'i32', Number.NEGATIVE_INFINITY, MIN],
    ['f32', 'u32', -1, 0],
    ['f32', 'u32', 5e9, 2 ** 32 - 1],
    ['i32', 'f32', 16777217, 16777216],
    ['i32', 'f32', 16777219, 16777220],
    ['u32', 'f32', 2 ** 32 - 1, 2 ** 32],
    ['i32', 'u32', -1, 2 ** 32 - 1],
    ['u32', 'i32', 2 ** 32 - 1, -1],
    ['f32', 'bool', 0.25, 1],
    ['f32', 'bool', -0, 0],
    ['bool', 'f32', 1, 1],
    ['bool', 'i32', 1, 1],
  ])('%s to %s of %d is %d', (from, to, x, expected) =>
    expect(evaluate(from, [x, 0], (v) => cast(to, v))).toBe(expected),
  )
})

test('sizes and builtins', () => {
  const n = size('N')
  const out = buffer('out', 'i32', [sizeMul(n, 4)], 'storage')
  const place = binary('add', binary('mul', builtin('workgroup-x'), int(2)), builtin('thread'))
  const program = kernel({
    name: 'grid',
    params: [out],
    threads: 2,
    workgroups: [sizeMul(n, 2), 1, 1],
    body: store(out, [place], binary('add', sizeValue(n), place)),
  })
  const got = new Int32Array(12)
  expect(runKernel(program, { buffers: new Map([[out, got]]), sizes: { N: 3 } })).toEqual({
    workgroups: 6,
    counts: undefined,
  })
  expect(got).toEqual(Int32Array.from({ length: 12 }, (_, i) => i + 3))
})
