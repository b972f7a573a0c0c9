import {
  add,
  binary,
  buildKernel,
  builtin,
  div,
  type Expr,
  int,
  lt,
  mod,
  mul,
  select,
  size,
  sizeAdd,
  sizeMul,
  sizeValue,
  sub,
  type Var,
  variable,
} from '@tilewright/ir'
import {
  arbitraryBindings,
  arbitraryExpr,
  arbitrarySizeParams,
  arbitrarySizeValues,
  evaluateExpr,
  propertyRuns,
} from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linearForm } from './linear-form.js'
import { multipleOf } from './multiples.js'
import { assume, bindVar, combine, emptyRanges, enterLoop, kernelRanges, maximumOf, rangeOf } from './ranges.js'

const [i, j] = [variable('i'), variable('j')]
const anything = { min: -(2 ** 31), max: 2 ** 31 - 1 }

describe('ranges', () => {
  test('of the launch', () => {
    const N = size('N', { max: 1000 })
    const kernel = buildKernel({ name: 'k', threads: 64, subgroupSize: 32, workgroups: [N, 7, 1] }, () => {})
    const env = kernelRanges(kernel)
    expect(rangeOf(builtin('thread'), env)).toEqual({ min: 0, max: 63 })
    expect(rangeOf(builtin('lane'), env)).toEqual({ min: 0, max: 31 })
    expect(rangeOf(builtin('subgroup'), env)).toEqual({ min: 0, max: 1 })
    expect(rangeOf(builtin('workgroup-x'), env)).toEqual({ min: 0, max: 999 })
    expect(rangeOf(builtin('workgroup-y'), env)).toEqual({ min: 0, max: 6 })
    expect(
      maximumOf(
        combine(linearForm(builtin('workgroup-x'), env.context), linearForm(sizeValue(N), env.context), -1),
        env,
      ),
    ).toBe(-1)
  })

  test('a sum that may wrap is anything', () => {
    const env = emptyRanges(new Map([[i, { min: 0, max: 2 ** 30 }]]))
    expect(rangeOf(add(i, int(5)), env)).toEqual({ min: 5, max: 2 ** 30 + 5 })
    expect(rangeOf(mul(i, int(2)), env)).toEqual(anything)
    // The whole is seen: what cancels cannot wrap.
    expect(rangeOf(sub(mul(i, int(4)), mul(i, int(3))), env)).toEqual({ min: 0, max: 2 ** 30 })
  })

  test('of quotients and remainders keep the sign of the dividend', () => {
    const env = emptyRanges(new Map([[i, { min: -9, max: 20 }]]))
    expect(rangeOf(div(i, int(4)), env)).toEqual({ min: -2, max: 5 })
    expect(rangeOf(mod(i, int(4)), env)).toEqual({ min: -3, max: 3 })
    expect(rangeOf(div(i, int(-4)), env)).toEqual({ min: -5, max: 2 })
  })

  test('sizes: by their facts, and because a tensor has fewer than 2^31 elements', () => {
    const [N, B] = [size('N', { min: 3, max: 90, multipleOf: 8 }), size('B')]
    const kernel = buildKernel({ name: 'k', threads: 1, workgroups: [1, 1, 1] }, (g) => g.param('a', 'f32', [B, 17]))
    const env = kernelRanges(kernel)
    expect(rangeOf(sizeValue(N), env)).toEqual({ min: 8, max: 88 })
    expect(rangeOf(sizeValue(sizeAdd(N, 1)), env)).toEqual({ min: 9, max: 89 })
    expect(rangeOf(sizeValue(sizeMul(B, 17)), env)).toEqual({ min: 0, max: 17 * Math.floor((2 ** 31 - 1) / 17) })
  })

  test('conditions narrow', () => {
    const env = emptyRanges(
      new Map([
        [i, { min: 0, max: 100 }],
        [j, { min: 0, max: 100 }],
      ]),
    )
    expect(rangeOf(i, assume(env, lt(i, int(10)), true))).toEqual({ min: 0, max: 9 })
    expect(rangeOf(i, assume(env, lt(i, int(10)), false))).toEqual({ min: 10, max: 100 })
    expect(rangeOf(i, assume(env, binary('eq', i, int(4)), true))).toEqual({ min: 4, max: 4 })
    expect(rangeOf(i, assume(env, binary('ne', i, int(0)), true))).toEqual({ min: 1, max: 100 })
    expect(rangeOf(i, assume(env, lt(add(i, mul(j, int(8))), int(20)), true))).toEqual({ min: 0, max: 19 })
    expect(rangeOf(j, assume(env, lt(add(i, mul(j, int(8))), int(20)), true))).toEqual({ min: 0, max: 2 })
    const both = binary('and', lt(i, int(10)), lt(int(3), i))
    expect(rangeOf(i, assume(env, both, true))).toEqual({ min: 4, max: 9 })
    expect(rangeOf(i, assume(env, both, false))).toEqual({ min: 0, max: 100 })
  })

  test('bounds chain', () => {
    const N = size('N')
    const inLoop = enterLoop(emptyRanges(new Map([[j, { min: 0, max: 100 }]])), i, sizeValue(N))
    const env = assume(inLoop, binary('le', sizeValue(N), j), true)
    const difference = combine(linearForm(i, env.context), linearForm(j, env.context), -1)
    expect(maximumOf(difference, env)).toBe(-1)
  })

  test('multiples', () => {
    const M = size('M', { max: 1000, multipleOf: 12 })
    const env = emptyRanges(new Map([[i, { min: 0, max: 100 }]]))
    expect(multipleOf(add(mul(i, int(18)), sizeValue(M)), env)).toBe(6)
    expect(multipleOf(mul(i, sizeValue(M)), env)).toBe(12)
    // Modulo 2^32 only powers of two divide.
    expect(multipleOf(mul(j, int(12)), env)).toBe(4)
    expect(multipleOf(int(0), env)).toBe(0)
  })
})

