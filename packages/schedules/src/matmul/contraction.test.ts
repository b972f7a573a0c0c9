import { gemmOp, matmulOp, type Operation, type TensorType } from '@tilewright/graph'
import { buffer, compute, type Equation, load, mul, type Reduce, sumOfProducts } from '@tilewright/ir'
import { testTarget } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { resolve } from '../resolve.js'
import { matchContraction, matchMatmul } from './contraction.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })

function anchorOf(operation: Operation, inputs: readonly TensorType[]): Equation {
  const [operands, outputs] = [inputs, operation.outputs].map((types) =>
    types.map((type, i) => buffer(`t${i}`, 'f32', type.shape, 'storage')),
  )
  return operation.define(operands!, outputs!)[0]!
}

/** Extents of batch, m, n and k. */
function parts(anchor: Equation) {
  const found = matchContraction(anchor)
  const extents = (axes: readonly { extent: unknown }[]) => axes.map(({ extent }) => extent)
  return found && [found.batch, found.m, found.n, found.k].map(extents)
}

test('products of matrices', () => {
  const [a, b] = [f32(5, 2, 3), f32(5, 3, 4)]
  expect(parts(anchorOf(matmulOp(a, b), [a, b]))).toEqual([[5], [2], [4], [3]])
  const flags = { alpha: 1, beta: 1, transA: true, transB: true }
  expect(parts(anchorOf(gemmOp(f32(3, 2), f32(4, 3), undefined, flags), [f32(3, 2), f32(4, 3)]))).toEqual([
    [],
    [2],
    [4],
    [3],
  ])
})

test('matrices that share the right factor are the rows of one', () => {
  const [a, b] = [f32(5, 2, 3), f32(3, 4)]
  expect(parts(anchorOf(matmulOp(a, b), [a, b]))).toEqual([[], [5, 2], [4], [3]])
})

test('one row, one column, and what is neither', () => {
  const [row, square] = [f32(1, 30), f32(30, 40)]
  const one = anchorOf(matmulOp(row, square), [row, square])
  expect(parts(one)).toEqual([[1], [], [40], [30]])
  expect(resolve({ anchor: one, computed: new Set() }, testTarget).template).toBe('matmul/register-tiled')
  // A column is computed like a row: its elements are what is next to each other.
  const column = anchorOf(matmulOp(square, f32(40, 1)), [square, f32(40, 1)])
  expect(parts(column)).toEqual([[1], [], [30], [40]])
  const dot = anchorOf(matmulOp(f32(9), f32(9)), [f32(9), f32(9)])
  expect(matchMatmul(dot)).toBeUndefined()
})

test('folded axes of extent 1 are dropped, unless there is no other', () => {
  const [x, y, out] = [f32(3, 1), f32(1, 4), f32(3, 4)].map((type) => buffer('t', 'f32', type.shape, 'storage'))
  const sum = sumOfProducts(
    out!,
    [
      { hint: 'a', extent: 1 },
      { hint: 'b', extent: 1 },
    ],
    ([i, j], [a, b]) => [load(x!, [i!, a!]), load(y!, [b!, j!])],
  )
  expect(parts(sum)).toEqual([[], [3], [4], [1]])
})

test('not what is no sum of products', () => {
  const [x, out] = [buffer('x', 'f32', [4], 'storage'), buffer('out', 'f32', [4], 'storage')]
  expect(matchContraction(compute(out, (i) => mul(load(x, [i!]), load(x, [i!]))))).toBeUndefined()
  const square: Reduce = sumOfProducts(out, [{ hint: 'k', extent: 4 }], ([i], [k]) => [load(x, [i!]), load(x, [k!])])
  expect(matchContraction({ ...square, commutative: false })).toBeUndefined()
  expect(matchContraction({ ...square, value: [load(x, [square.axes[0]!])] })).toBeUndefined()
})
