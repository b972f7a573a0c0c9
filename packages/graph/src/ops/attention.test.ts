import { propertyRuns, runOperation, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { type AttentionAttributes, type AttentionOperands, type AttentionScores, attentionOp } from './attention.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const plain: AttentionAttributes = {
  queryHeads: undefined,
  keyHeads: undefined,
  causal: false,
  left: -1,
  right: -1,
  scale: undefined,
  softcap: 0,
  scores: 'products',
  outputs: 1,
}

interface Sizes {
  readonly batch: number
  readonly heads: number
  readonly groups: number
  readonly queries: number
  readonly past: number
  readonly keys: number
  readonly size: number
  readonly valueSize: number
}

/** Elements that differ, small, of both signs. */
const elements = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + seed) * 1.5)

/** The result, row by row, by the text of the operator; a mask is [queries, keys], of numbers. */
function byRows(
  { batch, heads, groups, queries, past, keys, size, valueSize }: Sizes,
  [q, k, v]: readonly Float32Array[],
  attends: (image: number, query: number, key: number) => boolean,
  bias: (query: number, key: number) => number,
  { scale = 1 / Math.sqrt(size), softcap }: { readonly scale?: number | undefined; readonly softcap: number },
): readonly number[] {
  const all = past + keys
  const result: number[] = []
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads * groups; h++) {
      const shared = b * heads + Math.floor(h / groups)
      for (let i = 0; i < queries; i++) {
        const scores = Array.from({ length: all }, (_, j) => {
          let sum = 0
          for (let d = 0; d < size; d++) {
            sum +=
              (q?.[((b * heads * groups + h) * queries + i) * size + d] ?? 0) *
              (k?.[(shared * all + j) * size + d] ?? 0)
          }
          const capped = softcap === 0 ? sum * scale : softcap * Math.tanh((sum * scale) / softcap)
          return attends(b, i, j) ? capped + bias(i, j) : Number.NEGATIVE_INFINITY
        })
        const powers = scores.map(Math.exp)
        const total = powers.reduce((sum, power) => sum + power, 0)
        for (let e = 0; e < valueSize; e++) {
          const sum = powers.reduce(
            (most, power, j) => most + power * (v?.[(shared * all + j) * valueSize + e] ?? 0),
            0,
          )
          result.push(total === 0 ? 0 : sum / total)
        }
      }
    }
  }
  return result
}

const sizes = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  heads: fc.integer({ min: 1, max: 2 }),
  groups: fc.integer({ min: 1, max: 2 }),
  queries: fc.integer({ min: 0, max: 3 }),
  past: fc.integer({ min: 0, max: 2 }),
  keys: fc.integer({ min: 1, max: 3 }),
  size: fc.integer({ min: 1, max: 3 }),
  valueSize: fc.integer({ min: 1, max: 3 }),
})

/** Of [batch, heads, length, size], the positions from `first` on, less than `last`. */
const between = (data: Float32Array, length: number, size: number, first: number, last: number): Float32Array =>
  data.filter((_, i) => Math.floor(i / size) % length >= first && Math.floor(i / size) % length < last)

/** [batch, heads, length, size] as [batch, length, heads · size]. */
const packed = (data: Float32Array, heads: number, length: number, size: number): Float32Array =>
  data.map((_, i) => {
    const [e, h, l] = [i % size, Math.floor(i / size) % heads, Math.floor(i / (size * heads)) % length]
    const b = Math.floor(i / (size * heads * length))
    return data[((b * heads + h) * length + l) * size + e] ?? 0
  })

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4))

