import {
  add,
  type Buffer,
  binary,
  buffer,
  type Compute,
  compute,
  type DType,
  int,
  load,
  mul,
  size,
  sizeMul,
  variable,
} from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import { inverseMapOf } from './inverse-map.js'

const storage = (hint: string, ...shape: Buffer['shape']): Buffer => typed('f32', hint, ...shape)
const typed = (dtype: DType, hint: string, ...shape: Buffer['shape']): Buffer => buffer(hint, dtype, shape, 'storage')
const isOwnAxes = ({ axes }: Compute, found: ReturnType<typeof inverseMapOf>): boolean =>
  found?.index === axes && found.axes === axes

describe('evident inverses', () => {
  const [x, y] = [storage('x', 4, 6), storage('y', 4, 6)]

  test('own position, read once or twice, beside other buffers', () => {
    const bias = storage('bias', 6)
    const once = compute(y, (i, j) => add(load(x, [i!, j!]), load(bias, [j!])))
    expect(isOwnAxes(once, inverseMapOf(once, x))).toBe(true)
    expect(inverseMapOf(once, bias)).toBeUndefined()
    const square = compute(y, (i, j) => mul(load(x, [i!, j!]), load(x, [i!, j!])))
    expect(isOwnAxes(square, inverseMapOf(square, x))).toBe(true)
  })

  test('dimensions of extent 1 are read at 0 by broadcasting', () => {
    const [one, result] = [storage('one', 1, 6, 1), storage('result', 1, 6, 1)]
    const relu = compute(result, (_, j) => load(one, [int(0), j!, int(0)]))
    expect(isOwnAxes(relu, inverseMapOf(relu, one))).toBe(true)
  })

  test('not a position that a constant picks among several', () => {
    const first = compute(y, (_, j) => load(x, [int(0), j!]))
    expect(inverseMapOf(first, x)).toBeUndefined()
  })

  test('not own position and another', () => {
    const square = storage('square', 6, 6)
    const symmetric = compute(storage('s', 6, 6), (i, j) => add(load(square, [i!, j!]), load(square, [j!, i!])))
    expect(inverseMapOf(symmetric, square)).toBeUndefined()
  })

  test('not another shape: a slice leaves elements out, a broadcast repeats them', () => {
    const slice = compute(storage('slice', 3, 6), (i, j) => load(x, [i!, j!]))
    expect(inverseMapOf(slice, x)).toBeUndefined()
    const repeated = compute(storage('repeated', 2, 4, 6), (_, i, j) => load(x, [i!, j!]))
    expect(inverseMapOf(repeated, x)).toBeUndefined()
  })

  test('rank 0', () => {
    const [scalar, result] = [storage('scalar'), storage('result')]
    const double = compute(result, () => add(load(scalar, []), load(scalar, [])))
    expect(isOwnAxes(double, inverseMapOf(double, scalar))).toBe(true)
    const spread = compute(storage('spread', 3), () => load(scalar, []))
    expect(inverseMapOf(spread, scalar)).toBeUndefined()
  })

  test('symbolic extents are equal by name and facts, not by name alone', () => {
    const [n, other] = [size('n', { max: 8 }), size('n', { max: 9 })]
    const source = storage('source', n)
    const same = compute(storage('same', size('n', { max: 8 })), (i) => load(source, [i!]))
    expect(isOwnAxes(same, inverseMapOf(same, source))).toBe(true)
    const different = compute(storage('different', other), (i) => load(source, [i!]))
    expect(inverseMapOf(different, source)).toBeUndefined()
  })
})

describe('declared inverses', () => {
  const n = size('n')
  const [x, flat] = [storage('x', n, 6), storage('flat', sizeMul(n, 6))]
  const [i, j] = [variable('i'), variable('j')]
  const inverse = { input: x, axes: [i, j], index: [add(mul(i, int(6)), j)] }
  const at = (p: Parameters<typeof mul>[0]): [Parameters<typeof mul>[0], Parameters<typeof mul>[0]] => [
    binary('div', p, int(6)),
    binary('mod', p, int(6)),
  ]

  test('are taken as they are', () => {
    const reshape = compute(flat, (p) => load(x, at(p!)), [inverse])
    expect(inverseMapOf(reshape, x)).toBe(inverse)
  })

  test('not where the element is read once more, elsewhere', () => {
    const shifted = compute(flat, (p) => add(load(x, at(p!)), load(x, [binary('div', p!, int(6)), int(0)])), [inverse])
    expect(inverseMapOf(shifted, x)).toBeUndefined()
  })

  test('not where results are made of no element: padding', () => {
    const padded = compute(
      storage('padded', sizeMul(n, 7)),
      (p) => load(x, [binary('div', p!, int(7)), binary('min', binary('mod', p!, int(7)), int(5))]),
      [{ ...inverse, index: [add(mul(i, int(7)), j)] }],
    )
    expect(inverseMapOf(padded, x)).toBeUndefined()
  })

  test('a size in another form is seen to be equal', () => {
    const twice = compute(storage('twice', sizeMul(sizeMul(n, 3), 2)), (p) => load(x, at(p!)), [inverse])
    expect(inverseMapOf(twice, x)).toBe(inverse)
    const sum = storage('sum', { kind: 'size-op', op: 'add', left: sizeMul(n, 3), right: sizeMul(n, 3) })
    expect(
      inverseMapOf(
        compute(sum, (p) => load(x, at(p!)), [inverse]),
        x,
      ),
    ).toBe(inverse)
  })
})