describe('the value lies in the range', () => {
  test.each(['i32', 'u32', 'bool'] as const)('of any expression of %s', (type) => {
    const free = [variable('a', 'i32'), variable('b', 'u32'), variable('x', 'f32'), variable('p', 'bool')]
    fc.assert(
      fc.property(
        arbitraryExpr({ type, vars: free, sizes: arbitrarySizeParams, depth: 4 }),
        arbitraryBindings(free),
        arbitrarySizeValues(),
        (expr, bindings, sizes) => {
          const values = new Map([...bindings].map(([v, { value }]) => [v, value] as const))
          const { min, max } = rangeOf(expr, emptyRanges())
          const value = Number(evaluateExpr(expr, values, sizes))
          expect(value >= min && value <= max).toBe(true)
        },
      ),
      { numRuns: propertyRuns() * 2 },
    )
  })

  test('under conditions on small variables', () => {
    const small = { min: -8, max: 8 }
    const leaf: fc.Arbitrary<Expr> = fc.oneof(fc.constantFrom<Expr[]>(i, j), fc.integer(small).map(int))
    const sum = fc.tuple(leaf, leaf, fc.integer({ min: -3, max: 3 })).map(([a, b, c]) => add(a, mul(b, int(c))))
    const comparison = fc
      .tuple(fc.constantFrom('lt' as const, 'le' as const, 'eq' as const, 'ne' as const), sum, sum)
      .map(([op, a, b]) => binary(op, a, b))
    const condition = fc.oneof(
      comparison,
      fc
        .tuple(fc.constantFrom('and' as const, 'or' as const), comparison, comparison)
        .map(([op, a, b]) => binary(op, a, b)),
    )
    fc.assert(
      fc.property(condition, fc.boolean(), sum, fc.integer(small), fc.integer(small), (cond, truth, expr, vi, vj) => {
        const values = new Map<Var, number>([
          [i, vi],
          [j, vj],
        ])
        fc.pre(evaluateExpr(cond, values) === truth)
        const env = emptyRanges()
        bindVar(env, i, small)
        bindVar(env, j, small)
        const inside = assume(env, cond, truth)
        const value = Number(evaluateExpr(expr, values))
        const { min, max } = rangeOf(expr, inside)
        expect(value).toBeGreaterThanOrEqual(min)
        expect(value).toBeLessThanOrEqual(max)
        expect(value).toBeLessThanOrEqual(maximumOf(linearForm(expr, inside.context), inside))
        expect(rangeOf(select(cond, expr, expr), inside)).toEqual({ min, max })
      }),
      { numRuns: propertyRuns() * 2 },
    )
  })
})
