import {
  add,
  binary,
  buffer,
  builtin,
  div,
  type Expr,
  int,
  load,
  mod,
  mul,
  printExpr,
  type SizeValues,
  select,
  size,
  sizeMul,
  sizeValue,
  sub,
  unary,
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
import { alignmentOfForm, formKey, type LinearForm, linearContext, linearForm, linearKey } from './linear-form.js'

const [i, j] = [variable('i'), variable('j')]
const n = size('N', { multipleOf: 4 })
const thread = builtin('thread')

/** constant + coefficient·atom + … */
function text({ constant, terms }: LinearForm): string {
  return [String(constant), ...terms.map(({ coefficient, atom }) => `${coefficient}·(${printExpr(atom)})`)].join(' + ')
}

const formText = (expr: Expr): string => text(linearForm(expr))

/** The value of an expression without loads. */
function evaluated(expr: Expr, values: ReadonlyMap<Var, Expr>, sizes: SizeValues): number {
  const known = new Map<Var, number | boolean>()
  for (const [v, value] of values) if (value.kind === 'const') known.set(v, value.value)
  const result = evaluateExpr(expr, known, sizes)
  if (result === undefined) throw new RangeError(`${printExpr(expr)} has no value`)
  return Number(result)
}

describe('linearForm', () => {
  test('adds up terms, whatever the shape of the tree', () => {
    expect(formText(add(mul(add(i, int(3)), int(4)), sub(j, mul(int(2), i))))).toBe('12 + 2·(i) + 1·(j)')
    expect(formText(sub(add(i, int(5)), add(i, int(2))))).toBe('3')
    expect(formText(add(unary('neg', i), binary('shl', j, int(3))))).toBe('0 + -1·(i) + 8·(j)')
  })

  test('sees the sums in sizes', () => {
    expect(formText(add(sizeValue(sizeMul(n, 6)), mul(sizeValue(n), int(2))))).toBe('0 + 8·(N)')
  })

  test('wraps like i32', () => {
    expect(formText(mul(mul(i, int(2 ** 20)), int(2 ** 12)))).toBe('0')
    expect(formText(add(int(2 ** 31 - 1), add(i, int(1))))).toBe('-2147483648 + 1·(i)')
  })

  test('products of variables, quotients and loads are atoms, equal when they are equal up to sums', () => {
    const a = buffer('a', 'i32', [8], 'storage')
    const atom = (x: Expr): Expr => add(mul(x, j), add(div(x, int(4)), load(a, [mod(x, int(8))])))
    const form = linearForm(add(atom(add(i, int(1))), atom(sub(add(int(3), i), int(2)))))
    expect(form.terms.map(({ coefficient }) => coefficient)).toEqual([2, 2, 2])
  })

  test('sees through the variables it is given', () => {
    const context = linearContext(new Map([[j, add(i, int(2))]]))
    expect(text(linearForm(add(j, i), context))).toBe('2 + 2·(i)')
  })

  test('has the value of the expression', () => {
    fc.assert(
      fc.property(
        arbitraryExpr({ type: 'i32', vars: [i, j], sizes: arbitrarySizeParams, depth: 4 }),
        arbitraryBindings([i, j]),
        arbitrarySizeValues(),
        (expr, values, sizes) => {
          const context = linearContext()
          const { constant, terms } = linearForm(expr, context)
          const sum = terms.reduce(
            (total, { coefficient, atom }) => (total + Math.imul(coefficient, evaluated(atom, values, sizes))) | 0,
            constant,
          )
          expect(sum).toBe(evaluated(expr, values, sizes) | 0)
        },
      ),
      { numRuns: propertyRuns() },
    )
  })
})

describe('linearKey', () => {
  test('equal keys mean equal values', () => {
    const exprs = fc.array(arbitraryExpr({ type: 'i32', vars: [i, j], depth: 2 }), { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(exprs, arbitraryBindings([i, j]), (drawn, values) => {
        const context = linearContext()
        const byKey = new Map<number, number>()
        for (const expr of drawn) {
          const value = evaluated(expr, values, {})
          const key = linearKey(expr, context)
          expect(byKey.get(key) ?? value).toBe(value)
          byKey.set(key, value)
        }
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('sees linear arithmetic inside conditions', () => {
    const context = linearContext()
    const cond = (x: Expr): Expr => select(binary('lt', x, int(5)), x, int(0))
    expect(linearKey(cond(add(i, i)), context)).toBe(linearKey(cond(mul(i, int(2))), context))
    expect(linearKey(cond(i), context)).not.toBe(linearKey(cond(j), context))
    expect(formKey(linearForm(i, context), context)).toBe(linearKey(i, context))
  })
})

describe('alignmentOfForm', () => {
  const alignmentOf = (expr: Expr): number => {
    const context = linearContext()
    return alignmentOfForm(linearForm(expr, context), context)
  }

  test('knows coefficients, sizes, and the operators that keep a power of two', () => {
    expect(alignmentOf(add(mul(i, int(8)), int(4)))).toBe(4)
    expect(alignmentOf(mul(i, sizeValue(n)))).toBe(4)
    expect(alignmentOf(binary('min', mul(i, int(16)), sub(sizeValue(n), int(4))))).toBe(4)
    expect(alignmentOf(div(mul(i, int(16)), int(4)))).toBe(4)
    expect(alignmentOf(mod(mul(i, int(16)), int(24)))).toBe(8)
    expect(alignmentOf(select(binary('lt', i, j), mul(i, int(4)), int(6)))).toBe(2)
    expect(alignmentOf(thread)).toBe(1)
    expect(alignmentOf(int(0))).toBe(64)
  })

  test('divides the value', () => {
    fc.assert(
      fc.property(
        arbitraryExpr({ type: 'i32', vars: [i, j], sizes: arbitrarySizeParams, depth: 4 }),
        arbitraryBindings([i, j]),
        arbitrarySizeValues(),
        (expr, values, sizes) => {
          expect(Math.abs(evaluated(expr, values, sizes) % alignmentOf(expr))).toBe(0)
        },
      ),
      { numRuns: propertyRuns() },
    )
  })
})
