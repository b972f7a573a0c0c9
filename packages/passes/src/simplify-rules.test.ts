import { constant, type Expr, type ScalarType, type Var, variable } from '@tilewright/ir'
import { evaluateExpr, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bindings, build, matchRule, type RuleFacts, resultOf } from './match-rule.js'
import { bindVar, emptyRanges, type Range, rangeOf } from './ranges.js'
import { constantHoles, type HoleName, type Pattern, type Rule, simplifyRules } from './simplify-rules.js'

const names: readonly HoleName[] = ['x', 'y', 'z', 'c', 'a', 'b']

/** The type of each name, from where it stands in a pattern of the type `type`. */
function holeTypes(pattern: Pattern, type: ScalarType, into: Map<HoleName, ScalarType>): void {
  if (pattern.kind === 'hole') into.set(pattern.name, type)
  if (pattern.kind !== 'operator') return
  pattern.operands.forEach((operand, i) => {
    const isCondition = pattern.op === 'select' && i === 0
    const isLogic = pattern.op === 'and' || pattern.op === 'or' || pattern.op === 'not'
    const isComparison = operand.kind === 'operator' && ['lt', 'le', 'eq', 'ne'].includes(operand.op)
    const isTested = isCondition || (isLogic && !isComparison)
    holeTypes(operand, isTested ? 'bool' : isComparison && isLogic ? type : type, into)
  })
}

const ranges: Readonly<Record<ScalarType, readonly Range[]>> = {
  i32: [
    { min: 0, max: 3 },
    { min: 0, max: 7 },
    { min: 4, max: 9 },
    { min: 8, max: 20 },
    { min: -5, max: 5 },
    { min: -(2 ** 31), max: 2 ** 31 - 1 },
    { min: 2 ** 31 - 3, max: 2 ** 31 - 1 },
    { min: -(2 ** 31), max: -(2 ** 31) + 2 },
  ],
  u32: [
    { min: 0, max: 3 },
    { min: 0, max: 7 },
    { min: 4, max: 9 },
    { min: 8, max: 20 },
    { min: 0, max: 2 ** 32 - 1 },
    { min: 2 ** 32 - 3, max: 2 ** 32 - 1 },
  ],
  f32: [{ min: -16, max: 16 }],
  bool: [{ min: 0, max: 1 }],
}

interface Instance {
  readonly vars: readonly { readonly variable: Var; readonly range: Range; readonly value: number | boolean }[]
  readonly bindings: Bindings
}

function arbitraryValue(type: ScalarType, { min, max }: Range): fc.Arbitrary<number | boolean> {
  if (type === 'bool') return fc.boolean()
  if (type === 'f32')
    return fc.oneof(
      fc.integer({ min, max }).map((twice) => twice / 2),
      fc.constant(-0),
    )
  return fc.integer({ min, max })
}

/** What the names of a rule stand for: variables of known range, and constants. */
function arbitraryInstance(rule: Rule, type: ScalarType): fc.Arbitrary<Instance> {
  const types = new Map<HoleName, ScalarType>()
  holeTypes(rule.left, type, types)
  const constants = fc.oneof(fc.constantFrom(1, 2, 3, 4, 7, 8, 12, 15, 16, 63), fc.constantFrom(2 ** 16, 2 ** 31 - 1))
  return fc
    .tuple(
      ...names.map((name) => {
        const of = types.get(name) ?? type
        const drawn = fc
          .constantFrom(...ranges[of])
          .chain((range) => fc.tuple(fc.constant(range), arbitraryValue(of, range), constants))
        return drawn.map(([range, value, number]) => ({ name, of, range, value, number }))
      }),
    )
    .map((drawn) => {
      const vars: Instance['vars'][number][] = []
      const bindings = new Map<HoleName, Expr>()
      for (const { name, of, range, value, number } of drawn) {
        if (constantHoles.has(name)) bindings.set(name, constant(of, number))
        else {
          const fresh = variable(name, of)
          vars.push({ variable: fresh, range, value })
          bindings.set(name, fresh)
        }
      }
      return { vars, bindings }
    })
}

describe('both sides of a rule have one value', () => {
  const cases = simplifyRules.flatMap((rule) =>
    rule.types.map((type) => ({ name: `${rule.name} on ${type}`, rule, type })),
  )

  test.each(cases)('$name', ({ rule, type }) => {
    fc.assert(
      fc.property(arbitraryInstance(rule, type), ({ vars, bindings }) => {
        const env = emptyRanges()
        for (const { variable, range } of vars) if (variable.dtype !== 'f32') bindVar(env, variable, range)
        const facts: RuleFacts = {
          same: (a, b) => a === b,
          range: (expr) => rangeOf(expr, env),
          atMost: (x, y, slack) => rangeOf(x, env).max + slack <= rangeOf(y, env).min,
        }
        const left = build(rule.left, bindings)
        const matched = matchRule(rule, left, facts)
        fc.pre(matched !== undefined)
        const values = new Map(vars.map(({ variable, value }) => [variable, value]))
        const before = evaluateExpr(left, values)
        // A division by zero has no value to keep.
        fc.pre(before !== undefined)
        expect(evaluateExpr(resultOf(rule, matched ?? bindings, facts), values)).toBe(before)
      }),
      { numRuns: propertyRuns() },
    )
  })
})

test('each rule has its own name', () => {
  expect(new Set(simplifyRules.map((rule) => rule.name)).size).toBe(simplifyRules.length)
})
