import {
  type Buffer,
  buffer,
  type Candidate,
  definition,
  type Expr,
  elementCount,
  evaluateSize,
  isRejection,
  load,
  matmul,
  type Problem,
  type ScheduleTemplate,
  type SizeExpr,
  size,
} from '@tilewright/ir'
import { evaluateDefinition, runKernelAllWays } from '@tilewright/simulator'
import { propertyRuns, testTarget as target } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { registerTiledMatmul } from './register-tiled.js'
import { workgroupTiledMatmul } from './workgroup-tiled.js'

interface Shape {
  readonly batch: number
  readonly m: number
  readonly n: number
  readonly k: number
  readonly transA: boolean
  readonly transB: boolean
  /** Whether sizes reach the kernel as parameters of the run. */
  readonly symbolic: boolean
}

const shapes = fc.record({
  batch: fc.integer({ min: 0, max: 2 }),
  m: fc.integer({ min: 0, max: 19 }),
  n: fc.integer({ min: 0, max: 19 }),
  k: fc.integer({ min: 0, max: 19 }),
  transA: fc.boolean(),
  transB: fc.boolean(),
  symbolic: fc.boolean(),
})

/** A candidate of the template's space, small enough to simulate. */
function candidates<C extends Candidate>(template: ScheduleTemplate<C>, limits: Partial<Record<keyof C, number>>) {
  const fields = Object.fromEntries(
    Object.entries(template.space).map(([name, values]) => [
      name,
      fc.constantFrom(
        ...values.filter((value: number | boolean) => Number(value) <= (limits[name] ?? Number.POSITIVE_INFINITY)),
      ),
    ]),
  )
  return fc.record(fields) as fc.Arbitrary<C> // one field a parameter, from the space itself
}

function problemOf(shape: Shape) {
  const extent = (name: string, value: number): SizeExpr => (shape.symbolic ? size(name) : value)
  const [m, n, k] = [extent('m', shape.m), extent('n', shape.n), extent('k', shape.k)]
  const a = buffer('a', 'f32', shape.transA ? [shape.batch, k, m] : [shape.batch, m, k], 'storage')
  const b = buffer('b', 'f32', shape.transB ? [n, k] : [k, n], 'storage')
  const c = buffer('c', 'f32', [shape.batch, m, n], 'storage')
  const anchor = matmul(
    c,
    k,
    ([batch], i, kk): Expr => load(a, shape.transA ? [batch!, kk, i] : [batch!, i, kk]),
    (_, kk, j) => load(b, shape.transB ? [j, kk] : [kk, j]),
  )
  const problem: Problem = { anchor, computed: new Set<Buffer>() }
  const integers = (count: number, seed: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => ((i * 7 + seed) % 5) - 2)
  const inputs = new Map([
    [a, integers(shape.batch * shape.m * shape.k, 1)],
    [b, integers(shape.k * shape.n, 3)],
  ])
  return { problem, a, b, c, inputs, sizes: { m: shape.m, n: shape.n, k: shape.k } }
}

function expectByDefinition<C extends Candidate>(template: ScheduleTemplate<C>, candidate: C, shape: Shape): void {
  const { problem, a, b, c, inputs, sizes } = problemOf(shape)
  const meaning = definition('matmul', [a, b], [c], [problem.anchor])
  const expected = evaluateDefinition(meaning, inputs, sizes).get(c)
  const out = new Float32Array(shape.batch * shape.m * shape.n).fill(Number.NaN)
  const { kernels, workspaces } = template.build(candidate, problem, target)
  const parts = workspaces.map((one): [Buffer, Float32Array] => {
    const elements = evaluateSize(elementCount(one.shape), sizes)
    return [one, new Float32Array(elements).fill(Number.NaN)]
  })
  const all = new Map([...inputs, [c, out], ...parts])
  for (const kernel of kernels) {
    const buffers = new Map([...all].filter(([buffer]) => kernel.params.includes(buffer)))
    runKernelAllWays(kernel, { buffers, sizes })
  }
  expect(out).toEqual(expected)
}

describe('matmul/register-tiled', () => {
  test('is the definition, at every size, layout and candidate', () => {
    const small = candidates(registerTiledMatmul, { threadsM: 8, threadsN: 8, step: 4, ownM: 4, ownN: 4 })
    fc.assert(
      fc.property(small, shapes, (candidate, shape) => {
        fc.pre(registerTiledMatmul.check(candidate, problemOf(shape).problem, target) === undefined)
        expectByDefinition(registerTiledMatmul, candidate, shape)
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('has a legal candidate for every size', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { problem } = problemOf(shape)
        const candidate = registerTiledMatmul.level0(problem, target)
        expect(isRejection(candidate) ? candidate.reason : undefined).toBeUndefined()
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('refuses what the target cannot run, with a reason', () => {
    const { problem } = problemOf({ batch: 1, m: 4, n: 4, k: 4, transA: false, transB: false, symbolic: false })
    const single = { ...target, limits: { ...target.limits, threads: 1 } }
    const wide = { threadsM: 8, threadsN: 8, ownM: 4, ownN: 4, step: 4 }
    expect(registerTiledMatmul.check(wide, problem, single)).toEqual({ reason: '64 threads; the target allows 1' })
    expect(registerTiledMatmul.level0(problem, single)).toMatchObject({ threadsM: 1, threadsN: 1 })
    const greedy = { threadsM: 8, threadsN: 8, ownM: 8, ownN: 8, step: 8 }
    expect(registerTiledMatmul.check(greedy, problem, target)).toEqual({
      reason: '192 registers a thread; every device has 128',
    })
  })
})

describe('matmul/workgroup-tiled', () => {
  test('is the definition, at every size, layout and candidate', () => {
    const small = candidates(workgroupTiledMatmul, { threadsM: 4, threadsN: 8, ownM: 4, ownN: 4, tileK: 8 })
    fc.assert(
      fc.property(small, shapes, (candidate, shape) => {
        fc.pre(workgroupTiledMatmul.check(candidate, problemOf(shape).problem, target) === undefined)
        expectByDefinition(workgroupTiledMatmul, candidate, shape)
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('refuses tiles that do not fit, with a reason', () => {
    const { problem } = problemOf({ batch: 1, m: 99, n: 99, k: 9, transA: false, transB: false, symbolic: false })
    const tight = { ...target, limits: { ...target.limits, workgroupBytes: 4096 } }
    const candidate = { threadsM: 8, threadsN: 8, ownM: 8, ownN: 8, tileK: 8, splits: 1 }
    expect(workgroupTiledMatmul.check(candidate, problem, tight)).toEqual({
      reason: '8192 B of workgroup memory; the target allows 4096',
    })
  })
})