test('Attention is a softmax of each row of scores, times the values', () => {
  const variants = fc.record({
    causal: fc.boolean(),
    left: fc.integer({ min: -1, max: 1 }),
    right: fc.integer({ min: -1, max: 1 }),
    softcap: fc.constantFrom(0, 2),
    mask: fc.constantFrom('none', 'bool', 'float', 'short'),
    isPacked: fc.boolean(),
  })
  fc.assert(
    fc.property(sizes, variants, (s, { causal, left, right, softcap, mask, isPacked }) => {
      const { batch, heads, groups, queries, past, keys, size, valueSize } = s
      const all = past + keys
      const q = elements(batch * heads * groups * queries * size, 1)
      const k = elements(batch * heads * all * size, 2)
      const v = elements(batch * heads * all * valueSize, 3)
      const width = mask === 'short' ? all - 1 : all
      const isOn = (i: number, j: number): boolean => (i + j) % 3 !== 1
      const attends = (_: number, i: number, j: number): boolean =>
        (!causal || j <= i + past) &&
        (left < 0 || j >= i + past - left) &&
        (right < 0 || j <= i + past + right) &&
        (mask === 'none' || (j < width && (mask === 'float' || isOn(i, j))))
      const bias = (i: number, j: number): number => (mask === 'float' ? (i + 1) * 0.5 - j : 0)
      const expected = byRows(s, [q, k, v], attends, bias, { softcap })

      const cells = Array.from({ length: queries * width }, (_, p) => [Math.floor(p / width), p % width] as const)
      const maskType = { dtype: mask === 'float' ? 'f32' : 'bool', shape: [queries, width] } as const
      const maskData =
        mask === 'float'
          ? Float32Array.from(cells, ([i, j]) => bias(i, j))
          : Uint8Array.from(cells, ([i, j]) => (isOn(i, j) ? 1 : 0))
      const shapeOf = (count: number, length: number, extent: number): TensorType =>
        isPacked ? f32(batch, length, count * extent) : f32(batch, count, length, extent)
      const dataOf = (data: Float32Array, count: number, length: number, extent: number): Float32Array =>
        isPacked ? packed(data, count, length, extent) : data
      const now = (data: Float32Array, extent: number) =>
        dataOf(between(data, all, extent, past, all), heads, keys, extent)
      const given = [
        { type: shapeOf(heads * groups, queries, size), data: dataOf(q, heads * groups, queries, size) },
        { type: shapeOf(heads, keys, size), data: now(k, size) },
        { type: shapeOf(heads, keys, valueSize), data: now(v, valueSize) },
        ...(mask === 'none' ? [] : [{ type: maskType, data: maskData }]),
        ...(past === 0
          ? []
          : [
              { type: f32(batch, heads, past, size), data: between(k, all, size, 0, past) },
              { type: f32(batch, heads, past, valueSize), data: between(v, all, valueSize, 0, past) },
            ]),
      ]
      const types = given.map(({ type }) => type)
      const [query = f32(), key = f32(), value = f32()] = types
      const operands: AttentionOperands = {
        query,
        key,
        value,
        mask: mask === 'none' ? undefined : types[3],
        pastKey: past === 0 ? undefined : types.at(-2),
        pastValue: past === 0 ? undefined : types.at(-1),
      }
      const counts = isPacked ? { queryHeads: heads * groups, keyHeads: heads } : {}
      const attributes = { ...plain, ...counts, causal, left, right, softcap, outputs: 3 }
      const operation = attentionOp(operands, attributes)
      const [y, presentKey, presentValue] = runOperation(operation, given)
      const order = Float32Array.from(expected, (_, i) => i)
      const places = isPacked ? packed(order, heads * groups, queries, valueSize) : order
      expect(Array.from(y ?? [], Number)).toEqual(close(Array.from(places, (i) => expected[i] ?? 0)))
      expect([presentKey, presentValue]).toEqual([k, v])
    }),
    { numRuns: propertyRuns() },
  )
})

