import {
  add,
  type Buffer,
  binary,
  buffer,
  type Compute,
  compute,
  type DType,
  type Equation,
  int,
  load,
  matmul,
  mul,
  unary,
  variable,
} from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import type { FusionGroup } from './group.js'
import { inPlaceOperand } from './in-place.js'

const typed = (dtype: DType, hint: string, ...shape: Buffer['shape']): Buffer => buffer(hint, dtype, shape, 'storage')
const storage = (hint: string, ...shape: Buffer['shape']): Buffer => typed('f32', hint, ...shape)
const groupOf = (
  anchor: Equation,
  { prologues = [], epilogues = [] }: Partial<Pick<FusionGroup, 'prologues' | 'epilogues'>> = {},
): FusionGroup => ({ anchor, prologues, epilogues, members: [anchor, ...epilogues] })
const always = (): boolean => true

describe('an elementwise anchor', () => {
  const [x, y, turned, result] = [storage('x', 4, 4), storage('y', 4, 4), storage('turned', 4, 4), storage('r', 4, 4)]
  const sum = compute(result, (i, j) => add(load(x, [i!, j!]), load(y, [i!, j!])))

  test('overwrites the first operand that may die', () => {
    expect(inPlaceOperand(groupOf(sum), always)).toBe(x)
    expect(inPlaceOperand(groupOf(sum), (operand) => operand === y)).toBe(y)
    expect(inPlaceOperand(groupOf(sum), () => false)).toBeUndefined()
  })

  test('not an operand that is read elsewhere, itself or through a prologue', () => {
    const symmetric = compute(result, (i, j) => add(load(x, [i!, j!]), load(x, [j!, i!])))
    expect(inPlaceOperand(groupOf(symmetric), always)).toBeUndefined()
    const transpose = compute(turned, (i, j) => load(x, [j!, i!]))
    const withTurned = compute(result, (i, j) => add(load(x, [i!, j!]), load(turned, [i!, j!])))
    expect(inPlaceOperand(groupOf(withTurned, { prologues: [transpose] }), always)).toBeUndefined()
    const back = compute(result, (i, j) => add(load(y, [i!, j!]), load(turned, [j!, i!])))
    expect(inPlaceOperand(groupOf(back, { prologues: [transpose] }), (operand) => operand === x)).toBe(x)
  })

  test('not an operand that a prologue reads for several places of its own: another thread may evaluate it', () => {
    const stack = storage('stack', 2, 4, 4)
    const stacked = compute(stack, (k, j, i) => add(load(x, [i!, j!]), load(y, [k!, k!])))
    const both = compute(result, (i, j) => add(load(stack, [int(0), j!, i!]), load(stack, [int(1), j!, i!])))
    expect(inPlaceOperand(groupOf(both, { prologues: [stacked] }), (operand) => operand === x)).toBeUndefined()
  })

  test('not an operand of another type or shape', () => {
    const [half, row] = [typed('f16', 'half', 4, 4), storage('row', 4)]
    const mixed = compute(result, (i, j) => mul(load(half, [i!, j!]), load(row, [j!])))
    expect(inPlaceOperand(groupOf(mixed), always)).toBeUndefined()
  })
})

test('a long chain of sums of a value and itself is looked through', () => {
  const [a, b, product] = [storage('a', 4, 4), storage('b', 4, 4), storage('product', 4, 4)]
  const residual = storage('residual', 4, 4)
  let last = product
  const doublings = Array.from({ length: 60 }, () => {
    const from = last
    last = storage('doubled', 4, 4)
    return compute(last, (i, j) => add(load(from, [i!, j!]), load(from, [i!, j!])))
  })
  const result = storage('result', 4, 4)
  const sum = compute(result, (i, j) => add(load(last, [i!, j!]), load(residual, [i!, j!])))
  const anchor = matmul(
    product,
    4,
    (_, i, k) => load(a, [i, k]),
    (_, k, j) => load(b, [k, j]),
  )
  const group = groupOf(anchor, { epilogues: [...doublings, sum] })
  expect(inPlaceOperand(group, (operand) => operand === residual)).toBe(residual)
})

describe('an epilogue', () => {
  const [a, product, residual, result] = [
    storage('a', 4, 4),
    storage('product', 4, 4),
    storage('residual', 4, 4),
    storage('result', 4, 4),
  ]
  const anchor = matmul(
    product,
    4,
    (_, i, k) => load(a, [i, k]),
    (_, k, j) => load(a, [k, j]),
  )
  const plus = (other: Buffer): Compute =>
    compute(result, (i, j) => add(load(product, [i!, j!]), load(other, [i!, j!])))

  test('overwrites what it alone reads, not what the anchor reads too', () => {
    expect(inPlaceOperand(groupOf(anchor, { epilogues: [plus(residual)] }), always)).toBe(residual)
    expect(inPlaceOperand(groupOf(anchor, { epilogues: [plus(a)] }), always)).toBeUndefined()
    expect(inPlaceOperand(groupOf(anchor), always)).toBeUndefined()
  })

  test('not what the anchor reads through a prologue', () => {
    const squared = compute(a, (i, j) => mul(load(residual, [i!, j!]), load(residual, [i!, j!])))
    const group = groupOf(anchor, { prologues: [squared], epilogues: [plus(residual)] })
    expect(inPlaceOperand(group, always)).toBeUndefined()
  })

  test('the place is that of the last result: what an epilogue before it moved is not at its own', () => {
    const [i, j] = [variable('i'), variable('j')]
    const inverse = { input: result, axes: [i, j], index: [j, i] }
    const moved = compute(storage('moved', 4, 4), (k, l) => load(result, [l!, k!]), [inverse])
    const group = groupOf(anchor, { epilogues: [plus(residual), moved] })
    expect(inPlaceOperand(group, always)).toBeUndefined()
    const positive = compute(storage('positive', 4, 4), (i, j) =>
      binary('max', load(result, [i!, j!]), unary('neg', load(result, [i!, j!]))),
    )
    expect(inPlaceOperand(groupOf(anchor, { epilogues: [plus(residual), positive] }), always)).toBe(residual)
  })
})
