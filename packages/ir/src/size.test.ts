import { arbitrarySize, arbitrarySizeParams, arbitrarySizeValues, propertyRuns, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatError } from './errors.js'
import {
  applySizeOp,
  ceilDiv,
  elementCount,
  evaluateSize,
  formatSize,
  maxSize,
  mayEqual,
  type SizeExpr,
  type SizeOp,
  shapeEquals,
  size,
  sizeAdd,
  sizeBinary,
  sizeDiv,
  sizeEquals,
  sizeMul,
  sizeMultipleOf,
  sizeParams,
  sizeRange,
  sizeSub,
  substituteSize,
} from './size.js'

const runs = { numRuns: propertyRuns() }
const [n, m] = [size('N'), size('M')]

/** The same size, built by the folding constructor. */
function folded(expr: SizeExpr): SizeExpr {
  if (typeof expr === 'number' || expr.kind === 'size') return expr
  return sizeBinary(expr.op, folded(expr.left), folded(expr.right))
}

const sizeWithValues = fc.tuple(arbitrarySize(), arbitrarySizeValues())

describe('for all sizes and values', () => {
  test('folding keeps the value', () => {
    fc.assert(
      fc.property(sizeWithValues, ([expr, values]) => {
        expect(evaluateSize(folded(expr), values)).toBe(evaluateSize(expr, values))
      }),
      runs,
    )
  })

  test('the value lies in the range', () => {
    fc.assert(
      fc.property(sizeWithValues, ([expr, values]) => {
        const value = evaluateSize(expr, values)
        for (const { min, max } of [sizeRange(expr), sizeRange(folded(expr))]) {
          expect(value).toBeGreaterThanOrEqual(min)
          expect(value).toBeLessThanOrEqual(max)
        }
      }),
      runs,
    )
  })

  test('the value is a multiple of what divides it', () => {
    fc.assert(
      fc.property(sizeWithValues, ([expr, values]) => {
        const value = evaluateSize(expr, values)
        for (const divisor of [sizeMultipleOf(expr), sizeMultipleOf(folded(expr))]) {
          expect(divisor === 0 ? value : value % divisor).toBe(0)
        }
      }),
      runs,
    )
  })

  test('substituting values evaluates, substituting nothing gives the same object', () => {
    fc.assert(
      fc.property(sizeWithValues, ([expr, values]) => {
        const literal = substituteSize(expr, (param) => values[param.name] ?? param)
        expect(evaluateSize(literal, {})).toBe(evaluateSize(expr, values))
        expect(substituteSize(expr, (param) => param)).toBe(expr)
      }),
      runs,
    )
  })

  test('a copy is equal, and prints alike', () => {
    fc.assert(
      fc.property(arbitrarySize(), (expr) => {
        const copy: SizeExpr = JSON.parse(JSON.stringify(expr))
        expect(sizeEquals(copy, expr)).toBe(true)
        expect(formatSize(copy)).toBe(formatSize(expr))
      }),
      runs,
    )
  })

  test('the text reads back as JavaScript with the same value', () => {
    fc.assert(
      fc.property(sizeWithValues, ([expr, values]) => {
        // Only where the operators of the text are JavaScript's.
        fc.pre(!/\/|min|max/.test(formatSize(expr)))
        const names = arbitrarySizeParams.map((param) => param.name)
        const run = new Function(...names, `return ${formatSize(expr)}`)
        expect(run(...names.map((name) => values[name]))).toBe(evaluateSize(expr, values))
      }),
      runs,
    )
  })
})

test.each<[SizeOp, number, number, number]>([
  ['add', 7, 2, 9],
  ['sub', 7, 2, 5],
  ['mul', 7, 2, 14],
  ['div', 7, 2, 3],
  ['ceil-div', 7, 2, 4],
  ['ceil-div', 0, 2, 0],
  ['mod', 7, 2, 1],
  ['min', 7, 2, 2],
  ['max', 7, 2, 7],
])('%s of %i and %i is %i', (op, left, right, expected) => {
  expect(applySizeOp(op, left, right)).toBe(expected)
  expect(sizeBinary(op, left, right)).toBe(expected)
})