describe('Attention', () => {
  const one = { query: f32(1, 1, 2, 1), key: f32(1, 1, 2, 1), value: f32(1, 1, 2, 1) }
  const data = [one.query, one.key, one.value].map((type, i) => ({ type, data: Float32Array.of(i + 1, 2) }))
  const lengths = { type: { dtype: 'i64', shape: [1] }, data: Int32Array.of(1) } as const

  test('counts the keys that are no padding; causal ones end with them', () => {
    const operands = { ...one, lengths: lengths.type }
    const [padded] = runOperation(attentionOp(operands, plain), [...data, lengths])
    expect(padded).toEqual(Float32Array.of(3, 3))
    // Of two queries the last one stands at the only key, so the first one has none.
    const [causal] = runOperation(attentionOp(operands, { ...plain, causal: true }), [...data, lengths])
    expect(causal).toEqual(Float32Array.of(0, 3))
  })

  test('gives scores before and after the softcap, the mask, the softmax', () => {
    const show = (scores: AttentionScores) => {
      const attributes = { ...plain, scale: 1, softcap: 2, causal: true, scores, outputs: 4 }
      return Array.from(runOperation(attentionOp(one, attributes), data)[3] ?? [], Number)
    }
    const [a, b] = [2 * Math.tanh(1), 2 * Math.tanh(2)]
    const power = Math.exp(b - b)
    expect(show('products')).toEqual([2, 2, 4, 4])
    expect(show('capped')).toEqual(close([a, a, b, b]))
    expect(show('masked')).toEqual([...close([a]), Number.NEGATIVE_INFINITY, ...close([b, b])])
    expect(show('weights')).toEqual(close([1, 0, power / 2, power / 2]))
  })

  test('leaves NaN where it is, and zeros where a float mask leaves no key', () => {
    const mask = { type: f32(2, 2), data: Float32Array.of(Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0) }
    const operation = attentionOp({ ...one, mask: mask.type }, plain)
    const [query, ...rest] = data
    expect(runOperation(operation, [...data, mask])[0]).toEqual(Float32Array.of(0, 2.5))
    const strange = { type: one.query, data: Float32Array.of(Number.NaN, Number.NaN) }
    expect(query?.data).toHaveLength(2)
    expect(runOperation(operation, [strange, ...rest, mask])[0]).toEqual(Float32Array.of(0, Number.NaN))
  })

  test('refuses what does not fit', () => {
    const error = (operands: Partial<AttentionOperands>, attributes: Partial<AttentionAttributes> = {}) =>
      String(thrownBy(() => attentionOp({ ...one, ...operands }, { ...plain, ...attributes })))
    expect([
      error({ query: f32(1, 3, 2, 1), key: f32(1, 2, 2, 1), value: f32(1, 2, 2, 1) }),
      error({ key: f32(1, 1, 3, 1) }),
      error({ query: f32(1, 2, 3), key: f32(1, 2, 3), value: f32(1, 2, 3) }),
      error({ query: f32(1, 2, 3), key: f32(1, 2, 3), value: f32(1, 2, 3) }, { queryHeads: 2, keyHeads: 2 }),
      error({ mask: f32(3, 2) }),
      error({ mask: f32(2, 3) }),
      error({ mask: { dtype: 'i32', shape: [2, 2] } }),
      error({ pastKey: f32(1, 1, 1, 1) }),
      error({ query: { dtype: 'i32', shape: [1, 1, 2, 1] } }),
    ]).toMatchInlineSnapshot(`
      [
        "CompileError: Attention: [3] heads do not share [2]",
        "CompileError: Attention: lengths differ: [3] and [2]",
        "CompileError: Attention: how many heads [1, 2, 3] has is not given",
        "CompileError: Attention: [1, 2, 3] has not 2 heads of one size",
        "CompileError: Attention: [3, 1] does not broadcast to [1, 1, 2, 2]",
        "CompileError: Attention: a mask of [2, 3] for 2 keys",
        "CompileError: Attention: the mask is i32, the query f32",
        "CompileError: Attention: past keys, past values and lengths",
        "CompileError: Attention is not defined on i32",
      ]
    `)
  })
})
