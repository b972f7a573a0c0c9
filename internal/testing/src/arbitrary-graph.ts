// Random tensor graphs whose every value is a small integer, so that all orders of evaluation give the same bits.
import {
  addOp,
  buildGraph,
  convOp,
  type Graph,
  gemmOp,
  matmulOp,
  maxOp,
  maxPoolOp,
  mulOp,
  reluOp,
  reshapeOp,
  subOp,
  type Tensor,
} from '@tilewright/graph'
import { evaluateSize, type SizeExpr, size } from '@tilewright/ir'
import fc from 'fast-check'

export interface ArbitraryGraph {
  readonly graph: Graph
  /** Values of the graph's symbolic sizes. */
  readonly sizes: Readonly<Record<string, number>>
  /** Data for each input, by name: integers in −2..2. */
  readonly inputs: ReadonlyMap<string, Float32Array>
}

const ops = ['relu', 'add', 'sub', 'mul', 'max', 'conv', 'pool', 'matmul', 'gemm', 'reshape'] as const

/** What each step of a recipe does, and numbers that decide how. */
interface Step {
  readonly op: (typeof ops)[number]
  readonly choices: readonly number[]
}

const step = (...among: readonly Step['op'][]): fc.Arbitrary<Step> =>
  fc.record({
    op: fc.constantFrom(...among),
    choices: fc.array(fc.nat({ max: 11 }), { minLength: 6, maxLength: 6 }),
  })

interface Recipe {
  readonly symbolic: boolean
  readonly batch: number
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly steps: readonly Step[]
  readonly seed: number
}

const recipe: fc.Arbitrary<Recipe> = fc.record({
  symbolic: fc.boolean(),
  batch: fc.integer({ min: 0, max: 3 }),
  channels: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 1, max: 6 }),
  width: fc.integer({ min: 1, max: 7 }),
  // The first step is an anchor: without one there is little to fuse.
  steps: fc
    .tuple(step('conv', 'matmul', 'pool'), fc.array(step(...ops), { maxLength: 5 }))
    .map(([first, rest]) => [first, ...rest]),
  seed: fc.nat({ max: 4 }),
})

/** Graphs of convolutions, products, pools, reshapes and arithmetic; the batch may be symbolic, and empty. */
export function arbitraryGraph(): fc.Arbitrary<ArbitraryGraph> {
  return recipe.map(graphOf)
}

const integers = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => ((i * 7 + seed * 3 + (i >> 2)) % 5) - 2)