test('shape rules fold', () => {
  expect(sizeMul(1, n)).toBe(n)
  expect(sizeMul(n, 0)).toBe(0)
  expect(sizeAdd(0, n)).toBe(n)
  expect(sizeSub(n, n)).toBe(0)
  expect(sizeDiv(sizeMul(n, 8), 4)).toEqual(sizeMul(n, 2))
  expect(ceilDiv(sizeMul(n, 8), 8)).toBe(n)
  expect(sizeAdd(sizeAdd(n, 1), 2)).toEqual(sizeAdd(n, 3))
  expect(sizeBinary('mod', sizeMul(n, 6), 3)).toBe(0)
  expect(sizeBinary('max', n, n)).toBe(n)
  expect(sizeDiv(n, n)).toBe(1)
  expect(sizeDiv(sizeMul(n, m), n)).toBe(m)
  expect(sizeDiv(sizeMul(sizeMul(n, 50), m), sizeMul(m, 2))).toEqual(sizeMul(n, 25))
  expect(ceilDiv(sizeAdd(sizeMul(n, 4), 8), 4)).toEqual(sizeAdd(n, 2))
  expect(sizeSub(sizeAdd(n, 3), n)).toBe(3)
  expect(sizeSub(sizeAdd(n, m), n)).toBe(m)
  expect(sizeAdd(sizeSub(n, 1), 1)).toBe(n)
  expect(sizeBinary('mod', sizeMul(n, m), m)).toBe(0)
  expect(sizeBinary('min', n, maxSize)).toBe(n)
  expect(sizeBinary('max', sizeAdd(n, 2), n)).toEqual(sizeAdd(n, 2))
  expect(formatSize(sizeBinary('min', sizeBinary('min', n, 8), 5))).toBe('min(N, 5)')
  expect(formatSize(sizeSub(n, sizeBinary('max', sizeSub(n, 1), 0)))).toBe('min(N, 1)')
})

test('equal shapes have equal element counts', () => {
  expect(elementCount([])).toBe(1)
  expect(elementCount([2, n, 3])).toEqual(elementCount([n, 6]))
  expect(elementCount([n, 0, m])).toBe(0)
  expect(formatSize(elementCount([2, n, 3, m]))).toBe('N * M * 6')
})

test('facts of parameters', () => {
  const param = size('N', { min: 1, max: 100, multipleOf: 8 })
  expect(sizeRange(param)).toEqual({ min: 8, max: 96 })
  expect(sizeMultipleOf(sizeMul(param, 2))).toBe(16)
  expect(sizeMultipleOf(sizeDiv(param, 4))).toBe(2)
  expect(sizeMultipleOf(sizeDiv(param, 3))).toBe(1)
  expect(sizeRange(ceilDiv(param, 64))).toEqual({ min: 1, max: 2 })
  expect(sizeRange(n)).toEqual({ min: 0, max: maxSize })
})

test('a difference is not negative, and neither is its square', () => {
  const [a, b] = [size('A', { max: 10 }), size('B', { max: 10 })]
  const difference = sizeSub(a, b)
  expect(sizeRange(difference)).toEqual({ min: 0, max: 10 })
  expect(sizeRange(sizeMul(difference, difference))).toEqual({ min: 0, max: 100 })
})

test.each([
  { min: -1 },
  { max: 2 ** 31 },
  { min: 5, max: 4 },
  { multipleOf: 0 },
  { min: 1.5 },
  { min: 1, max: 7, multipleOf: 8 },
])('impossible facts %o are refused', (facts) => {
  expect(thrownBy(() => size('N', facts)).code).toBe('ir/size')
})

test('values are whole numbers from 0', () => {
  for (const value of [Number.NaN, -4, 1.5, '32']) {
    expect(thrownBy(() => Reflect.apply(evaluateSize, undefined, [size('n'), { n: value }]))).toMatchObject({
      code: 'ir/size',
      message: expect.stringContaining('size "n" is a whole number from 0, not '),
    })
  }
})

