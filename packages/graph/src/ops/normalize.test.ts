import { runOperation, thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { dropoutOp } from './dropout.js'
import { lpNormalizationOp } from './lp.js'
import { lrnOp } from './lrn.js'
import {
  batchNormalizationOp,
  groupNormalizationOp,
  instanceNormalizationOp,
  layerNormalizationOp,
} from './normalize.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const vector = (...values: readonly number[]) => ({ type: f32(values.length), data: Float32Array.from(values) })
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4))
const numbers = (operation: Operation, inputs: Parameters<typeof runOperation>[1]) =>
  runOperation(operation, inputs).map((output) => Array.from(output ?? [], Number))

test('BatchNormalization scales and shifts channels by given statistics', () => {
  const x = { type: f32(2, 2, 2), data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) }
  const [scale, bias, mean, variance] = [vector(2, -1), vector(10, 0), vector(1, 4), vector(4, 1)]
  const types = { scale: scale.type, bias: bias.type, mean: mean.type, variance: variance.type }
  const [y] = numbers(batchNormalizationOp(x.type, types, { epsilon: 0 }), [x, scale, bias, mean, variance])
  expect(y).toEqual([10, 11, 1, 0, 14, 15, -3, -4])
  const one = { scale: f32(1), bias: f32(1), mean: f32(1), variance: f32(1) }
  const single = batchNormalizationOp(f32(3), one, { epsilon: 3 })
  expect(numbers(single, [vector(1, 2, 3), vector(2), vector(1), vector(1), vector(1)])[0]).toEqual([1, 2, 3])
  expect(String(thrownBy(() => batchNormalizationOp(f32(1, 3), types, { epsilon: 0 })))).toMatchInlineSnapshot(
    `"CompileError: BatchNormalization: scale of shape [2] for [3]"`,
  )
})

describe('LayerNormalization', () => {
  const x = { type: f32(2, 2, 2), data: Float32Array.of(1, 3, 5, 7, 0, 0, 0, 4) }

  test('normalises what axis and the dimensions after it hold', () => {
    const attributes = { axis: 1, epsilon: 0, statistics: true }
    const [scale, bias] = [{ type: f32(2, 1), data: Float32Array.of(1, 2) }, vector(0, 1)]
    const operation = layerNormalizationOp(x.type, scale.type, bias.type, attributes)
    expect(operation.outputs[1]?.shape).toEqual([2, 1, 1])
    const [y, mean, inverse] = numbers(operation, [x, scale, bias])
    const [r, s] = [1 / Math.sqrt(5), 1 / Math.sqrt(3)]
    expect(mean).toEqual([4, 1])
    expect(inverse).toEqual(close([r, s]))
    expect(y).toEqual(close([-3 * r, -r + 1, 2 * r, 6 * r + 1, -s, -s + 1, -2 * s, 6 * s + 1]))
  })

  test('gives rows of one value the bias, without statistics', () => {
    const operation = layerNormalizationOp(f32(1, 2), f32(2), undefined, { axis: -1, epsilon: 1e-5, statistics: false })
    expect(numbers(operation, [{ type: f32(1, 2), data: Float32Array.of(3, 3) }, vector(1, 1)])).toEqual([[0, 0]])
  })

  test('refuses a scale that does not broadcast', () => {
    const attributes = { axis: -1, epsilon: 0, statistics: false }
    expect(thrownBy(() => layerNormalizationOp(f32(1, 2), f32(3, 2), undefined, attributes)).code).toBe('graph/shape')
  })
})

test('InstanceNormalization normalises planes, GroupNormalization groups of channels', () => {
  const x = { type: f32(1, 4, 2), data: Float32Array.of(0, 2, 4, 6, 1, 1, 1, 5) }
  const [scale, bias] = [vector(1, 2, 1, 1), vector(0, 1, 0, 0)]
  const instance = instanceNormalizationOp(x.type, scale.type, bias.type, { epsilon: 1 })
  const [h, f] = [Math.SQRT1_2, 1 / Math.sqrt(5)]
  expect(numbers(instance, [x, scale, bias])[0]).toEqual(close([-h, h, -2 * h + 1, 2 * h + 1, 0, 0, -2 * f, 2 * f]))
  const perChannel = groupNormalizationOp(x.type, scale.type, bias.type, { epsilon: 0, groups: 2 })
  const s = 1 / Math.sqrt(3)
  const expected = [-3 * f, -f, 2 * f + 1, 6 * f + 1, -s, -s, -s, 3 * s]
  expect(numbers(perChannel, [x, scale, bias])[0]).toEqual(close(expected))
  const perGroup = groupNormalizationOp(x.type, f32(2), f32(2), { epsilon: 0, groups: 2 })
  const doubled = [-3 * f, -f, f, 3 * f, -2 * s + 1, -2 * s + 1, -2 * s + 1, 6 * s + 1]
  expect(numbers(perGroup, [x, vector(1, 2), vector(0, 1)])[0]).toEqual(close(doubled))
})

test('LRN divides by the squares of the channels around, one more of those after for even sizes', () => {
  const x = { type: f32(1, 4, 1), data: Float32Array.of(1, 2, 3, 4) }
  const attributes = { alpha: 6, beta: 0.5, bias: 1 }
  const [odd] = numbers(lrnOp(x.type, { ...attributes, size: 3 }), [x])
  expect(odd).toEqual(close([1 / Math.sqrt(11), 2 / Math.sqrt(29), 3 / Math.sqrt(59), 4 / Math.sqrt(51)]))
  const [even] = numbers(lrnOp(x.type, { ...attributes, size: 2 }), [x])
  expect(even).toEqual(close([1 / Math.sqrt(16), 2 / Math.sqrt(40), 3 / Math.sqrt(76), 4 / Math.sqrt(49)]))
})

test('LpNormalization divides rows by their length and leaves zeros', () => {
  const x = { type: f32(2, 2), data: Float32Array.of(3, -4, 0, 0) }
  const along = (p: number) => numbers(lpNormalizationOp(x.type, { axis: -1, p }), [x])[0]
  expect(along(2)).toEqual(close([0.6, -0.8, 0, 0]))
  expect(along(1)).toEqual(close([3 / 7, -4 / 7, 0, 0]))
  expect(along(3)).toEqual(close([3 / Math.cbrt(91), -4 / Math.cbrt(91), 0, 0]))
})

test('Dropout keeps everything', () => {
  const x = vector(1, -2)
  expect(runOperation(dropoutOp(x.type, { mask: 'bool' }), [x])).toEqual([x.data, Uint8Array.of(1, 1)])
  expect(runOperation(dropoutOp(x.type, { mask: 'f32' }), [x])[1]).toEqual(Float32Array.of(1, 1))
})
