// Steps that move elements, or leave some out, and compute nothing.
import {
  concatOp,
  depthToSpaceOp,
  expandOp,
  padOp,
  reshapeOp,
  sliceOp,
  spaceToDepthOp,
  type Tensor,
  transposeOp,
  unsqueezeOp,
} from '@tilewright/graph'
import type { SizeExpr } from '@tilewright/ir'
import { type GrowingGraph, manyElements, oneOf, type Pick, type Step } from './growing-graph.js'

const isFixed = (extent: SizeExpr): extent is number => typeof extent === 'number'

export const transposed: Step = (g, x, pick) => {
  const perm = x.shape.map((_, d) => d)
  // Rotated, or two neighbours swapped.
  const at = pick(perm.length - 1)
  const swapped = perm.map((d) => (d === at ? at + 1 : d === at + 1 ? at : d))
  const turned = perm.map((d) => (d + 1) % perm.length)
  return g.apply(transposeOp(x, { perm: oneOf(pick, swapped, turned) }), [x], g.boundOf(x))
}

/** Every element, every other one, without the ends, or the other way round; any dimension. */
export const sliced: Step = (g, x, pick) => {
  const axis = pick(x.shape.length)
  const [start, end, step] = oneOf(pick, [1, 2 ** 30, 1], [0, -1, 1], [0, 2 ** 30, 2], [-1, -(2 ** 30), -1], [0, 3, 1])
  // At least one element of a fixed extent is left.
  const extent = x.shape[axis] ?? 1
  const most = extent === 1 ? ([0, 1, 1] as const) : ([start, end, step] as const)
  const attributes = { starts: [most[0]], ends: [most[1]], axes: [axis], steps: [most[2]] }
  return g.apply(sliceOp(x, attributes), [x], g.boundOf(x))
}

export const padded: Step = (g, x, pick) => {
  if (2 * g.countOf(x) > manyElements) return sliced(g, x, pick)
  const axis = pick(x.shape.length)
  const extent = x.shape[axis] ?? 1
  // What has no elements can be padded with constants only.
  const mode = isFixed(extent) ? oneOf(pick, 'constant', 'edge', 'reflect', 'wrap') : 'constant'
  const at = (pad: number): readonly number[] => x.shape.map((_, d) => (d === axis ? pad : 0))
  const attributes = { mode, begins: at(pick(2)), ends: at(1), value: pick(3) } as const
  return g.apply(padOp(x, undefined, attributes), [x], Math.max(2, g.boundOf(x)))
}

/** Repeated along a dimension of one element, which is added where there is none. */
export const expanded: Step = (g, x, pick) => {
  const times = 2 + pick(2)
  const single = withSingle(g, x, pick)
  if (single === undefined || times * g.countOf(single) > manyElements) return transposed(g, x, pick)
  const axis = single.shape.indexOf(1)
  const shape = single.shape.map((extent, d) => (d === axis ? times : isFixed(extent) ? extent : 1))
  return g.apply(expandOp(single, { shape }), [single], g.boundOf(single))
}

function withSingle(g: GrowingGraph, x: Tensor, pick: Pick): Tensor | undefined {
  if (x.shape.includes(1)) return x
  if (x.shape.length < 4) return g.apply(unsqueezeOp(x, { axes: [pick(x.shape.length)] }), [x], g.boundOf(x))
  const axis = x.shape.findIndex(isFixed)
  if (axis < 0) return undefined
  return g.apply(sliceOp(x, { starts: [0], ends: [1], axes: [axis], steps: [1] }), [x], g.boundOf(x))
}

/** After a value of the same shape or itself, or before a constant. */
export const joined: Step = (g, x, pick) => {
  if (2 * g.countOf(x) > manyElements) return sliced(g, x, pick)
  const axis = pick(x.shape.length)
  const others = x.shape.filter((_, d) => d !== axis)
  const fixed = others.every(isFixed) ? x.shape.map((extent, d) => (d === axis || !isFixed(extent) ? 2 : extent)) : []
  const y = fixed.length > 0 && pick(2) === 0 ? g.constant(fixed) : (g.twinOf(x) ?? x)
  const operands = oneOf(pick, [x, y], [y, x])
  return g.apply(concatOp(operands, { axis }), operands, Math.max(g.boundOf(x), g.boundOf(y)))
}

/** Neighbouring dimensions of fixed extents become one, or one becomes two. */
export const reshaped: Step = (g, x, pick) => {
  const shape = pick(2) === 0 ? (split(x, pick) ?? merged(x)) : (merged(x) ?? split(x, pick))
  if (shape === undefined) return transposed(g, x, pick)
  return g.apply(reshapeOp(x, { shape }), [x], g.boundOf(x))
}

function split({ shape }: Tensor, pick: Pick): readonly SizeExpr[] | undefined {
  const at = shape.findIndex((extent) => isFixed(extent) && extent > 2 && extent % 2 === 0)
  const extent = shape[at]
  if (shape.length === 4 || typeof extent !== 'number') return undefined
  return shape.toSpliced(at, 1, ...oneOf(pick, [2, extent / 2], [extent / 2, 2]))
}

function merged({ shape }: Tensor): readonly SizeExpr[] | undefined {
  if (shape.length === 2) return undefined
  for (const [d, extent] of shape.entries()) {
    const next = shape[d + 1]
    if (typeof extent === 'number' && typeof next === 'number') return shape.toSpliced(d, 2, extent * next)
  }
  return undefined
}

/** DepthToSpace and SpaceToDepth, where the extents divide. */
export const blocked: Step = (g, x, pick) => {
  const [, c, h, w] = x.shape
  const isEven = (extent: SizeExpr | undefined, by: number): boolean => typeof extent === 'number' && extent % by === 0
  if (x.shape.length === 4 && isEven(c, 4)) {
    const operation = depthToSpaceOp(x, { blocksize: 2, mode: oneOf(pick, 'DCR', 'CRD') })
    return g.apply(operation, [x], g.boundOf(x))
  }
  if (x.shape.length === 4 && isEven(h, 2) && isEven(w, 2)) {
    return g.apply(spaceToDepthOp(x, { blocksize: 2 }), [x], g.boundOf(x))
  }
  return reshaped(g, x, pick)
}
