import { cuda, hopperTarget as target } from '@tilewright/backend-cuda'
import {
  type Buffer,
  buffer,
  definition,
  type Expr,
  type HalfDType,
  load,
  matmul,
  type Problem,
  type ScheduleTemplate,
  type SizeExpr,
  size,
  walkStmts,
} from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import {
  evaluateDefinition,
  numberToBfloat,
  numberToHalf,
  runKernelAllWays,
  type TypedArray,
} from '@tilewright/simulator'
import { propertyRuns, testTarget } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refinementsOf, templateOf } from '../resolve.js'
import { asyncMultiplyMatmul } from './async-multiply.js'
import { type ClusterCandidate, producerConsumerMatmul } from './producer-consumer.js'
import type { TileCandidate } from './tile-products.js'

interface Shape {
  readonly dtype: HalfDType
  /** 0: the factors have no such dimension. */
  readonly batch: number
  readonly m: number
  readonly n: number
  readonly k: number
  readonly transA: boolean
  readonly transB: boolean
  readonly symbolic: boolean
  /** Which operands have a prologue. */
  readonly computed: readonly boolean[]
}

// Multiples of 8 go through copies of 16 bytes, of 2 through those of 4, odd ones through registers.
const extent = fc.oneof(fc.constantFrom(0, 1, 8, 64, 72), fc.integer({ min: 1, max: 72 }))
const depth = fc.oneof(fc.constantFrom(0, 1, 64, 192), fc.integer({ min: 1, max: 136 }))
const shapes: fc.Arbitrary<Shape> = fc.record({
  dtype: fc.constantFrom('f16', 'bf16'),
  batch: fc.constantFrom(0, 0, 1, 2),
  m: extent,
  n: extent,
  k: depth,
  transA: fc.boolean(),
  transB: fc.boolean(),
  symbolic: fc.boolean(),
  computed: fc.tuple(fc.boolean(), fc.boolean()),
})
/** Those of which boxes can be copied. */
const eights = (most: number) => fc.integer({ min: 0, max: most / 8 }).map((count) => 8 * count)
const boxedShapes: fc.Arbitrary<Shape> = fc.record({
  dtype: fc.constantFrom('f16', 'bf16'),
  batch: fc.integer({ min: 0, max: 2 }),
  m: eights(72),
  n: eights(72),
  k: eights(200),
  transA: fc.constant(false),
  transB: fc.boolean(),
  symbolic: fc.boolean(),
  computed: fc.constant([false, false]),
})
const candidates: fc.Arbitrary<ClusterCandidate> = fc.record({
  groups: fc.constantFrom(1, 1, 1, 2),
  tilesM: fc.constantFrom(1, 1, 1, 2),
  columns: fc.constantFrom(64, 64, 64, 128),
  stages: fc.constantFrom(2, 3, 4),
  splits: fc.constantFrom(1, 2),
  cluster: fc.constantFrom(1, 2),
})

function problemOf(shape: Shape) {
  const dimension = (name: string, value: number): SizeExpr => {
    const multipleOf = [8, 4, 2].find((by) => value % by === 0 && value > 0) ?? 1
    return shape.symbolic ? size(name, { multipleOf }) : value
  }
  const [m, n, k] = [dimension('m', shape.m), dimension('n', shape.n), dimension('k', shape.k)]
  const batches = shape.batch === 0 ? [] : [shape.batch]
  const a = buffer('a', shape.dtype, shape.transA ? [...batches, k, m] : [...batches, m, k], 'storage')
  const b = buffer('b', shape.dtype, shape.transB ? [n, k] : [k, n], 'storage')
  const c = buffer('c', 'f32', [...batches, m, n], 'storage')
  const anchor = matmul(
    c,
    k,
    (batch, i, kk): Expr => load(a, shape.transA ? [...batch, kk, i] : [...batch, i, kk]),
    (_, kk, j) => load(b, shape.transB ? [j, kk] : [kk, j]),
  )
  const problem: Problem = { anchor, computed: new Set<Buffer>([a, b].filter((_, i) => shape.computed[i])) }
  return { problem, a, b, c, sizes: { m: shape.m, n: shape.n, k: shape.k } }
}

function inputsOf(shape: Shape, a: Buffer, b: Buffer): Map<Buffer, TypedArray> {
  const toBits = shape.dtype === 'f16' ? numberToHalf : numberToBfloat
  const halves = (count: number, seed: number): Uint16Array =>
    Uint16Array.from({ length: count }, (_, i) => toBits(((i * 7 + seed) % 5) - 2))
  return new Map<Buffer, TypedArray>([
    [a, halves(Math.max(1, shape.batch) * shape.m * shape.k, 1)],
    [b, halves(shape.k * shape.n, 3)],
  ])
}

type Template = Pick<ScheduleTemplate<ClusterCandidate>, 'name' | 'check' | 'build'> &
  Pick<ScheduleTemplate<TileCandidate>, 'level0'>

