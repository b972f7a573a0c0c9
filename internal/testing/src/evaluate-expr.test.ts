import { constant, type Expr } from '@tilewright/ir'
import { expect, test } from 'vitest'
import { evaluateExpr } from './evaluate-expr.js'

test('a division by zero has no value', () => {
  const zero = constant('i32', 0)
  const quotient: Expr = { kind: 'binary', dtype: 'i32', op: 'div', left: constant('i32', 1), right: zero }
  expect(evaluateExpr(quotient, new Map())).toBe(undefined)
})
