// Steps around reductions: along axes, over windows, chains over the same rows, and running sums.
import { addOp, cumSumOp, maxPoolOp, mulOp, type Reduction, reduceOp, subOp, type Tensor } from '@tilewright/graph'
import { sizeRange } from '@tilewright/ir'
import { type GrowingGraph, oneOf, type Pick, type Step } from './growing-graph.js'

const elementsAlong = (g: GrowingGraph, x: Tensor, axes: readonly number[]): number =>
  axes.reduce((product, axis) => product * Math.max(1, g.extentOf(x.shape[axis] ?? 1)), 1)

/** Reduces; the extremum of no elements is infinite, and clipped. */
function fold(g: GrowingGraph, reduction: Reduction, x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  const count = elementsAlong(g, x, axes)
  if (reduction === 'SumSquare') {
    const source = g.bounded(x, 64)
    const total = g.boundOf(source) ** 2 * count
    return g.apply(reduceOp(reduction, source, { axes, keepDims }), [source], total)
  }
  if (reduction === 'Max' || reduction === 'Min') {
    const isAlwaysFull = axes.every((axis) => typeof x.shape[axis] === 'number')
    const bound = isAlwaysFull ? g.boundOf(x) : Number.POSITIVE_INFINITY
    const extremum = g.apply(reduceOp(reduction, x, { axes, keepDims }), [x], bound)
    return g.bounded(extremum, g.boundOf(x))
  }
  const source = g.within(x, count)
  return g.apply(reduceOp(reduction, source, { axes, keepDims }), [source], g.boundOf(source) * count)
}

/** Some axes, at least one. */
function someAxes(x: Tensor, pick: Pick): readonly number[] {
  const chosen = 1 + pick(2 ** x.shape.length - 1)
  return x.shape.flatMap((_, d) => ((chosen >> d) % 2 === 1 ? [d] : []))
}

/** A reduction along any axes, of which two dimensions are left. */
export const reduced: Step = (g, x, pick) => {
  const axes = someAxes(x, pick)
  const keepDims = x.shape.length - axes.length < 2 || pick(2) === 0
  return fold(g, oneOf(pick, 'Sum', 'Max', 'Min', 'SumSquare', 'L1'), x, axes, keepDims)
}

/** The largest element of each window; of anything but images, a reduction. */
export const pooled: Step = (g, x, pick) => {
  const [, , h, w] = x.shape
  if (typeof h !== 'number' || typeof w !== 'number' || h < 2 || w < 2) return reduced(g, x, pick)
  const attributes = {
    kernel: [2, 1 + pick(2)],
    strides: [1 + pick(2), 2],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    autoPad: oneOf(pick, 'NOTSET', 'SAME_UPPER'),
    ceilMode: false,
    indices: false,
    columnMajor: false,
  } as const
  return g.apply(maxPoolOp(x, attributes), [x], g.boundOf(x))
}

/** The last axis or two, the one before the last, or the one that may be the longest. */
function rowAxes(x: Tensor, pick: Pick): readonly number[] {
  const rank = x.shape.length
  const most = x.shape.map((extent) => sizeRange(extent).max)
  const longest = most.indexOf(Math.max(...most))
  return oneOf(pick, [rank - 1], [rank - 2], rank > 2 ? [rank - 2, rank - 1] : [longest], [longest])
}

/** What softmax is but for exp and division: p = clip(x − max x); p · sum p. */
export const softmaxLike: Step = (g, value, pick) => {
  const x = g.bounded(value, 1000)
  const axes = rowAxes(x, pick)
  // Where a row has no elements its maximum is infinite, which the row does not read, but others may.
  const isAlwaysFull = axes.every((axis) => typeof x.shape[axis] === 'number')
  const bound = isAlwaysFull ? g.boundOf(x) : Number.POSITIVE_INFINITY
  const largest = g.apply(reduceOp('Max', x, { axes, keepDims: true }), [x], bound)
  const shifted = g.apply(subOp(x, largest), [x, largest], 2 * g.boundOf(x))
  const power = g.bounded(shifted, 2)
  const total = fold(g, 'Sum', power, axes, true)
  return g.apply(mulOp(power, total), [power, total], 2 * g.boundOf(total))
}

/**
 * What layer normalisation is but for roots and divisions: c = clip(x − sum x); c · sum c² · scale + offset. At times the
 * sums are along different axes, which are no rows.
 */
export const normalizeLike: Step = (g, value, pick) => {
  const x = g.bounded(value, 1000)
  const axes = rowAxes(x, pick)
  const mean = fold(g, 'Sum', x, axes, true)
  const centred = g.bounded(g.apply(subOp(x, mean), [x, mean], g.boundOf(x) + g.boundOf(mean)), 3)
  const variance = fold(g, 'SumSquare', centred, pick(4) === 0 ? rowAxes(x, pick) : axes, true)
  const scaled = g.apply(mulOp(centred, variance), [centred, variance], 3 * g.boundOf(variance))
  const last = x.shape.at(-1)
  if (typeof last !== 'number') return scaled
  const [scale, offset] = [g.constant([last]), g.constant([last])]
  const affine = g.apply(mulOp(scaled, scale), [scaled, scale], 2 * g.boundOf(scaled))
  return g.apply(addOp(affine, offset), [affine, offset], g.boundOf(affine) + 2)
}

/** Sums of all elements before, along an axis. */
export const cumulated: Step = (g, x, pick) => {
  const axis = pick(x.shape.length)
  const count = elementsAlong(g, x, [axis])
  const source = g.within(x, count)
  const attributes = { axis, exclusive: pick(2) === 0, reverse: pick(2) === 0 }
  return g.apply(cumSumOp(source, attributes), [source], g.boundOf(source) * count)
}
