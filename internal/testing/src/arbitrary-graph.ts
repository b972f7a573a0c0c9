// Random tensor graphs whose every value is a small integer, so that all orders of evaluation give the same bits. Softmax
// and normalisations, which are not exact, stand there as chains of the same structure that are.
import type { Graph } from '@tilewright/graph'
import { elementCount, evaluateSize, type SizeExpr, type SizeValues, size } from '@tilewright/ir'
import fc from 'fast-check'
import { binary, forked, gated, residual, unary } from './random-graph/arithmetic.js'
import { convolved, deconvolved, multiplied, skipped } from './random-graph/contractions.js'
import { cumulated, normalizeLike, pooled, reduced, softmaxLike } from './random-graph/folds.js'
import { growingGraph, integers, type Pick, type Step } from './random-graph/growing-graph.js'
import { blocked, expanded, joined, padded, reshaped, sliced, transposed } from './random-graph/movement.js'

/** What one run is given. */
export interface GraphRun {
  /** Values of the graph's symbolic sizes. */
  readonly sizes: SizeValues
  /** Data for each input, by name: integers in −2..2. */
  readonly inputs: ReadonlyMap<string, Float32Array>
}

export interface ArbitraryGraph {
  readonly graph: Graph
  /** The symbolic size is a prime in one, 0 or 1 in the other. */
  readonly runs: readonly [GraphRun, GraphRun]
}

const anchors: readonly Step[] = [
  convolved,
  convolved,
  deconvolved,
  multiplied,
  multiplied,
  pooled,
  reduced,
  softmaxLike,
  normalizeLike,
  cumulated,
]
const movements: readonly Step[] = [transposed, sliced, padded, expanded, reduced]
const shared: readonly Step[] = [gated, forked, residual, skipped]
const others: readonly Step[] = [
  ...anchors,
  ...movements,
  ...shared,
  joined,
  reshaped,
  blocked,
  unary,
  unary,
  binary,
  binary,
  binary,
]

interface StepRecipe {
  readonly step: Step
  /** Numbers that decide how. */
  readonly choices: readonly number[]
}

const among = (steps: readonly Step[]): fc.Arbitrary<StepRecipe> =>
  fc.record({
    step: fc.constantFrom(...steps),
    choices: fc.array(fc.nat({ max: 719 }), { minLength: 12, maxLength: 12 }),
  })

/** The first input: images, deep images, signals, sequences and matrices, `n` being the symbolic size. */
const shapes: fc.Arbitrary<readonly ('n' | number)[]> = fc.oneof(
  fc.tuple(fc.constant('n' as const), upTo(4), upTo(6), upTo(7)),
  fc.tuple(fc.constant('n' as const), fc.integer({ min: 9, max: 12 }), upTo(3), upTo(3)),
  fc.tuple(upTo(2), upTo(4), fc.constant('n' as const)),
  fc.tuple(fc.constant('n' as const), upTo(4), upTo(8)),
  fc.tuple(upTo(2), fc.constant('n' as const), upTo(8)),
  fc.tuple(fc.constant('n' as const), fc.oneof(upTo(12), fc.integer({ min: 32, max: 40 }))),
)

function upTo(max: number): fc.Arbitrary<number> {
  return fc.integer({ min: 1, max })
}

interface Recipe {
  readonly shape: readonly ('n' | number)[]
  /** What is known of the symbolic size: some templates are for large problems only. */
  readonly max: number
  readonly prime: number
  readonly small: number
  readonly steps: readonly StepRecipe[]
  /** The value that is a result although others read it; none where there are fewer. */
  readonly also: number
  readonly seed: number
}

const recipe: fc.Arbitrary<Recipe> = fc.record({
  shape: shapes,
  max: fc.constantFrom(7, 64, 64),
  prime: fc.constantFrom(2, 3, 5, 7),
  small: fc.constantFrom(0, 1),
  steps: fc
    .record({
      anchor: among(anchors),
      // A bias or an activation, as in most models.
      after: among([unary, binary]),
      movement: among(movements),
      producer: among(shared),
      order: fc.nat({ max: 5 }),
      rest: fc.array(among(others), { minLength: 1, maxLength: 3 }),
    })
    .map(({ anchor, after, movement, producer, order, rest }) => {
      const parts = order < 3 ? [[anchor, after], [movement], [producer]] : [[anchor, after], [producer], [movement]]
      return [...parts.slice(order % 3), ...parts.slice(0, order % 3), rest].flat()
    }),
  also: fc.nat({ max: 49 }),
  seed: fc.nat({ max: 4 }),
})

/**
 * Graphs with at least one anchor, one of transpose, slice, pad, broadcast and reduce, a producer with several readers,
 * and a symbolic size: a batch, a length of sequences or signals.
 */
export function arbitraryGraph(): fc.Arbitrary<ArbitraryGraph> {
  return recipe.map(graphOf)
}

/** Matrices of many rows and columns, as far as is known, and stacks of them. */
const planes: fc.Arbitrary<Recipe['shape']> = fc.oneof(
  fc.tuple(fc.constant('n' as const), fc.integer({ min: 17, max: 24 })),
  fc.tuple(upTo(2), fc.integer({ min: 16, max: 20 }), fc.constant('n' as const)),
  fc.tuple(fc.constant('n' as const), upTo(2), fc.integer({ min: 17, max: 24 })),
)

/** Graphs that transpose large planes and fold nothing: what is no neighbour of an anchor is scheduled for itself. */
export function arbitraryTransposes(): fc.Arbitrary<ArbitraryGraph> {
  const injective = [transposed, transposed, sliced, unary, binary, residual, gated]
  return fc
    .record({
      shape: planes,
      max: fc.constant(64),
      prime: fc.constantFrom(2, 5, 7, 37),
      small: fc.constantFrom(0, 1),
      steps: fc.array(among(injective), { minLength: 2, maxLength: 6 }),
      also: fc.nat({ max: 49 }),
      seed: fc.nat({ max: 4 }),
    })
    .map(graphOf)
}

function graphOf({ shape, max, prime, small, steps, also, seed }: Recipe): ArbitraryGraph {
  const g = growingGraph({ n: prime }, seed)
  const n = size('n', { max })
  const first = g.input(
    'x',
    shape.map((extent) => (extent === 'n' ? n : extent)),
  )
  let latest = first
  for (const { step, choices } of steps) {
    let used = 0
    const pick: Pick = (count) => (choices[used++ % choices.length] ?? 0) % count
    // Mostly a chain.
    const x = pick(6) === 0 ? (g.live[pick(g.live.length)] ?? latest) : latest
    latest = step(g, x, pick)
  }
  const graph = g.finish(g.live[also])
  const countOf = (extents: readonly SizeExpr[], sizes: SizeValues): number =>
    evaluateSize(elementCount(extents), sizes)
  const run = (value: number): GraphRun => {
    const sizes = { n: value }
    const data = graph.inputs.map((input) => [input.name, integers(countOf(input.shape, sizes), seed)] as const)
    return { sizes, inputs: new Map(data) }
  }
  return { graph, runs: [run(prime), run(small)] }
}
