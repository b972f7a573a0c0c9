// Reductions, and values of each element of a row that depend on reductions of the row.
import {
  argExtremumOp,
  type Graph,
  layerNormalizationOp,
  logSoftmaxOp,
  reduceOp,
  rmsNormalizationOp,
  softmaxOp,
  subOp,
} from '@tilewright/graph'
import type { Choose } from '../choose.js'
import { extents, surroundings } from './surroundings.js'

/** A reduction along some axes, or the place of the largest or smallest element along one. */
export function reduction(choose: Choose): Graph {
  const { operand, apply, finish } = surroundings(choose)
  const shape = extents(choose, 1, 2, 3)
  const x = operand(choose('f32', 'f32', 'f16', 'bf16', 'i32'), shape)
  const keepDims = choose(true, false)
  if (choose(false, false, false, true)) {
    const attributes = { axis: shape.length - 1, keepDims, selectLastIndex: choose(true, false) }
    return finish(apply(argExtremumOp(choose('max', 'min'), x, attributes), [x]))
  }
  const along = shape.map((_, d) => d)
  const axes = choose(along.slice(-1), along.slice(-2), along.slice(0, 1), along)
  const kinds = ['Sum', 'Max', 'Min', 'Prod', 'SumSquare', 'L1'] as const
  const kind = x.dtype === 'i32' ? choose(...kinds) : choose(...kinds, 'Mean', 'L2')
  return finish(apply(reduceOp(kind, x, { axes, keepDims }), [x]))
}

/** A normalisation of rows. */
export function rowsProblem(choose: Choose): Graph {
  const { operand, input, apply, finish } = surroundings(choose)
  const shape = extents(choose, 2, 3)
  const last = shape.length - 1
  const dtype = choose('f32', 'f32', 'f16', 'bf16')
  switch (choose('softmax', 'log-softmax', 'layer', 'rms', 'shifted')) {
    case 'softmax': {
      const x = operand(dtype, shape)
      return finish(apply(softmaxOp(x, { axes: choose([last], [last], [last - 1], [last - 1, last]) }), [x]))
    }
    case 'log-softmax': {
      const x = operand(dtype, shape)
      return finish(apply(logSoftmaxOp(x, { axes: [choose(last, last - 1)] }), [x]))
    }
    case 'layer': {
      const axis = choose(last, last - 1)
      const [x, scale] = [operand(dtype, shape), input(dtype, shape.slice(axis))]
      const bias = choose(true, false) ? [input(dtype, shape.slice(axis))] : []
      const attributes = { epsilon: 1e-5, axis, statistics: false }
      return finish(apply(layerNormalizationOp(x, scale, bias[0], attributes), [x, scale, ...bias]))
    }
    case 'rms': {
      const [x, scale] = [operand(dtype, shape), input(dtype, shape.slice(-1))]
      return finish(apply(rmsNormalizationOp(x, scale, { epsilon: 1e-5, axis: last }), [x, scale]))
    }
    case 'shifted': {
      const x = input(choose('f32', 'i32'), shape)
      const largest = apply(reduceOp(choose('Max', 'Min', 'Sum'), x, { axes: [last], keepDims: true }), [x])
      return finish(apply(subOp(x, largest), [x, largest]))
    }
  }
}