/** What the template computes is what the anchor says; sums of small integers are exact in any order. */
function expectDefinition(template: Template, candidate: ClusterCandidate, shape: Shape, lowered: boolean): void {
  const { problem, a, b, c, sizes } = problemOf(shape)
  const inputs = inputsOf(shape, a, b)
  const meaning = definition('matmul', [a, b], [c], [problem.anchor])
  const expected = evaluateDefinition(meaning, inputs, sizes).get(c)
  const count = Math.max(1, shape.batch) * shape.m * shape.n
  const out = new Float32Array(count).fill(Number.NaN)
  const { kernels, workspaces } = template.build(candidate, problem, target)
  const parts = workspaces.map((one): [Buffer, TypedArray] => [
    one,
    new Float32Array(count * candidate.splits).fill(Number.NaN),
  ])
  const contents = new Map<Buffer, TypedArray>([...inputs, [c, out], ...parts])
  for (const built of kernels) {
    const kernel = lowered ? runPipeline(built, cuda().pipeline(target)) : built
    const buffers = new Map(built.params.map((param, i) => [kernel.params[i]!, contents.get(param)!]))
    runKernelAllWays(kernel, { buffers, sizes })
  }
  expect(out).toEqual(expected)
}

const plain: Shape = {
  ...{ dtype: 'f16', batch: 0, m: 64, n: 64, k: 320, transA: false, transB: false },
  ...{ symbolic: false, computed: [false, false] },
}
/** As few threads, registers and bytes as there can be. */
const small: ClusterCandidate = { groups: 1, tilesM: 1, columns: 64, stages: 3, splits: 1, cluster: 1 }

const templates: readonly (readonly [Template, fc.Arbitrary<Shape>])[] = [
  [asyncMultiplyMatmul, shapes],
  [producerConsumerMatmul, boxedShapes],
]

describe.each(templates.map(([template, own]) => [template.name, template, own] as const))('%s', (_, template, own) => {
  test('is the definition, at every size, layout and candidate, as built and lowered', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(candidates, own, fc.boolean(), (candidate, shape, lowered) => {
        fc.pre(template.check(candidate, problemOf(shape).problem, target) === undefined)
        expectDefinition(template, candidate, shape, lowered)
      }),
      { numRuns: Math.ceil(propertyRuns() / 40) },
    )
  })

  test.each([
    ['as they are', {}],
    ['of bf16', { dtype: 'bf16' }],
    ['of no depth', { k: 0 }],
    ['transposed', { transA: true, transB: true }],
    ['in batches, one of them transposed', { batch: 2, transB: true }],
  ] as const)('a ring of stages that turns around, factors %s', (_, layout) => {
    expectDefinition(template, small, { ...plain, ...layout }, true)
  })

  test('a target without tile instructions has none', () => {
    expect(template.level0(problemOf(plain).problem, testTarget)).toEqual({
      reason: expect.stringMatching(/^the target multiplies no tiles of \d+ columns of f16 on its own$/),
    })
  })

  test('refuses what does not fill a tile', () => {
    expect(template.level0(problemOf({ ...plain, m: 63 }).problem, target)).toEqual({
      reason: 'a 63×64 result does not fill a tile',
    })
  })
})

describe('matmul/async-multiply', () => {
  test('computes factors in registers', () => {
    expectDefinition(asyncMultiplyMatmul, small, { ...plain, computed: [true, true] }, true)
  })

  test('copies what is memory, and has a product wait for the one before alone', () => {
    const { kernels } = asyncMultiplyMatmul.build(small, problemOf(plain).problem, target)
    const [copies, waits] = [new Set<number>(), new Set<number>()]
    walkStmts(kernels[0]!.body, (stmt) => {
      if (stmt.kind === 'async-copy') copies.add(stmt.elements)
      if (stmt.kind === 'async-multiply-wait') waits.add(stmt.pending)
    })
    expect([...copies]).toEqual([8])
    expect([...waits]).toEqual([1, 0])
  })

  test('at level 0 takes tiles that leave no processor idle, and refuses what does not fill one', () => {
    const level0 = (shape: Partial<Shape>) =>
      asyncMultiplyMatmul.level0(problemOf({ ...plain, ...shape }).problem, { ...target, parallelWorkgroups: 132 })
    expect(level0({ m: 4096, n: 4096, k: 4096 })).toEqual({ groups: 2, tilesM: 1, columns: 256, stages: 4, splits: 1 })
    expect(level0({ m: 2048, n: 1024 })).toMatchObject({ groups: 1, columns: 128, splits: 1 })
    expect(level0({ m: 512, n: 512, k: 4096 })).toMatchObject({ groups: 1, columns: 64, splits: 2 })
  })
})

