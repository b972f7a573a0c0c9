import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import {
  celuOp,
  clipOp,
  geluOp,
  hardSigmoidOp,
  hardSwishOp,
  leakyReluOp,
  mishOp,
  preluOp,
  seluOp,
  shrinkOp,
  sigmoidOp,
  softplusOp,
  softsignOp,
  swishOp,
  thresholdedReluOp,
} from './activations.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const values = Float32Array.of(-100, -20, -2, -0.5, 0, 0.5, 2, 20, 100)
const type = f32(values.length)

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
// x·Φ(x), from tables of the normal distribution.
const gelu = [0, 0, -0.0455003, -0.1542688, 0, 0.3457312, 1.9544997, 20, 100]

test.each<[Operation, (x: number, i: number) => number]>([
  [sigmoidOp(type), sigmoid],
  [softplusOp(type), (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))],
  [leakyReluOp(type, { alpha: 0.25 }), (x) => (x < 0 ? x / 4 : x)],
  [hardSigmoidOp(type, { alpha: 0.5, beta: 0.75 }), (x) => Math.min(1, Math.max(0, x / 2 + 0.75))],
  [seluOp(type, { alpha: 1.5, gamma: 2 }), (x) => (x > 0 ? 2 * x : 3 * Math.expm1(x))],
  [celuOp(type, { alpha: 2 }), (x) => (x > 0 ? x : 2 * Math.expm1(x / 2))],
  [thresholdedReluOp(type, { alpha: 0.5 }), (x) => (x > 0.5 ? x : 0)],
  [swishOp(type, { alpha: 1.5 }), (x) => x * sigmoid(1.5 * x)],
  [mishOp(type), (x) => x * Math.tanh(Math.log1p(Math.exp(x)))],
  [softsignOp(type), (x) => x / (1 + Math.abs(x))],
  [shrinkOp(type, { lambd: 0.5, bias: 0.25 }), (x) => (x > 0.5 ? x - 0.25 : x < -0.5 ? x + 0.25 : 0)],
  [hardSwishOp(type), (x) => x * Math.min(1, Math.max(0, x / 6 + 0.5))],
  [geluOp(type, { approximate: false }), (_, i) => gelu[i] ?? 0],
  [geluOp(type, { approximate: true }), (x) => x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))],
])('$name', (operation, truth) => {
  const [result] = runOperation(operation, [{ type, data: values }])
  values.forEach((x, i) => {
    const wanted = truth(x, i)
    expect(Math.abs(Number(result?.[i]) - wanted)).toBeLessThan(1e-7 + 2e-6 * Math.abs(wanted))
  })
})

test('PRelu broadcasts its slope to x, not x to its slope', () => {
  const [x, slope] = [f32(2, 2), f32(2, 1)]
  const [result] = runOperation(preluOp(x, slope), [
    { type: x, data: Float32Array.of(-1, 2, -3, 4) },
    { type: slope, data: Float32Array.of(10, 100) },
  ])
  expect(result).toEqual(Float32Array.of(-10, 2, -300, 4))
  expect(thrownBy(() => preluOp(f32(2), f32(2, 2))).message).toBe('PRelu: [2, 2] does not broadcast to [2]')
})

test('Clip: bounds are numbers, operands, or absent; the high one wins', () => {
  const x = { type: f32(3), data: Float32Array.of(-5, 0, 5) }
  const [one, two] = [1, 2].map((value) => ({ type: f32(), data: Float32Array.of(value) }))
  expect(runOperation(clipOp(x.type, { low: -1, high: 1 }), [x])[0]).toEqual(Float32Array.of(-1, 0, 1))
  expect(runOperation(clipOp(x.type, { low: undefined, high: undefined }), [x])[0]).toEqual(x.data)
  expect(runOperation(clipOp(x.type, { low: undefined, high: f32() }), [x, one!])[0]).toEqual(Float32Array.of(-5, 0, 1))
  expect(runOperation(clipOp(x.type, { low: f32(), high: f32() }), [x, two!, one!])[0]).toEqual(
    Float32Array.of(1, 1, 1),
  )
  expect(thrownBy(() => clipOp(x.type, { low: f32(3), high: 1 })).message).toBe('Clip: a bound has shape [3]')
})
