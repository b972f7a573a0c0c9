// Attention: products with queries and keys, a softmax, products with the values.
import { type AttentionAttributes, attentionOp, type Graph, type TensorDType } from '@tilewright/graph'
import type { Choose } from '../choose.js'
import { surroundings } from './surroundings.js'

interface Heads {
  /** Lengths of keys, and of values. */
  readonly lengths: readonly [number, number]
  readonly few?: boolean
}

function attentionOf(choose: Choose, dtype: TensorDType, { lengths: [size, valueSize], few = false }: Heads): Graph {
  const { operand, input, apply, finish } = surroundings(choose)
  const [batch, keyHeads, groups] = [choose(1, 2), choose(1, 3, 12), few ? 1 : choose(1, 1, 4)]
  const queries = few ? choose(1, 1, 2, 3) : choose(16, 64, 77, 200, 1024)
  const keys = choose(16, 64, 77, 200, 1024)
  const query = operand(dtype, [batch, keyHeads * groups, queries, size])
  const key = operand(dtype, [batch, keyHeads, keys, size])
  const value = operand(dtype, [batch, keyHeads, keys, valueSize])
  const mask = choose(true, false, false) ? [input(choose(dtype, 'bool'), [queries, keys])] : []
  const [causal, left, softcap] = [choose(true, false), choose(-1, -1, 8), choose(0, 0, 5)]
  const attributes: AttentionAttributes = {
    ...{ queryHeads: undefined, keyHeads: undefined, scale: undefined, scores: 'products', outputs: 1 },
    ...{ left, right: -1, causal, softcap },
  }
  const operands = [query, key, value, ...mask]
  return finish(apply(attentionOp({ query, key, value, mask: mask[0] }, attributes), operands))
}

const lengths = (choose: Choose): Heads['lengths'] => [choose(16, 32, 40, 64, 80), choose(32, 64, 64, 72)]

const anyFloat = (choose: Choose): TensorDType => choose('f32', 'f16', 'bf16')
const anyHalf = (choose: Choose): TensorDType => choose('f16', 'bf16')

export const attended = (choose: Choose): Graph => attentionOf(choose, anyFloat(choose), { lengths: lengths(choose) })
export const halfAttended = (choose: Choose): Graph =>
  attentionOf(choose, anyHalf(choose), { lengths: lengths(choose) })
export const fewAttended = (choose: Choose): Graph =>
  attentionOf(choose, anyFloat(choose), { lengths: lengths(choose), few: true })
/** With heads that fill registers. */
export const wideAttended = (choose: Choose): Graph =>
  attentionOf(choose, anyHalf(choose), {
    lengths: choose([64, 64], [128, 128], [80, 72], [96, 96], [112, 128], [40, 40]),
  })
