import { formAttention, formRows } from '@tilewright/fusion'
import { attentionOp, type TensorType } from '@tilewright/graph'
import {
  type Attention,
  add,
  binary,
  buffer,
  buildKernel,
  cast,
  ceilDiv,
  constant,
  type Expr,
  elementCount,
  evaluateSize,
  int,
  invariant,
  lt,
  type SizeExpr,
  select,
  size,
  sizeAdd,
  sizeValue,
  sub,
  unary,
} from '@tilewright/ir'
import { runKernel } from '@tilewright/simulator'
import { attentionEquations, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attentionAxes } from './attention-axes.js'
import { visibleKeys } from './visible-keys.js'

interface Lengths {
  /** Queries' heads that share keys: the rows of a block are of several. */
  readonly groups: number
  readonly queries: number
  readonly keys: number
  readonly symbolic: boolean
}

/** What a mask may say of a place: of the head, of the query, or of the last query first; and how far from there. */
type Side = { readonly of: 'head' | 'query' | 'reversed' | 'none'; readonly offset: number }
type Condition =
  | { readonly kind: 'lt' | 'le'; readonly keyIsLow: boolean; readonly other: Side }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly [Condition, Condition] }
  | { readonly kind: 'not'; readonly part: Condition }
interface Mask {
  readonly condition: Condition
  /** Which arm is −∞. */
  readonly hides: boolean
}

interface Places<T> {
  readonly head: T
  readonly query: T
  readonly key: T
}

function attentionOf({ groups, queries, keys, symbolic }: Lengths): Attention {
  const named = (hint: string, extent: number): SizeExpr => (symbolic ? size(hint) : extent)
  const { output, equations } = attentionEquations({
    ...{ dtype: 'f32', batch: 1, groups, queries: named('queries', queries), keys: named('keys', keys) },
    ...{ depth: 4, columns: 4, keysByDepth: true, mask: 'none' },
  })
  const [results, facts] = [new Set([output]), { storageBuffers: 8 }]
  const [anchor] = formAttention(formRows(equations, results, facts), results, facts, () => true)
  invariant(anchor?.kind === 'attention', 'one attention is formed')
  return anchor
}

const lowest = constant('f32', Number.NEGATIVE_INFINITY)

function masked(anchor: Attention, masks: readonly Mask[]): Attention {
  const [, head, query] = anchor.axes
  invariant(head !== undefined && query !== undefined, 'scores have heads and queries')
  const places = { head, query, key: anchor.key.var }
  const score = masks.reduce<Expr>((inner, { condition, hides }) => {
    const cond = exprOf(condition, places, anchor)
    return hides ? select(cond, lowest, inner) : select(cond, inner, lowest)
  }, anchor.dot)
  return { ...anchor, score }
}

function exprOf(condition: Condition, places: Places<Expr>, anchor: Attention): Expr {
  switch (condition.kind) {
    case 'not':
      return unary('not', exprOf(condition.part, places, anchor))
    case 'and':
    case 'or': {
      const [left, right] = condition.parts
      return binary(condition.kind, exprOf(left, places, anchor), exprOf(right, places, anchor))
    }
    default: {
      const { of, offset } = condition.other
      const queries = sizeValue(anchor.output.shape[2] ?? 1)
      const place = { head: places.head, query: places.query, reversed: sub(queries, places.query), none: int(0) }[of]
      const other = add(place, int(offset))
      return condition.keyIsLow ? binary(condition.kind, places.key, other) : binary(condition.kind, other, places.key)
    }
  }
}

function holds(condition: Condition, places: Places<number>, queries: number): boolean {
  switch (condition.kind) {
    case 'not':
      return !holds(condition.part, places, queries)
    case 'and':
      return condition.parts.every((part) => holds(part, places, queries))
    case 'or':
      return condition.parts.some((part) => holds(part, places, queries))
    default: {
      const { of, offset } = condition.other
      const other = offset + { head: places.head, query: places.query, reversed: queries - places.query, none: 0 }[of]
      const [low, high] = condition.keyIsLow ? [places.key, other] : [other, places.key]
      return condition.kind === 'lt' ? low < high : low <= high
    }
  }
}