function graphOf({ symbolic, batch, channels, height, width, steps, seed }: Recipe): ArbitraryGraph {
  const g = buildGraph('random')
  const sizes = { n: batch }
  const first = g.input('x', {
    dtype: 'f32',
    shape: [symbolic ? size('n', { max: 64 }) : batch, channels, height, width],
  })
  const live: Tensor[] = [first]
  const read = new Set<Tensor>()
  let growth = 2
  let constants = 0
  const weights = (shape: readonly number[]): Tensor => {
    constants += 1
    const count = shape.reduce((product, extent) => product * extent, 1)
    return g.constant(`w${constants}`, { dtype: 'f32', shape, data: integers(count, constants + seed) })
  }
  /** Refuses steps after which partial sums might leave the integers that f32 holds exactly. */
  const mayGrow = (by: number): boolean => growth * by < 2 ** 22
  const fixed = (extents: readonly SizeExpr[]): readonly number[] =>
    extents.map((extent) => evaluateSize(extent, sizes))

  for (const { op, choices } of steps) {
    const pick = (i: number): number => choices[i] ?? 0
    const x = live[pick(0) % live.length] ?? first
    const push = (tensor: Tensor, by: number): void => {
      read.add(x)
      growth *= by
      live.push(tensor)
    }
    const tail = x.shape.slice(1).map((extent) => (typeof extent === 'number' ? extent : 1))
    switch (op) {
      case 'relu':
        push(g.apply1(reluOp(x), [x]), 1)
        break
      case 'add':
      case 'sub':
      case 'mul':
      case 'max': {
        const operation = { add: addOp, sub: subOp, mul: mulOp, max: maxOp }[op]
        // Another tensor of the same shape, or a constant that broadcasts in some dimensions.
        const twin = live.find(
          (other) => other !== x && fixed(other.shape).join() === fixed(x.shape).join() && sameForm(other, x),
        )
        const useTwin = op !== 'mul' && twin !== undefined && pick(1) % 2 === 0
        const shape = tail.map((extent, d) => ((pick(2) >> d) % 2 === 0 ? extent : 1))
        const y = useTwin ? twin : weights(shape)
        if (!mayGrow(3)) break
        if (useTwin) read.add(y)
        push(g.apply1(operation(x, y), [x, y]), 3)
        break
      }
      case 'conv': {
        const [c, h, w] = tail
        if (x.shape.length !== 4 || c === undefined || h === undefined || w === undefined) break
        const group = c % 2 === 0 && pick(1) % 3 === 0 ? 2 : 1
        const kernel = [1 + (pick(2) % 3), 1 + (pick(3) % 3)]
        const filter = weights([group * (1 + (pick(4) % 3)), c / group, ...kernel])
        const depth = (c / group) * (kernel[0] ?? 1) * (kernel[1] ?? 1)
        if (!mayGrow(2 * depth + 1)) break
        const bias = pick(5) % 2 === 0 ? weights([Number(filter.shape[0])]) : undefined
        const strides = [1 + (pick(1) % 2), 1]
        const attributes = { strides, dilations: [1, 1], pads: [1, 1, 1, 2], autoPad: 'NOTSET', group } as const
        const operands = bias === undefined ? [x, filter] : [x, filter, bias]
        push(g.apply1(convOp(x, filter, bias, attributes), operands), 2 * depth + 1)
        break
      }
      case 'pool': {
        const [, h, w] = tail
        if (x.shape.length !== 4 || h === undefined || w === undefined || h < 2 || w < 2) break
        const attributes = {
          kernel: [2, 2],
          strides: [1 + (pick(1) % 2), 2],
          dilations: [1, 1],
          pads: [0, 0, 0, 0],
          autoPad: pick(2) % 2 === 0 ? 'NOTSET' : 'SAME_UPPER',
          ceilMode: false,
          indices: false,
          columnMajor: false,
        } as const
        push(g.apply1(maxPoolOp(x, attributes), [x]), 1)
        break
      }
      case 'matmul':
      case 'gemm': {
        const depth = tail.at(-1)
        if (depth === undefined || !mayGrow(2 * depth + 1)) break
        const columns = 1 + pick(1)
        if (op === 'matmul') {
          const y = weights([depth, columns])
          push(g.apply1(matmulOp(x, y), [x, y]), 2 * depth)
          break
        }
        if (x.shape.length !== 2) break
        const transB = pick(2) % 2 === 0
        const y = weights(transB ? [columns, depth] : [depth, columns])
        const c = weights(pick(3) % 2 === 0 ? [columns] : [1, 1])
        push(g.apply1(gemmOp(x, y, c, { alpha: 1, beta: 1, transA: false, transB }), [x, y, c]), 2 * depth + 1)
        break
      }
      case 'reshape': {
        const count = tail.reduce((product, extent) => product * extent, 1)
        const shape = x.shape.length === 4 || count % 2 !== 0 ? [0, count] : [0, 2, 1, count / 2]
        push(g.apply1(reshapeOp(x, { shape, allowZero: false }), [x]), 1)
        break
      }
      default:
        op satisfies never
    }
  }
  const results = live.filter((tensor, i) => !read.has(tensor) || (i + seed) % 4 === 0)
  const graph = g.finish(results.map((tensor, i) => ({ name: `y${i}`, tensor })))
  const count = fixed(first.shape).reduce((product, extent) => product * extent, 1)
  return { graph, sizes, inputs: new Map([['x', integers(count, seed)]]) }
}

/** Whether shapes agree before sizes are known too, so that a broadcast of the two is legal. */
function sameForm(a: Tensor, b: Tensor): boolean {
  return a.shape.length === b.shape.length && a.shape.every((extent, d) => typeof extent === typeof b.shape[d])
}
