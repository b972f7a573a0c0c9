import {
  add,
  type Buffer,
  binary,
  buffer,
  constant,
  type Kernel,
  load,
  mul,
  type Problem,
  type Reduce,
  reduce,
  rewriteStmts,
  type SizeExpr,
  select,
  seq,
  size,
} from '@tilewright/ir'
import { loweringPasses, runPipeline } from '@tilewright/passes'
import { byDefinition, propertyRuns, runScheduled, testTarget as target, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reduceCooperative } from './cooperative.js'
import { reduceInThread } from './in-thread.js'

interface Shape {
  readonly shape: readonly [number, number, number]
  readonly over: readonly number[]
  readonly symbolic: boolean
}

const extent = fc.constantFrom(0, 1, 3, 4, 5, 8)
const shapes: fc.Arbitrary<Shape> = fc.record({
  shape: fc.tuple(extent, extent, extent),
  over: fc.constantFrom([2], [1], [0], [1, 2], [0, 2], [0, 1, 2]),
  symbolic: fc.boolean(),
})

/** The sum and the maximum of x over some dimensions, as one state of two; or the first of the maxima and its place. */
function folded({ shape, over, symbolic }: Shape, commutative: boolean) {
  const multipleOf = (value: number): number => (value % 4 === 0 ? 4 : 1)
  const extents = shape.map(
    (value, d): SizeExpr => (symbolic ? size('abc'.charAt(d), { multipleOf: multipleOf(value) }) : value),
  )
  const x = buffer('x', 'f32', extents, 'storage')
  const kept = extents.filter((_, d) => !over.includes(d))
  const outputs = [
    buffer('first', 'f32', kept, 'storage'),
    buffer('second', commutative ? 'f32' : 'i32', kept, 'storage'),
  ]
  const anchor = reduce({
    outputs,
    domain: over.map((d) => ({ hint: `k${d}`, extent: extents[d]! })),
    identity: [
      constant('f32', commutative ? 0 : Number.NEGATIVE_INFINITY),
      commutative ? constant('f32', Number.NEGATIVE_INFINITY) : constant('i32', -1),
    ],
    value: (axes, domain) => {
      const rest = [...axes]
      const index = extents.map((_, d) => (over.includes(d) ? domain[over.indexOf(d)]! : rest.shift()!))
      const element = load(x, index)
      return commutative ? [mul(element, constant('f32', 2)), element] : [element, domain[0]!]
    },
    combine: ([a, p], [b, q]) => {
      if (commutative) return [add(a!, b!), binary('max', p!, q!)]
      return [select(binary('lt', a!, b!), b!, a!), select(binary('lt', a!, b!), q!, p!)]
    },
    commutative,
  })
  const count = shape.reduce((product, value) => product * value, 1)
  const inputs = new Map<Buffer, Float32Array>([[x, Float32Array.from({ length: count }, (_, i) => ((i * 7) % 9) - 4)]])
  return { anchor, inputs, sizes: { a: shape[0], b: shape[1], c: shape[2] } }
}

const problemOf = (anchor: Reduce): Problem => ({ anchor, computed: new Set() })
const lower = (kernel: Kernel): Kernel => runPipeline(kernel, loweringPasses(target))

describe('reduce/in-thread', () => {
  test('is the definition, at every size, candidate, layout and order', { timeout: 120_000 }, () => {
    const candidates = fc.record({
      threads: fc.constantFrom(1, 4),
      own: fc.constantFrom(1, 2, 4),
      step: fc.constantFrom(1, 4, 8),
    })
    fc.assert(
      fc.property(candidates, shapes, fc.boolean(), (candidate, shape, commutative) => {
        const { anchor, ...data } = folded(shape, commutative)
        fc.pre(reduceInThread.check(candidate, problemOf(anchor), target) === undefined)
        const scheduled = reduceInThread.build(candidate, problemOf(anchor), target)
        const expected = byDefinition(anchor, data.inputs, data.sizes)
        expect(runScheduled({ anchor, scheduled, ...data })).toEqual(expected)
        expect(runScheduled({ anchor, scheduled, ...data, lower })).toEqual(expected)
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('reads along a contiguous domain, and across results that lie side by side', () => {
    const level0 = (over: readonly number[]) =>
      reduceInThread.level0(problemOf(folded({ shape: [8, 8, 8], over, symbolic: false }, true).anchor), target)
    expect(level0([2])).toEqual({ threads: 4, own: 1, step: 4 })
    expect(level0([0])).toEqual({ threads: 4, own: 4, step: 1 })
  })
})

describe('reduce/cooperative', () => {
  test('is the definition, at every size, candidate and layout', { timeout: 120_000 }, () => {
    const candidates = fc.record({ threads: fc.constantFrom(4, 8, 16), lanes: fc.constantFrom(1, 4) })
    const subgroups = fc.constantFrom(undefined, 2, 4, 32)
    fc.assert(
      fc.property(candidates, shapes, subgroups, (candidate, shape, subgroupSize) => {
        const { anchor, ...data } = folded(shape, true)
        const scheduled = reduceCooperative.build(candidate, problemOf(anchor), { ...target, subgroupSize })
        const expected = byDefinition(anchor, data.inputs, data.sizes)
        expect(runScheduled({ anchor, scheduled, ...data })).toEqual(expected)
        expect(runScheduled({ anchor, scheduled, ...data, lower })).toEqual(expected)
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('no barrier can be left out', () => {
    const { anchor, ...data } = folded({ shape: [1, 2, 13], over: [2], symbolic: false }, true)
    const scheduled = reduceCooperative.build({ threads: 4, lanes: 1 }, problemOf(anchor), target)
    const [kernel] = scheduled.kernels
    for (const left of [0, 1, 2]) {
      let seen = 0
      const body = rewriteStmts(kernel!.body, (stmt) => (stmt.kind === 'barrier' && seen++ === left ? seq([]) : stmt))
      const without = { ...scheduled, kernels: [{ ...kernel!, body }] }
      const failure = thrownBy(() => runScheduled({ anchor, scheduled: without, ...data }))
      // After the last level only the thread that makes the result reads it.
      expect(failure).toMatchObject({ code: left === 0 ? 'sim/uninitialised-read' : 'sim/data-race' })
    }
  })

  test('is for targets with workgroup memory, long domains, and folds that commute', () => {
    const level0 = (shape: Shape['shape'], over: readonly number[], commutative = true, of = target) =>
      reduceCooperative.level0(problemOf(folded({ shape, over, symbolic: false }, commutative).anchor), of)
    expect(level0([2, 3, 1024], [2])).toEqual({ threads: 256, lanes: 4 })
    expect(level0([2, 3, 9], [2])).toEqual({ reason: '9 elements are too few to share among threads' })
    expect(level0([2, 3, 99], [2], false)).toEqual({ reason: 'a result depends on the order of the elements' })
    expect(level0([512, 128, 128], [0])).toEqual({
      reason: 'neighbouring results read neighbouring elements: a thread for each reads faster',
    })
    expect(level0([2, 3, 99], [2], true, { ...target, fastWorkgroupMemory: false })).toEqual({
      reason: 'workgroup memory is no faster than other memory here',
    })
  })
})