test('error texts', () => {
  expect(formatError(thrownBy(() => size('N', { min: 1, max: 7, multipleOf: 8 })))).toMatchInlineSnapshot(`
    "error[ir/size]: size "N" has impossible facts: min=1 max=7 multipleOf=8
      help  sizes are integers in 0..2147483647, multipleOf >= 1, and a multiple of it lies in min..max"
  `)
  expect(formatError(thrownBy(() => evaluateSize(sizeAdd(n, 1), { M: 1 })))).toMatchInlineSnapshot(
    `
    "error[ir/size]: size "N" has no value
      help  give it one among the values of the sizes: { "N": 4 }"
  `,
  )
  expect(formatError(thrownBy(() => evaluateSize(sizeDiv(n, m), { N: 3, M: 0 })))).toMatchInlineSnapshot(
    `
    "error[ir/size]: size 3 div 0: division by zero
      help  give the sizes that divide a value above zero"
  `,
  )
})

test('a parameter called like a property of objects has no value by accident', () => {
  expect(thrownBy(() => evaluateSize(size('constructor'), {})).code).toBe('ir/size')
})

test('equality looks at facts', () => {
  expect(sizeEquals(n, size('N'))).toBe(true)
  expect(sizeEquals(n, size('N', { min: 1 }))).toBe(false)
  expect(sizeEquals(n, 3)).toBe(false)
  expect(shapeEquals([n, 3], [size('N'), 3])).toBe(true)
  expect(shapeEquals([n], [n, 1])).toBe(false)
})

test('equality sees through sums of products', () => {
  expect(sizeEquals(sizeMul(sizeAdd(n, 1), 2), sizeAdd(sizeMul(n, 2), 2))).toBe(true)
  expect(sizeEquals(sizeMul(sizeMul(n, 2), m), sizeMul(m, sizeMul(n, 2)))).toBe(true)
  expect(sizeEquals(sizeBinary('min', n, m), sizeBinary('min', m, n))).toBe(true)
  expect(sizeEquals(sizeDiv(n, 2), sizeDiv(n, 3))).toBe(false)
  expect(sizeEquals(sizeMul(n, 2), sizeMul(n, 3))).toBe(false)
})

test('a difference that is never zero', () => {
  expect(mayEqual(n, m)).toBe(true)
  expect(mayEqual(n, sizeAdd(n, 1))).toBe(false)
  expect(mayEqual(size('P', { min: 4 }), 3)).toBe(false)
  expect(mayEqual(sizeBinary('min', n, 512), n)).toBe(true)
})

test('what may be negative is not taken for non-negative where it is bounded', () => {
  expect(formatSize(sizeBinary('max', sizeSub(n, 5), 0))).toBe('max(N - 5, 0)')
  expect(evaluateSize(sizeBinary('max', sizeSub(n, 5), 0), { N: 3 })).toBe(0)
})

test('parameters, each once, in order of appearance', () => {
  expect([...sizeParams(sizeAdd(sizeMul(m, n), m)).keys()]).toEqual(['M', 'N'])
})

test('text has the parentheses that it needs', () => {
  const texts = [
    sizeMul(sizeAdd(n, 1), 2),
    sizeAdd(sizeMul(n, 3), 1),
    sizeSub(n, sizeSub(m, 1)),
    sizeSub(sizeSub(n, m), 1),
    ceilDiv(sizeMul(n, 3), 64),
    sizeMul(n, sizeDiv(m, 2)),
    sizeBinary('min', sizeAdd(n, 1), m),
  ]
  expect(texts.map(formatSize)).toEqual([
    '(N + 1) * 2',
    'N * 3 + 1',
    'N - (M - 1)',
    'N - M - 1',
    'N * 3 /^ 64',
    'N * (M / 2)',
    'min(N + 1, M)',
  ])
})
