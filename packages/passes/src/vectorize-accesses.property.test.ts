import { assertValid, buildKernel, type Kernel, type Value, walkStmts } from '@tilewright/ir'
import { runKernel } from '@tilewright/simulator'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flattenIndices } from './flatten-indices.js'
import { runPipeline } from './run-pipeline.js'
import { scalarizePrivate } from './scalarize-private.js'
import { vectorizeAccesses } from './vectorize-accesses.js'

const kinds = ['load', 'store', 'guarded-load', 'rotate', 'register', 'nested-store', 'nested-load'] as const

/** Four accesses of consecutive elements in some order, or some of them. */
interface Accesses {
  readonly kind: (typeof kinds)[number]
  readonly buffer: number
  /** Relative to 4 times a number that only the run decides. */
  readonly isRelative: boolean
  readonly vector: number
  readonly lanes: readonly number[]
  /** Which of the groups under way has the next turn. */
  readonly turns: readonly number[]
}

const seldom = <T>(usual: T, other: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, fc.constant(other))

const accesses: fc.Arbitrary<Accesses> = fc.record({
  kind: fc.constantFrom('load', 'load', 'store', 'store', ...kinds),
  buffer: seldom(0, 1),
  isRelative: seldom(false, true),
  vector: seldom(0, 1),
  lanes: fc.oneof(
    { weight: 6, arbitrary: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }) },
    { weight: 1, arbitrary: fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }) },
  ),
  turns: fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }),
})

/** One thread that does the accesses, groups interleaved, and shows everything it has loaded. */
function straightLine(groups: readonly Accesses[]): Kernel {
  return buildKernel({ name: 'line', threads: 1, workgroups: [1, 1, 1] }, (g) => {
    const memory = [g.param('a', 'f32', [12]), g.param('b', 'f32', [12])]
    const given = g.param('given', 'i32', [1])
    const seen = g.param('seen', 'f32', [64])
    const register = g.privateBuffer('register', 'f32', [])
    register.set([], 1)
    const unknown = g.let('unknown', given.at(0))
    const loaded: Value[] = []
    let count = 0
    const step = ({ kind, buffer, isRelative, vector }: Accesses, lane: number): void => {
      const target = memory[buffer]!
      const at = (lane: number): Value => (isRelative ? unknown.mul(4) : g.size(0)).add(vector * 4 + lane)
      count++
      switch (kind) {
        case 'load':
          loaded.push(g.let('v', target.at(at(lane)).add(1)))
          return
        case 'guarded-load':
          loaded.push(g.let('v', unknown.lt(1).select(target.at(at(lane)), 0)))
          return
        case 'register':
          register.set([], count)
          return
        case 'store':
          target.set([at(lane)], count % 2 === 0 ? register.at() : (loaded.at(-1) ?? register.at()).add(count))
          return
        case 'rotate':
          target.set([at(lane)], target.at(at((lane + 1) % 4)))
          return
        case 'nested-store':
          g.if(unknown.lt(1), () => {
            for (const each of [0, 1, 2, 3]) target.set([at(each)], count)
          })
          return
        case 'nested-load':
          g.loop('k', 1, (k) => seen.set([k.add(count)], target.at(at(lane))))
          return
      }
    }
    const waiting = groups.map((group) => group.lanes.map((lane, i) => ({ group, lane, turn: group.turns[i] ?? 0 })))
    for (let queue = waiting; queue.length > 0; queue = queue.filter((left) => left.length > 0)) {
      const turn = queue[0]?.[0]?.turn ?? 0
      const next = queue[turn % Math.min(3, queue.length)]?.shift()
      if (next !== undefined) step(next.group, next.lane)
    }
    for (const [i, value] of loaded.entries()) seen.set([32 + i], value)
  })
}

function results(kernel: Kernel, given: number): readonly (Float32Array | Int32Array)[] {
  const arrays = kernel.params.map((param, i) => {
    const length = Number(param.shape[0])
    if (param.dtype === 'i32') return new Int32Array(length).fill(given)
    return Float32Array.from({ length }, (_, at) => (param.hint === 'seen' ? 0 : at + 100 * i))
  })
  runKernel(kernel, { buffers: new Map(kernel.params.map((param, i) => [param, arrays[i]!])) })
  return arrays
}

/** Many kernels are simulated where CI asks for many runs. */
const timeout = 120_000

test('vectors see and leave the memory that scalars do, however accesses are interleaved', { timeout }, () => {
  let vectors = 0
  fc.assert(
    fc.property(
      fc.array(accesses, { minLength: 2, maxLength: 8 }),
      fc.boolean(),
      fc.nat(1),
      (groups, scalarize, given) => {
        const kernel = straightLine(groups)
        const passes = [flattenIndices, ...(scalarize ? [scalarizePrivate] : []), vectorizeAccesses({ lanes: 4 })]
        const vectorized = runPipeline(kernel, passes)
        assertValid(vectorized)
        walkStmts(vectorized.body, (stmt) => {
          if (stmt.kind === 'load-vector' || stmt.kind === 'store-vector') vectors++
        })
        expect(results(vectorized, given)).toEqual(results(kernel, given))
      },
    ),
    { numRuns: propertyRuns() },
  )
  expect(vectors).toBeGreaterThan(propertyRuns() / 2)
})
