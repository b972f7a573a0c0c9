import { arbitrarySize, arbitrarySizeValues, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ceilDiv,
  evaluateSize,
  type SizeExpr,
  type SizeOp,
  size,
  sizeAdd,
  sizeBinary,
  sizeDiv,
  sizeEquals,
  sizeMul,
  sizeSub,
} from './size.js'
import { difference, exactQuotient, keyOf, polynomialOf, polynomialRange, sizeOf } from './size-polynomial.js'

const runs = { numRuns: propertyRuns() }
const values = arbitrarySizeValues()
const node = (op: SizeOp, left: SizeExpr, right: SizeExpr): SizeExpr => ({ kind: 'size-op', op, left, right })

test('a polynomial has the value and the key of its size', () => {
  fc.assert(
    fc.property(arbitrarySize(), values, (expr, sizes) => {
      const rebuilt = sizeOf(polynomialOf(expr))
      expect(evaluateSize(rebuilt, sizes)).toBe(evaluateSize(expr, sizes))
      expect(keyOf(rebuilt)).toBe(keyOf(expr))
      expect(sizeEquals(rebuilt, expr)).toBe(true)
    }),
    runs,
  )
})

test('equal keys mean equal values', () => {
  fc.assert(
    fc.property(
      arbitrarySize(undefined, 2),
      arbitrarySize(undefined, 1),
      arbitrarySize(undefined, 1),
      values,
      (a, b, c, sizes) => {
        const spread = node('add', node('mul', a, c), node('mul', b, c))
        const whole = node('mul', node('add', b, a), c)
        expect(evaluateSize(whole, sizes)).toBe(evaluateSize(spread, sizes))
        if (keyOf(a) === keyOf(b)) expect(evaluateSize(a, sizes)).toBe(evaluateSize(b, sizes))
      },
    ),
    runs,
  )
})

test('a difference lies in its range, below zero too, and cancels', () => {
  fc.assert(
    fc.property(arbitrarySize(), arbitrarySize(), values, (a, b, sizes) => {
      const expected = evaluateSize(a, sizes) - evaluateSize(b, sizes)
      const { min, max } = polynomialRange(difference(a, b))
      expect(expected).toBeGreaterThanOrEqual(min)
      expect(expected).toBeLessThanOrEqual(max)
      expect(evaluateSize(sizeSub(a, b), sizes)).toBe(expected)
      expect(evaluateSize(sizeSub(node('add', a, b), b), sizes)).toBe(evaluateSize(a, sizes))
    }),
    runs,
  )
})

test('a factor divides its product', () => {
  fc.assert(
    fc.property(arbitrarySize(undefined, 1), arbitrarySize(undefined, 1), values, (a, b, sizes) => {
      const divisor = evaluateSize(b, sizes)
      fc.pre(divisor > 0)
      expect(evaluateSize(sizeDiv(node('mul', a, b), b), sizes)).toBe(evaluateSize(a, sizes))
      const quotient = exactQuotient(polynomialOf(node('mul', a, b)), polynomialOf(b))
      if (quotient !== undefined) expect(evaluateSize(sizeOf(quotient), sizes)).toBe(evaluateSize(a, sizes))
    }),
    runs,
  )
})

test('sizes of many layers that each shrink and grow', () => {
  let layers: SizeExpr = size('h')
  for (let i = 0; i < 60; i++) layers = sizeMul(ceilDiv(sizeAdd(layers, 1), 3), 2)
  expect(sizeEquals(layers, node('mul', 1, layers))).toBe(true)
  expect(evaluateSize(layers, { h: 1000 })).toBe(6)
})

test('a product of too many terms has a range, and folds', () => {
  const sum = (names: string): SizeExpr => [...names].map((name) => size(name, { min: 1, max: 2 })).reduce(sizeAdd, 0)
  const product = sizeMul(sum('abcde'), sum('fghi'))
  expect(polynomialRange(polynomialOf(product))).toEqual({ min: 20, max: 80 })
  expect(sizeBinary('min', product, 19)).toBe(19)
  expect(sizeBinary('max', product, 80)).toBe(80)
})
