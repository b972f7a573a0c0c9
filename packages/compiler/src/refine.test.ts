import type { FusionGroup } from '@tilewright/fusion'
import {
  add,
  type Buffer,
  buffer,
  type Compute,
  cast,
  compute,
  constant,
  type Equation,
  equationExprs,
  equationOutputs,
  formatSize,
  int,
  load,
  loadsOf,
  mul,
  type Refinement,
  reduce,
  rows,
  type SizeParam,
  scan,
  scatter,
  size,
  sizeMul,
  sizeValue,
  sort,
  variable,
  walkExpr,
} from '@tilewright/ir'
import { expect, test } from 'vitest'
import { refineGroup } from './refine.js'

const storage = (hint: string, ...shape: Buffer['shape']): Buffer => buffer(hint, 'f32', shape, 'storage')

/** The facts of all parameters in sight: shapes, domains, expressions, inverse maps. */
function factsIn({ anchor, prologues, epilogues }: FusionGroup): ReadonlySet<string> {
  const seen = new Set<string>()
  const note = (param: SizeParam): void =>
    void seen.add(`${param.name} ${param.min}..${param.max} % ${param.multipleOf}`)
  const noteSize = (extent: Buffer['shape'][number]): void => {
    if (typeof extent === 'number') return
    if (extent.kind === 'size') note(extent)
    else for (const part of [extent.left, extent.right]) noteSize(part)
  }
  for (const equation of [...prologues, anchor, ...epilogues]) {
    const inverses = equation.kind === 'compute' ? equation.inverses : []
    const exprs = [...equationExprs(equation), ...inverses.flatMap(({ index }) => index)]
    const loaded = exprs.flatMap(loadsOf).map((node) => node.buffer)
    for (const { shape } of [...equationOutputs(equation), ...loaded, ...inverses.map(({ input }) => input)]) {
      for (const extent of shape) noteSize(extent)
    }
    if ('domain' in equation) for (const { extent } of equation.domain) noteSize(extent)
    for (const expr of exprs) {
      walkExpr(expr, (node) => {
        if (node.kind === 'size') noteSize(node.size)
      })
    }
  }
  return seen
}

const n = size('n', { min: 1, max: 1000, multipleOf: 6 })
const [x, y] = [storage('x', n, 3), storage('y', n, 3)]
const length = cast('f32', sizeValue(n))
const [i0, i1, a, b] = [variable('i0'), variable('i1'), variable('a', 'f32'), variable('b', 'f32')]
const anchors: Readonly<Record<string, Equation>> = {
  compute: compute(y, (i, j) => mul(load(x, [i!, j!]), length)),
  reduce: reduce({
    outputs: [storage('sum', 3)],
    domain: [{ hint: 'k', extent: n }],
    identity: [length],
    value: ([i], [k]) => [load(x, [k!, i!])],
    combine: ([a], [b]) => [add(add(a!, b!), length)],
    commutative: false,
  }),
  rows: rows(
    y,
    [i0, i1],
    [0],
    [
      {
        results: [variable('total', 'f32')],
        value: [load(x, [i0, i1])],
        identity: [length],
        left: [a],
        right: [b],
        combine: [add(add(a, b), length)],
        commutative: false,
      },
    ],
    mul(load(x, [i0, i1]), length),
  ),
  scan: scan(
    y,
    0,
    (i, j) => load(x, [i!, j!]),
    (a, b) => add(a, mul(b, length)),
  ),
  scatter: scatter(
    y,
    () => length,
    [{ hint: 'k', extent: n }],
    (k) => ({ index: [k!, int(0)], value: load(x, [k!, int(0)]) }),
    (a, b) => mul(add(a, b), length),
  ),
  sort: sort(y, buffer('order', 'i32', [n, 3], 'storage'), 1, (i, j) => mul(load(x, [i!, j!]), length), false),
}

const groupOf = (anchor: Equation): FusionGroup => ({ anchor, prologues: [], epilogues: [], members: [anchor] })
const refine = (param: SizeParam, facts: Refinement['facts'], group = groupOf(anchors.compute!)) =>
  refineGroup(group, { param, facts })

test.each(Object.keys(anchors))('every size of a %s knows the new fact, and keeps its own', (kind) => {
  const group = groupOf(anchors[kind]!)
  expect([...factsIn(group)]).toEqual(['n 1..1000 % 6'])
  expect([...factsIn(refine(n, { max: 64 }, group)!.group)]).toEqual(['n 1..64 % 6'])
  // A multiple of 6 that is a multiple of 4 is one of 12.
  expect([...factsIn(refine(n, { multipleOf: 4 }, group)!.group)]).toEqual(['n 1..1000 % 12'])
})

test('prologues, epilogues and inverse maps are refined with the anchor, and other sizes are left alone', () => {
  const other = size('other', { max: 7 })
  const [before, product, flat] = [
    storage('before', n, other),
    storage('product', n, other),
    storage('flat', sizeMul(n, other)),
  ]
  const prologue = compute(before, (i, j) => load(storage('x', n, other), [i!, j!]))
  const anchor = compute(product, (i, j) => load(before, [i!, j!]))
  const [i, j] = anchor.axes
  const epilogue: Compute = compute(flat, (p) => load(product, [p!, int(0)]), [
    { input: product, axes: [i!, j!], index: [add(mul(i!, sizeValue(other)), j!)] },
  ])
  const { group, original } = refine(
    n,
    { max: 8 },
    { anchor, prologues: [prologue], epilogues: [epilogue], members: [anchor, epilogue] },
  )!
  expect([...factsIn(group)].sort()).toEqual(['n 1..8 % 6', 'other 0..7 % 1'])
  // What one member writes, the next one reads: still the same buffer, and it stands for the old one.
  const [madeBefore, madeProduct] = [group.prologues[0]!.output, equationOutputs(group.anchor)[0]!]
  expect(loadsOf(equationExprs(group.anchor)[0]!)[0]!.buffer).toBe(madeBefore)
  expect(loadsOf(group.epilogues[0]!.value)[0]!.buffer).toBe(madeProduct)
  expect(group.epilogues[0]!.inverses[0]!.input).toBe(madeProduct)
  expect([madeBefore, madeProduct, group.epilogues[0]!.output].map((made) => original.get(made))).toEqual([
    before,
    product,
    flat,
  ])
  expect(formatSize(group.epilogues[0]!.output.shape[0]!)).toBe(formatSize(flat.shape[0]!))
})

test('a limit above the known one changes nothing', () => {
  expect([...factsIn(refine(n, { max: 5000 })!.group)]).toEqual(['n 1..1000 % 6'])
})

test.each([
  ['fewer rows than there can be', size('n', { min: 8 }), { max: 4 }],
  ['no multiple among them', size('n', { min: 1, max: 7 }), { multipleOf: 8 }],
  ['no multiple of both below the limit', size('n', { min: 1, max: 11, multipleOf: 6 }), { multipleOf: 4 }],
  ['no multiple up to the new limit', size('n', { min: 1, multipleOf: 8 }), { max: 4 }],
] as const)('no variant: %s', (_, param, facts) => {
  const group = groupOf(compute(storage('y', param), () => constant('f32', 0)))
  expect(refine(param, facts, group)).toBeUndefined()
})