interface Sizes {
  readonly queries: number
  readonly keys?: number
  readonly past?: number
}

/** The keys of each block of queries; undefined where the score says nothing. */
function keysOfBlocks(anchor: Attention, { queries, keys = 0, past = 0 }: Sizes, block: number) {
  const { m } = attentionAxes(anchor)
  const sizes = { queries, keys, past }
  const blocks = ceilDiv(elementCount(m.map(({ extent }) => extent)), block)
  let isLimited = true
  const kernel = buildKernel({ name: 'keys', threads: 1, workgroups: [blocks, 1, 1] }, (g) => {
    const out = g.param('out', 'i32', [blocks])
    const found = visibleKeys(anchor, { known: [], first: g.workgroup.x.mul(block), queries: block })
    isLimited = found !== undefined
    out.set([g.workgroup.x], found ?? 0)
  })
  const result = new Int32Array(evaluateSize(blocks, sizes))
  const [out] = kernel.params
  invariant(out !== undefined, 'one result')
  runKernel(kernel, { buffers: new Map([[out, result]]), sizes })
  return isLimited ? [...result] : undefined
}

const lengths: fc.Arbitrary<Lengths> = fc.record({
  groups: fc.integer({ min: 1, max: 3 }),
  queries: fc.integer({ min: 1, max: 12 }),
  keys: fc.oneof(fc.constant(0), fc.integer({ min: 2, max: 14 })),
  symbolic: fc.boolean(),
})
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({
      kind: fc.constantFrom('lt', 'le'),
      keyIsLow: fc.boolean(),
      other: fc.record({
        of: fc.constantFrom('head', 'query', 'query', 'reversed', 'none'),
        offset: fc.integer({ min: -14, max: 14 }),
      }),
    }),
    fc.record({ kind: fc.constantFrom('and', 'or'), parts: fc.tuple(tie('condition'), tie('condition')) }),
    fc.record({ kind: fc.constant('not'), part: tie('condition') }),
  ),
}))
const masks: fc.Arbitrary<readonly Mask[]> = fc.array(fc.record({ condition, hides: fc.boolean() }), {
  minLength: 1,
  maxLength: 2,
})