describe('matmul/producer-consumer', () => {
  const problem = (shape: Partial<Shape>): Problem => problemOf({ ...plain, ...shape }).problem

  test('copies boxes: one along k, one for every 64 elements along the own axes', () => {
    const boxes = (shape: Partial<Shape>): readonly (readonly number[])[] => {
      const found: (readonly number[])[] = []
      const { kernels } = producerConsumerMatmul.build({ ...small, columns: 128 }, problem(shape), target)
      walkStmts(kernels[0]!.body, (stmt) => {
        if (stmt.kind === 'tile-copy') found.push(stmt.box)
      })
      return found
    }
    expect(boxes({ transB: true })).toEqual([
      [64, 64],
      [128, 64],
    ])
    expect(boxes({ transB: false })).toEqual([
      [64, 64],
      [64, 64],
      [64, 64],
    ])
  })

  test.each<readonly [string, Partial<ClusterCandidate>, Partial<Shape>]>([
    ['right factor, along k', {}, { m: 72, k: 200, transB: true }],
    ['right factor, along its own axis, of sizes that a run decides', {}, { m: 72, k: 200, symbolic: true }],
    ['left factor, along k, in two parts', { groups: 2, splits: 2 }, { n: 72, k: 328 }],
    ['left factor, along its own axis', { groups: 2 }, { n: 72, k: 136, transA: true }],
  ])('clusters share tiles of the %s', (_, changes, shape) => {
    expectDefinition(
      producerConsumerMatmul,
      { ...small, stages: 2, cluster: 2, ...changes },
      { ...plain, ...shape },
      true,
    )
  })

  test('of a cluster each workgroup copies half of the larger tile to both, and neighbours differ along the other axis', () => {
    const built = (changes: Partial<ClusterCandidate>) => {
      const candidate = { ...small, cluster: 2, ...changes }
      const { kernels } = producerConsumerMatmul.build(candidate, problem({ m: 192, n: 320, transB: true }), target)
      const copies: (readonly [string, boolean, readonly number[]])[] = []
      walkStmts(kernels[0]!.body, (stmt) => {
        if (stmt.kind === 'tile-copy') copies.push([stmt.source.hint, stmt.multicast, stmt.box])
      })
      const { workgroups, cluster } = kernels[0]!
      return { copies, workgroups, cluster }
    }
    // 3 tiles along m, rounded up, and 3 along n.
    expect(built({ columns: 128 })).toEqual({
      copies: [
        ['a', false, [64, 64]],
        ['b', true, [64, 64]],
      ],
      ...{ workgroups: [4, 3, 1], cluster: 2 },
    })
    // 5 along n, rounded up, and 2 along m.
    expect(built({ groups: 2 })).toEqual({
      copies: [
        ['a', true, [64, 64]],
        ['b', false, [64, 64]],
      ],
      ...{ workgroups: [6, 2, 1], cluster: 2 },
    })
  })

  test('clusters are this CUDA C++', async () => {
    const { kernels } = producerConsumerMatmul.build(
      { ...small, cluster: 2 },
      problem({ m: 512, n: 512, k: 512 }),
      target,
    )
    const { source } = cuda().emit(runPipeline(kernels[0]!, cuda().pipeline(target))).pipeline
    await expect(source).toMatchFileSnapshot('../../../backend-cuda/goldens/sm_90a/matmul-cluster-512.cu')
  })

  test('a target without clusters has none', () => {
    const alone = { ...target, limits: { ...target.limits, clusterWorkgroups: 1 } }
    expect(producerConsumerMatmul.check({ ...small, cluster: 2 }, problem({}), alone)).toEqual({
      reason: 'clusters of 2 workgroups; the target allows 1',
    })
  })

  test('refuses factors of which no box can be copied: computed ones, and rows that do not lie at 16 bytes', () => {
    const refused = (shape: Partial<Shape>) => producerConsumerMatmul.level0(problem(shape), target)
    expect(refused({ computed: [false, true] })).toEqual({
      reason: 'the right factor is no tensor of which boxes can be copied',
    })
    expect(refused({ k: 324 })).toEqual({ reason: 'the left factor is no tensor of which boxes can be copied' })
    expect(refused({ k: 320, n: 68 })).toEqual({ reason: 'the right factor is no tensor of which boxes can be copied' })
  })

  test('at level 0 takes tiles that leave no processor idle', () => {
    const level0 = (shape: Partial<Shape>) =>
      producerConsumerMatmul.level0(problem(shape), { ...target, parallelWorkgroups: 132 })
    const large = { groups: 2, tilesM: 1, columns: 256, stages: 4, splits: 1, cluster: 1 }
    expect(level0({ m: 4096, n: 4096, k: 4096 })).toEqual(large)
    expect(level0({ m: 512, n: 512, k: 4096 })).toMatchObject({ groups: 1, columns: 64, stages: 8, splits: 2 })
  })
})

test('lengths that only a run knows are tried as multiples of a chunk: of those, boxes can be copied', () => {
  const shape = { dtype: 'f16', batch: 0, transA: false, transB: false, symbolic: true, computed: [] } as const
  const { problem, a, b } = problemOf({ ...shape, m: 513, n: 1021, k: 1021 })
  expect(templateOf(problem, target)).toBe(asyncMultiplyMatmul)
  const refinements = refinementsOf(problem, target)
  expect(refinements).toEqual([
    { param: a.shape[0], facts: { max: 4 } },
    { param: b.shape[1], facts: { multipleOf: 8 } },
    { param: a.shape[1], facts: { multipleOf: 8 } },
  ])
  const whole = problemOf({ ...shape, m: 513, n: 1024, k: 1024 }).problem
  expect(templateOf(whole, target)).toBe(producerConsumerMatmul)
})
