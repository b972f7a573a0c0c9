import { addOp, buildGraph, matmulOp, maxPoolOp, reluOp, type TensorDType } from '@tilewright/graph'
import { type SizeExpr, size } from '@tilewright/ir'
import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { evaluateByDefinition } from './evaluate-by-definition.js'

function doubled(dtype: TensorDType, shape: readonly SizeExpr[]) {
  const g = buildGraph('test')
  const x = g.input('x', { dtype, shape })
  return g.finish([
    { name: 'twice', tensor: g.apply1(addOp(x, x), [x, x]) },
    { name: 'same', tensor: x },
  ])
}

test('gives every output in its own dtype, an input that is an output too', () => {
  const x = { dtype: 'i64', shape: [2], data: BigInt64Array.of(3n, -4n) } as const
  const { twice, same } = evaluateByDefinition(doubled('i64', [2]), { x }, {}) ?? {}
  expect(twice).toEqual({ dtype: 'i64', shape: [2], data: BigInt64Array.of(6n, -8n) })
  expect(same).toEqual(x)
})

test('computes halves in f32 and gives them back as bits', () => {
  const x = { dtype: 'f16', shape: [1], data: Uint16Array.of(0x3c00) } as const
  expect(evaluateByDefinition(doubled('f16', [1]), { x }, {})?.twice?.data).toEqual(Uint16Array.of(0x4000))
  const y = { dtype: 'bf16', shape: [1], data: Uint16Array.of(0x3f80) } as const
  expect(evaluateByDefinition(doubled('bf16', [1]), { x: y }, {})?.twice?.data).toEqual(Uint16Array.of(0x4000))
})

test('takes data that is a view into something larger', () => {
  const data = new Float32Array([9, 1, 2, 9]).subarray(1, 3)
  const x = { dtype: 'f32', shape: [2], data } as const
  expect(evaluateByDefinition(doubled('f32', [2]), { x }, {})?.twice?.data).toEqual(Float32Array.of(2, 4))
})

test('takes sizes, of 0 too', () => {
  const x = { dtype: 'f32', shape: [0], data: new Float32Array(0) } as const
  expect(evaluateByDefinition(doubled('f32', [size('n')]), { x }, { n: 0 })?.twice).toEqual(x)
})

test('declines what would take too long, or too much memory', () => {
  const g = buildGraph('test')
  const x = g.input('x', { dtype: 'f32', shape: [size('n'), size('n')] })
  const long = g.finish([{ name: 'y', tensor: g.apply1(matmulOp(x, x), [x, x]) }])
  const empty = { dtype: 'f32', shape: [0, 0], data: new Float32Array(0) } as const
  expect(evaluateByDefinition(long, { x: empty }, { n: 5000 })).toBeUndefined()
  const large = g.finish([{ name: 'y', tensor: g.apply1(reluOp(x), [x]) }])
  expect(evaluateByDefinition(large, { x: empty }, { n: 20_000 })).toBeUndefined()
})

test('a size too small for a window is said, also where no result needs it', () => {
  const g = buildGraph('test')
  const x = g.input('x', { dtype: 'f32', shape: [1, 1, size('n')] })
  const window = {
    kernel: [3],
    strides: [1],
    dilations: [1],
    pads: [0, 0],
    autoPad: 'NOTSET',
    ceilMode: false,
  } as const
  g.apply1(maxPoolOp(x, { ...window, indices: false, columnMajor: false }), [x])
  const few = { dtype: 'f32', shape: [1, 1, 1], data: new Float32Array(1) } as const
  const graph = g.finish([{ name: 'x', tensor: x }])
  expect(thrownBy(() => evaluateByDefinition(graph, { x: few }, { n: 1 }))).toMatchObject({ code: 'run/shape' })
})
