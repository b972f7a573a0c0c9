// A random graph while it grows. Every value is a small integer, so that all orders of evaluation give the same bits: each
// tensor has a bound, and what would leave the integers that f32 holds exactly is clipped first.
import { buildGraph, clipOp, type Graph, type Operation, type Tensor, type TensorType } from '@tilewright/graph'
import { elementCount, evaluateSize, type SizeExpr, type SizeValues, sizeEquals } from '@tilewright/ir'

export interface GrowingGraph {
  /** Every value so far, the latest last. */
  readonly live: readonly Tensor[]
  readonly input: (name: string, shape: readonly SizeExpr[]) => Tensor
  /** Weights in −2..2. */
  readonly constant: (shape: readonly number[]) => Tensor
  /** A value of at most `bound` in magnitude, and so the sum of what it is a sum of. */
  readonly apply: (operation: Operation, operands: readonly Tensor[], bound: number) => Tensor
  readonly boundOf: (x: Tensor) => number
  /** The value, clipped where more than `bound` in magnitude is possible. */
  readonly bounded: (x: Tensor, bound: number) => Tensor
  /** The value, clipped so that `times` as much is exact. */
  readonly within: (x: Tensor, times: number) => Tensor
  /** The most elements that a run has. */
  readonly countOf: (x: TensorType) => number
  /** The most that an extent is in a run. */
  readonly extentOf: (extent: SizeExpr) => number
  /** Another value of the same shape, the latest one. */
  readonly twinOf: (x: Tensor) => Tensor | undefined
  /** The graph whose results are what nobody reads, and `also`. */
  readonly finish: (also: Tensor | undefined) => Graph
}

/** What decides a step: a number below `choices`, another one each time. */
export type Pick = (choices: number) => number

/** Appends to a graph; gives the value that it ends in. Applies to any value of rank 2 to 4. */
export type Step = (g: GrowingGraph, x: Tensor, pick: Pick) => Tensor

/** Sums up to here are exact in f32. */
const mostExact = 2 ** 23
/** Elements beyond which nothing is made larger: what the simulator runs in milliseconds. */
export const manyElements = 1500

/** One of several. */
export function oneOf<T>(pick: Pick, first: T, ...others: readonly T[]): T {
  return [first, ...others][pick(others.length + 1)] ?? first
}

/** Small integers, the same each time. */
export const integers = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => ((i * 7 + seed * 3 + (i >> 2)) % 5) - 2)

/** An empty graph, whose runs have at most these sizes. */
export function growingGraph(most: SizeValues, seed: number): GrowingGraph {
  const g = buildGraph('random')
  const live: Tensor[] = []
  const read = new Set<Tensor>()
  const bounds = new Map<Tensor, number>()
  let constants = 0
  const extentOf = (extent: SizeExpr): number => evaluateSize(extent, most)
  const boundOf = (x: Tensor): number => bounds.get(x) ?? 2
  const apply: GrowingGraph['apply'] = (operation, operands, bound) => {
    const made = g.apply1(operation, operands)
    for (const operand of operands) read.add(operand)
    bounds.set(made, bound)
    live.push(made)
    return made
  }
  const bounded: GrowingGraph['bounded'] = (x, bound) =>
    boundOf(x) <= bound ? x : apply(clipOp(x, { low: -bound, high: bound }), [x], bound)
  return {
    live,
    input: (name, shape) => {
      const made = g.input(name, { dtype: 'f32', shape })
      live.push(made)
      return made
    },
    constant: (shape) => {
      constants += 1
      const count = shape.reduce((product, extent) => product * extent, 1)
      return g.constant(`w${constants}`, { dtype: 'f32', shape, data: integers(count, constants + seed) })
    },
    apply,
    boundOf,
    bounded,
    within: (x, times) => bounded(x, Math.max(1, Math.floor(mostExact / times))),
    countOf: ({ shape }) => extentOf(elementCount(shape)),
    extentOf,
    twinOf: (x) => live.findLast((other) => other !== x && hasShape(other, x.shape)),
    finish: (also) => {
      const results = live.filter((tensor) => !read.has(tensor) || tensor === also)
      return g.finish(results.map((tensor, i) => ({ name: `y${i}`, tensor })))
    },
  }
}

/** Whether a shape is this one whatever the sizes are. */
export function hasShape(x: Tensor, shape: readonly SizeExpr[]): boolean {
  return x.shape.length === shape.length && x.shape.every((extent, d) => sizeEquals(extent, shape[d] ?? 1))
}
