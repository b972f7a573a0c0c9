// Each element from those at its place, or at that place of a transposed tensor.
import {
  addOp,
  castOp,
  divOp,
  erfOp,
  expOp,
  floorOp,
  type Graph,
  lessOp,
  logOp,
  minOp,
  modOp,
  powOp,
  roundOp,
  sinOp,
  sqrtOp,
  subOp,
  transposeOp,
  whereOp,
} from '@tilewright/graph'
import type { Choose } from '../choose.js'
import { extents, surroundings } from './surroundings.js'

/** A transposed tensor, alone or with another that is not. */
export function transposed(choose: Choose): Graph {
  const { operand, input, apply, finish } = surroundings(choose)
  const shape = extents(choose, 2, 3, 4)
  const x = operand(choose('f32', 'f32', 'f16', 'bf16', 'i32', 'u8'), shape)
  const order = shape.map((_, d) => d)
  const perm = choose(order.toReversed(), [...order.slice(1), 0], [...order.slice(0, -2), ...order.slice(-2).reverse()])
  const y = apply(transposeOp(x, { perm }), [x])
  if (choose(true, false)) return finish(y)
  const straight = input(x.dtype, y.shape)
  return finish(apply(addOp(y, straight), [y, straight]))
}

/** A few operations on elements. */
export function pointwise(choose: Choose): Graph {
  const { operand, input, apply, finish } = surroundings(choose)
  const shape = extents(choose, 1, 2, 3, 4)
  const dtype = choose('f32', 'f32', 'f16', 'bf16', 'i32')
  const x = operand(dtype, shape)
  const other = input(dtype, choose(shape, shape.slice(-1), []))
  if (dtype === 'i32') {
    const made = choose(addOp, subOp, divOp, minOp)(x, other)
    const y = apply(choose(made, modOp(x, other, { truncated: choose(true, false) })), [x, other])
    if (choose(true, false)) return finish(y)
    return finish(apply(castOp(y, choose('f32', 'u8', 'bool', 'f16', 'bf16')), [y]))
  }
  switch (choose('function', 'function', 'power', 'chosen')) {
    case 'function': {
      const y = apply(choose(addOp, subOp, divOp, minOp)(x, other), [x, other])
      return finish(apply(choose(expOp, logOp, sqrtOp, erfOp, floorOp, roundOp, sinOp)(y), [y]))
    }
    case 'power':
      return finish(apply(powOp(x, other), [x, other]))
    case 'chosen': {
      const isLess = apply(lessOp(x, other), [x, other])
      return finish(apply(whereOp(isLess, x, other), [isLess, x, other]))
    }
  }
}