describe('visibleKeys', () => {
  test('no query of a block sees a key beyond, whatever the mask', () => {
    fc.assert(
      fc.property(lengths, masks, fc.integer({ min: 1, max: 9 }), (of, all, block) => {
        const counts = keysOfBlocks(masked(attentionOf(of), all), of, block)
        for (let row = 0; counts !== undefined && row < of.groups * of.queries; row++) {
          const count = counts[Math.floor(row / block)]
          expect(count).toBeGreaterThanOrEqual(0)
          expect(count).toBeLessThanOrEqual(of.keys)
          for (let key = count ?? 0; key < of.keys; key++) {
            const places = { head: Math.floor(row / of.queries), query: row % of.queries, key }
            expect(all.every(({ condition, hides }) => holds(condition, places, of.queries) !== hides)).toBe(false)
          }
        }
      }),
      { numRuns: propertyRuns() },
    )
  })

  const keyAgainst = (kind: 'lt' | 'le', keyIsLow: boolean, offset: number): Condition => ({
    ...{ kind, keyIsLow },
    other: { of: 'query', offset },
  })
  const causal: Mask = { condition: keyAgainst('le', true, 0), hides: false }
  const plain: Lengths = { groups: 1, queries: 10, keys: 10, symbolic: false }
  const window: Condition = { kind: 'and', parts: [keyAgainst('le', false, -3), keyAgainst('le', true, 2)] }
  const among: Condition = { kind: 'lt', keyIsLow: true, other: { of: 'none', offset: 6 } }

  test.each([
    ['a causal mask', causal, plain, [4, 8, 10]],
    ['one that says which keys are hidden', { condition: keyAgainst('lt', false, 0), hides: true }, plain, [4, 8, 10]],
    [
      'one by what is not so',
      { condition: { kind: 'not', part: keyAgainst('lt', false, 0) }, hides: false },
      plain,
      [4, 8, 10],
    ],
    ['one of symbolic sizes', causal, { ...plain, symbolic: true }, [4, 8, 10]],
    ['one with more queries than keys', causal, { ...plain, keys: 6 }, [4, 6, 6]],
    ['a diagonal that is later', { condition: keyAgainst('le', true, 3), hides: false }, plain, [7, 10, 10]],
    ['one that is earlier', { condition: keyAgainst('le', true, -5), hides: false }, plain, [0, 3, 5]],
    ['no keys', causal, { ...plain, keys: 0 }, [0, 0, 0]],
    ['a window', { condition: window, hides: false }, plain, [6, 10, 10]],
    ['a number of keys that count', { condition: among, hides: false }, plain, [6, 6, 6]],
    // The second block has the last queries of one head, and the first of the next.
    ['heads that share keys', causal, { ...plain, groups: 2, queries: 6 }, [4, 6, 6]],
  ] as const)('of %s', (_, mask, of, expected) => {
    expect(keysOfBlocks(masked(attentionOf(of), [mask]), of, 4)).toEqual(expected)
  })

  test.each([
    ['causal, with keys of earlier steps', { causal: true }, [], [8, 12, 13]],
    ['causal, of a window, with a mask', { causal: true, left: 2 }, ['mask'], [8, 12, 13]],
    ['with a window to the right alone', { right: 2 }, [], [10, 13, 13]],
    ['with a mask alone', {}, ['mask'], undefined],
  ] as const)('of the operator Attention, %s', (_, window, given, expected) => {
    const [past, queries] = [size('past'), size('queries')]
    const f16 = (...shape: readonly SizeExpr[]): TensorType => ({ dtype: 'f16', shape })
    const [query, own, before] = [f16(1, 2, queries, 8), f16(1, 1, queries, 8), f16(1, 1, past, 8)]
    const mask: TensorType = { dtype: 'bool', shape: [queries, sizeAdd(past, queries)] }
    const operands = { query, key: own, value: own, pastKey: before, pastValue: before }
    const attributes = { queryHeads: undefined, keyHeads: undefined, scale: undefined, softcap: 0, outputs: 1 }
    const operation = attentionOp(
      { ...operands, ...(given.length > 0 ? { mask } : {}) },
      { ...attributes, scores: 'products', causal: false, left: -1, right: -1, ...window },
    )
    const types = [query, own, own, ...given.map(() => mask), before, before]
    const stored = (all: readonly TensorType[]) =>
      all.map(({ dtype, shape }, i) => buffer(`b${i}`, dtype === 'bool' ? 'bool' : 'f16', shape, 'storage'))
    const [inputs, outputs] = [stored(types), stored(operation.outputs)]
    const [results, facts] = [new Set(outputs), { storageBuffers: 8 }]
    const equations = formRows(operation.define(inputs, outputs), results, facts)
    const anchor = formAttention(equations, results, facts, () => true).find(({ kind }) => kind === 'attention')
    invariant(anchor?.kind === 'attention', 'one attention is formed')
    expect(keysOfBlocks(anchor, { queries: 9, past: 4 }, 4)?.slice(0, 3)).toEqual(expected)
  })

  test('is not known of masks that are read, or that hide what comes first', () => {
    const anchor = attentionOf(plain)
    const hidesFirst: Mask = { condition: keyAgainst('le', true, 0), hides: true }
    expect(keysOfBlocks(masked(anchor, [hidesFirst]), plain, 4)).toBeUndefined()
    expect(keysOfBlocks(anchor, plain, 4)).toBeUndefined()
    const { product } = anchor
    invariant(product.kind === 'binary', 'a product of memory')
    const isRead = binary('le', anchor.key.var, cast('i32', product.left))
    expect(keysOfBlocks({ ...anchor, score: select(isRead, anchor.dot, lowest) }, plain, 4)).toBeUndefined()
    const finite = constant('f32', -1e30)
    const score = select(lt(anchor.key.var, int(3)), anchor.dot, finite)
    expect(keysOfBlocks({ ...anchor, score }, plain, 4)).toBeUndefined()
  })
})
