import {
  add,
  binary,
  buffer,
  constant,
  type Expr,
  int,
  load,
  mul,
  size,
  sizeValue,
  sub,
  unary,
  variable,
} from '@tilewright/ir'
import { arbitraryExpr, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createKeyIds, exprKey } from './structural-key.js'

const [i, j] = [variable('i'), variable('i')]

describe('exprKey', () => {
  const isSame = (a: Expr, b: Expr): boolean => {
    const ids = createKeyIds()
    return exprKey(a, ids) === exprKey(b, ids)
  }

  test('is equal for copies', () => {
    fc.assert(
      fc.property(fc.constantFrom('i32' as const, 'f32' as const, 'bool' as const), fc.nat(), (type, seed) => {
        const [first, second] = [0, 1].map(
          () => fc.sample(arbitraryExpr({ type, vars: [i, j] }), { seed, numRuns: 1 })[0]!,
        )
        expect(isSame(first!, second!)).toBe(true)
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('tells apart variables of one name, buffers, sizes, types, signs and operators', () => {
    const [a, b] = [buffer('a', 'f32', [8], 'storage'), buffer('a', 'f32', [8], 'storage')]
    const pairs: readonly (readonly [Expr, Expr])[] = [
      [i, j],
      [load(a, [i]), load(b, [i])],
      [load(a, [i]), load(a, [j])],
      [sizeValue(size('N')), sizeValue(size('N', { min: 1 }))],
      [constant('f32', 0), constant('f32', -0)],
      [constant('i32', 1), constant('u32', 1)],
      [add(i, j), mul(i, j)],
      [sub(i, j), sub(j, i)],
      [unary('neg', i), i],
    ]
    for (const [x, y] of pairs) expect(isSame(x, y)).toBe(false)
  })

  test('operands of commutative operators may stand in either order', () => {
    expect(isSame(add(mul(i, j), int(1)), add(int(1), mul(j, i)))).toBe(true)
    expect(isSame(binary('lt', i, j), binary('lt', j, i))).toBe(false)
  })

  test('takes one visit a node, however often it is shared', () => {
    let shared: Expr = i
    for (let k = 0; k < 60; k++) shared = binary('mul', shared, shared)
    expect(isSame(shared, shared)).toBe(true)
  })
})
