import { evaluateSize } from '@tilewright/ir'
import { arbitrarySize, arbitrarySizeValues, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PlanSize, PlanTensor } from './plan.js'
import { PlanError } from './plan-error.js'
import { bindSizes, countElements, evaluatePlanSize, holds } from './sizes.js'

const param = (name: string, facts: { min?: number; max?: number; multipleOf?: number } = {}): PlanSize => ({
  kind: 'size',
  name,
  min: 0,
  max: 2 ** 31 - 1,
  multipleOf: 1,
  ...facts,
})
const op = (
  name: 'add' | 'sub' | 'mul' | 'div' | 'ceil-div' | 'mod' | 'min' | 'max',
  left: PlanSize,
  right: PlanSize,
): PlanSize => ({
  kind: 'size-op',
  op: name,
  left,
  right,
})
const tensor = (name: string, ...shape: PlanSize[]): PlanTensor => ({ name, dtype: 'f32', shape, buffer: 0 })

/** The error as the command line shows it. */
function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (!(error instanceof PlanError)) throw error
    return `error[${error.code}]: ${error.message}${error.help === undefined ? '' : `\n  help  ${error.help}`}`
  }
  return 'no error'
}

describe('sizes', () => {
  test('agree with the sizes of the IR', () => {
    fc.assert(
      fc.property(arbitrarySize(), arbitrarySizeValues(), (size, values) => {
        expect(evaluatePlanSize(size, new Map(Object.entries(values)))).toBe(evaluateSize(size, values))
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('a plan holds the sizes of the IR as they are', () => {
    fc.assert(
      fc.property(arbitrarySize(), (size) => {
        const read: PlanSize = JSON.parse(JSON.stringify(size))
        expect(read).toEqual(size)
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('large products are exact', () => {
    const square = op('mul', param('n'), param('n'))
    expect(evaluatePlanSize(square, new Map([['n', 2 ** 26]]))).toBe(2 ** 52)
    expect(countElements([2 ** 20, 2 ** 20])).toBe(2 ** 40)
    expect([countElements([]), countElements([3, 0, 2 ** 31])]).toEqual([1, 0])
  })

  test('predicates', () => {
    const values = new Map([['n', 12]])
    const [multipleOf4, multipleOf8] = [4, 8].map((of) => holds({ kind: 'multiple-of', size: param('n'), of }, values))
    expect([multipleOf4, multipleOf8]).toEqual([true, false])
    const atMost = (limit: number): boolean => holds({ kind: 'at-most', size: param('n'), limit }, values)
    expect([11, 12, 13].map(atMost)).toEqual([false, true, true])
    expect(holds({ kind: 'multiple-of', size: param('zero'), of: 4 }, new Map([['zero', 0]]))).toBe(true)
  })

  test('a difference may be negative where a maximum raises it', () => {
    const pad = op('div', op('max', op('sub', 3, param('h')), 0), 2)
    expect(evaluatePlanSize(pad, new Map([['h', 4]]))).toBe(0)
  })

  test('a window that does not fit is refused, also where two negative extents would make a positive product', () => {
    const steps = op('sub', param('h'), 3)
    const extent = op('add', op('div', steps, 2), 1)
    expect(refusal(() => evaluatePlanSize(extent, new Map([['h', 2]])))).toMatchInlineSnapshot(`
      "error[run/shape]: the size ((h - 3) / 2) cannot be computed: a part of it is -1
        help  the inputs are too small: a window must fit into what it moves over"
    `)
    expect(refusal(() => evaluatePlanSize(op('mul', steps, steps), new Map([['h', 1]])))).toMatchInlineSnapshot(`
      "error[run/shape]: the size ((h - 3) * (h - 3)) cannot be computed: a part of it is -2
        help  the inputs are too small: a window must fit into what it moves over"
    `)
  })

  test('a size without a value, and a division by zero', () => {
    expect(refusal(() => evaluatePlanSize(param('n'), new Map()))).toMatchInlineSnapshot(`
      "error[plan/size]: size "n" has no value
        help  give it one among the values of the sizes: ["n", 4]"
    `)
    expect(refusal(() => evaluatePlanSize(op('mod', 7, param('n')), new Map([['n', 0]])))).toMatchInlineSnapshot(`
      "error[plan/size]: size 7 mod 0: division by zero"
    `)
  })
})

test.each<[what: string, size: unknown, values: unknown, message: string, help: string]>([
  ['an object', param('n'), { n: 4 }, 'values of sizes are a Map, not an object', 'pass a Map: new Map([["n", 4]])'],
  ['nothing', param('n'), undefined, 'values of sizes are a Map, not undefined', 'pass a Map: new Map([["n", 4]])'],
  [
    'a name',
    'n',
    new Map(),
    'a size is a number or an expression, not the text "n"',
    'pass an extent of a shape of the plan, or of a launch',
  ],
])('%s for a size or its values is refused', (_, size, values, message, help) => {
  expect(() => Reflect.apply(evaluatePlanSize, undefined, [size, values])).toThrow(
    expect.objectContaining({ code: 'plan/size', message, help }),
  )
})

describe('binding sizes', () => {
  const n = param('n', { min: 1, max: 64, multipleOf: 4 })
  const inputs = [tensor('x', n, 3), tensor('y', n, op('mul', n, 2))]

  test('every parameter gets its value', () => {
    expect(
      bindSizes(inputs, [
        [8, 3],
        [8, 16],
      ]),
    ).toEqual(new Map([['n', 8]]))
    expect(bindSizes([tensor('scalar')], [[]])).toEqual(new Map())
  })

  test('a compound extent may stand before the parameter it is made of', () => {
    const swapped = [tensor('y', op('mul', n, 2)), tensor('x', n)]
    expect(bindSizes(swapped, [[16], [8]])).toEqual(new Map([['n', 8]]))
  })

  test('what is refused', () => {
    const shapes = {
      'another rank': [[8], [8, 16]],
      'a shape too few': [[8, 3]],
      'two inputs disagree': [
        [8, 3],
        [12, 24],
      ],
      'above the facts': [
        [68, 3],
        [68, 136],
      ],
      'below the facts': [
        [0, 3],
        [0, 0],
      ],
      'between the steps': [
        [6, 3],
        [6, 12],
      ],
      'a fixed extent': [
        [8, 4],
        [8, 16],
      ],
      'a compound extent': [
        [8, 3],
        [8, 15],
      ],
      'a fraction': [
        [4.5, 3],
        [4.5, 9],
      ],
    }
    const refusals = Object.entries(shapes).map(
      ([what, given]) => `${what}\n${refusal(() => bindSizes(inputs, given))}`,
    )
    expect(refusals.join('\n\n')).toMatchInlineSnapshot(`
      "another rank
      error[run/shape]: input "x" has shape [8], expected [n, 3]: rank 1
        help  pass data of the shape that the model declares

      a shape too few
      error[run/shape]: input "y" has shape [], expected [n, (n * 2)]: rank 0
        help  pass data of the shape that the model declares

      two inputs disagree
      error[run/shape]: input "y" has shape [12, 24], expected [n, (n * 2)]: "n" is 8 elsewhere
        help  pass data of the shape that the model declares

      above the facts
      error[run/shape]: input "x" has shape [68, 3], expected [n, 3]: "n" must be in 1..64 in steps of 4
        help  pass data of the shape that the model declares

      below the facts
      error[run/shape]: input "x" has shape [0, 3], expected [n, 3]: "n" must be in 1..64 in steps of 4
        help  pass data of the shape that the model declares

      between the steps
      error[run/shape]: input "x" has shape [6, 3], expected [n, 3]: "n" must be in 1..64 in steps of 4
        help  pass data of the shape that the model declares

      a fixed extent
      error[run/shape]: input "x" has shape [8, 4], expected [n, 3]: dimension 1 must be 3
        help  pass data of the shape that the model declares

      a compound extent
      error[run/shape]: input "y" has shape [8, 15], expected [n, (n * 2)]: dimension 1 must be 16
        help  pass data of the shape that the model declares

      a fraction
      error[run/shape]: input "x" has shape [4.5, 3], expected [n, 3]: "n" must be in 1..64 in steps of 4
        help  pass data of the shape that the model declares"
    `)
  })
})
