import {
  add,
  binary,
  buffer,
  type Compute,
  compute,
  constant,
  type Expr,
  int,
  load,
  mod,
  mul,
  type SizeExpr,
  unary,
} from '@tilewright/ir'
import { expect, test } from 'vitest'
import { composeAnchor } from './compose-anchor.js'
import type { FusionGroup } from './group.js'

const storage = (hint: string, ...shape: readonly SizeExpr[]) => buffer(hint, 'f32', shape, 'storage')
const relu = (of: Expr): Expr => binary('max', of, constant('f32', 0))
const groupOf = (anchor: Compute, ...prologues: readonly Compute[]): FusionGroup => ({
  anchor,
  prologues,
  epilogues: [],
  members: [anchor],
})
const [x, bias] = [storage('x', 3, 4), storage('bias', 3)]
const [powers, across, sums, y] = [
  storage('powers', 3, 4),
  storage('across', 4, 3),
  storage('sums', 4, 3),
  storage('y', 4, 3),
]

const power = compute(powers, (i, j) => unary('exp', load(x, [i!, j!])))
const transposed = compute(across, (i, j) => load(powers, [j!, i!]))
const summed = compute(sums, (i, j) => add(load(across, [i!, j!]), load(bias, [j!])))

test('what is read at its own point is put into the anchor, through others too; what is read elsewhere stays', () => {
  const anchor = compute(y, (i, j) => relu(load(sums, [i!, j!])))
  const group = groupOf(anchor, power, transposed, summed)
  const composed = composeAnchor(group)
  const [i, j] = anchor.axes
  expect(composed.anchor).toEqual({ ...anchor, value: relu(add(load(powers, [j!, i!]), load(bias, [j!]))) })
  expect(composed.prologues).toEqual([power])
  expect(composed.members).toEqual([anchor])
})

test('a prologue that is read at its own point and elsewhere stays as it is', () => {
  const square = storage('square', 3, 3)
  const doubled = compute(storage('doubled', 3, 3), (i, j) => add(load(square, [i!, j!]), load(square, [i!, j!])))
  const anchor = compute(storage('y', 3, 3), (i, j) =>
    mul(load(doubled.output, [i!, j!]), load(doubled.output, [j!, i!])),
  )
  const group = groupOf(anchor, doubled)
  expect(composeAnchor(group)).toBe(group)
})

test('prologues that lead back to the own point are put into the anchor', () => {
  // relu((xᵀ + bias)ᵀ)
  const back = compute(storage('back', 3, 4), (i, j) => load(sums, [j!, i!]))
  const turned = compute(across, (i, j) => load(x, [j!, i!]))
  const anchor = compute(storage('z', 3, 4), (i, j) => relu(load(back.output, [i!, j!])))
  const composed = composeAnchor(groupOf(anchor, turned, summed, back))
  const [i, j] = anchor.axes
  expect(composed.anchor).toEqual({ ...anchor, value: relu(add(load(x, [i!, j!]), load(bias, [i!]))) })
  expect(composed.prologues).toEqual([])
})

test('a prologue that another one reads stays for it', () => {
  const turned = compute(storage('turned', 3, 4), (i, j) => load(across, [j!, i!]))
  const other = compute(storage('other', 4, 3), (i, j) => load(turned.output, [mod(j!, int(3)), i!]))
  const anchor = compute(y, (i, j) => add(load(across, [i!, j!]), load(other.output, [i!, j!])))
  const composed = composeAnchor(groupOf(anchor, power, transposed, turned, other))
  const [i, j] = anchor.axes
  expect(composed.anchor).toEqual({
    ...anchor,
    value: add(load(powers, [j!, i!]), load(turned.output, [mod(j!, int(3)), i!])),
  })
  expect(composed.prologues).toEqual([power, transposed, turned])
})

test('an anchor without prologues is left alone', () => {
  const alone = groupOf(transposed)
  expect(composeAnchor(alone)).toBe(alone)
})
