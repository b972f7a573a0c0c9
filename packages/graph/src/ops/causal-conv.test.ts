import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { causalConvOp } from './causal-conv.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const x = { type: f32(1, 2, 3), data: Float32Array.of(1, 2, 3, 4, 5, 6) }
const w = { type: f32(2, 1, 2), data: Float32Array.of(10, 1, 0, 2) }
const past = { type: f32(1, 2, 1), data: Float32Array.of(7, 8) }

test('each channel is folded over what came before it, and the end is kept for the next call', () => {
  const alone = causalConvOp({ input: x.type, weight: w.type }, { silu: false })
  expect(runOperation(alone, [x, w])).toEqual([Float32Array.of(1, 12, 23, 8, 10, 12), Float32Array.of(3, 6)])
  const after = causalConvOp({ input: x.type, weight: w.type, past: past.type }, { silu: false })
  expect(runOperation(after, [x, w, past])).toEqual([Float32Array.of(71, 12, 23, 8, 10, 12), Float32Array.of(3, 6)])
})

test('an input shorter than the state keeps some of it', () => {
  const [input, weight] = [f32(1, 1, 1), f32(1, 1, 3)]
  const state = { type: f32(1, 1, 2), data: Float32Array.of(5, 6) }
  const short = { type: input, data: Float32Array.of(7) }
  const taps = { type: weight, data: Float32Array.of(100, 10, 1) }
  const operation = causalConvOp({ input, weight, past: state.type }, { silu: false })
  expect(runOperation(operation, [short, taps, state])).toEqual([Float32Array.of(567), Float32Array.of(6, 7)])
})

test('a bias comes before the activation; a kernel of one position keeps nothing', () => {
  const weight = { type: f32(2, 1, 1), data: Float32Array.of(1, 1) }
  const bias = { type: f32(2), data: Float32Array.of(0, -4) }
  const operation = causalConvOp({ input: x.type, weight: weight.type, bias: bias.type }, { silu: true })
  const silu = (value: number) => expect.closeTo(value / (1 + Math.exp(-value)), 5)
  const [y, state] = runOperation(operation, [x, weight, bias])
  expect(Array.from(y ?? [], Number)).toEqual([1, 2, 3, 0, 1, 2].map(silu))
  expect(state).toHaveLength(0)
})

test('refuses weights and states that do not fit', () => {
  const error = (weight: TensorType, state?: TensorType) =>
    String(thrownBy(() => causalConvOp({ input: x.type, weight, past: state }, { silu: false })))
  expect([error(f32(2, 2, 2)), error(f32(3, 1, 2)), error(w.type, f32(1, 2, 2))]).toMatchInlineSnapshot(`
    [
      "CompileError: CausalConvWithState: input [1, 2, 3], weights [2, 2, 2]",
      "CompileError: CausalConvWithState: input [1, 2, 3], weights [3, 1, 2]",
      "CompileError: CausalConvWithState: a state of [1, 2, 2] for [1, 2, 1]",
    ]
  `)
})
