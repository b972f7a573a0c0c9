import { runOperation, thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { type LinearAttentionOperands, linearAttentionOp } from './linear-attention.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const given = (shape: readonly number[], ...values: readonly number[]) => ({
  type: f32(...shape),
  data: Float32Array.from(values),
})

/** One head of one element a key and value, over two steps. */
function twoSteps(more: { readonly [Name in 'past' | 'decay' | 'beta']?: ReturnType<typeof given> }) {
  const shape = [1, 2, 1]
  const parts = [given(shape, 2, 3), given(shape, 5, 7), given(shape, 11, 13)]
  const { past, decay, beta } = more
  const operands: LinearAttentionOperands = {
    query: f32(...shape),
    key: f32(...shape),
    value: f32(...shape),
    past: past?.type,
    decay: decay?.type,
    beta: beta?.type,
  }
  const operation = linearAttentionOp(operands, { queryHeads: 1, keyHeads: 1, scale: 1 })
  const inputs = [...parts, ...[past, decay, beta].flatMap((one) => one ?? [])]
  return runOperation(operation, inputs).map((output) => Array.from(output ?? [], Number))
}

describe('LinearAttention', () => {
  test('adds products of keys and values to a state', () => {
    expect(twoSteps({})).toEqual([[2 * 55, 3 * 146], [146]])
    expect(twoSteps({ past: given([1, 1, 1, 1], 1) })).toEqual([[2 * 56, 3 * 147], [147]])
  })

  test('forgets by the decay', () => {
    const decay = given([1, 2, 1], 0, Math.log(0.5))
    const state = 27.5 + 91
    expect(twoSteps({ decay })).toEqual([[110, expect.closeTo(3 * state, 3)], [expect.closeTo(state, 3)]])
  })

  test('writes what differs from what the key recalls', () => {
    // 5 · ½ · (11 − 0) and then 7 · 1 · (13 − 7 · 27.5) more.
    const state = 27.5 + 7 * (13 - 7 * 27.5)
    expect(twoSteps({ beta: given([1, 2, 1], 0.5, 1) })).toEqual([[55, 3 * state], [state]])
  })

  test('heads of queries share a state; sizes of keys and values differ', () => {
    const query = given([1, 1, 4], 1, 2, 3, 4)
    const [key, value] = [given([1, 1, 2], 1, 10), given([1, 1, 3], 1, 2, 3)]
    const operands = { query: query.type, key: key.type, value: value.type }
    const operation = linearAttentionOp(operands, { queryHeads: 2, keyHeads: 1, scale: undefined })
    const [y, state] = runOperation(operation, [query, key, value])
    const scaled = [21, 42, 63, 43, 86, 129].map((one) => expect.closeTo(one / Math.SQRT2, 3))
    expect(Array.from(y ?? [], Number)).toEqual(scaled)
    expect(state).toEqual(Float32Array.of(1, 2, 3, 10, 20, 30))
  })

  test('refuses what does not fit', () => {
    const one = { query: f32(1, 2, 4), key: f32(1, 2, 2), value: f32(1, 2, 2) }
    const code = (more: Partial<LinearAttentionOperands>, keyHeads = 1) =>
      thrownBy(() => linearAttentionOp({ ...one, ...more }, { queryHeads: 2, keyHeads, scale: 1 })).code
    expect(code({ past: f32(1, 2, 2) })).toBe('graph/shape')
    expect(code({ beta: f32(1, 2, 3) })).toBe('graph/shape')
    expect(code({ query: f32(1, 4) })).toBe('graph/shape')
    expect(code({ query: f32(1, 513, 4), key: f32(1, 513, 2), value: f32(1, 513, 2) })).toBe('graph/steps')
  })
})
