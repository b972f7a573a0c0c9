import {
  add,
  type Buffer,
  buffer,
  type Expr,
  type Kernel,
  load,
  mul,
  type Problem,
  type Rows,
  rewriteStmts,
  rows,
  type SizeExpr,
  seq,
  size,
  sub,
  variable,
} from '@tilewright/ir'
import { loweringPasses, runPipeline } from '@tilewright/passes'
import type { TypedArray } from '@tilewright/simulator'
import { byDefinition, propertyRuns, rowStage, runScheduled, testTarget as target, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RowsCooperative, rowsCooperative } from './cooperative.js'
import { type RowsInThread, rowsInThread } from './in-thread.js'

interface Shape {
  readonly shape: readonly [number, number, number]
  readonly along: readonly number[]
  /** Whether sizes reach the kernel as parameters of the run. */
  readonly symbolic: boolean
}

const extent = fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 13)
const shapes: fc.Arbitrary<Shape> = fc.record({
  shape: fc.tuple(extent, extent, extent),
  along: fc.constantFrom([2], [1], [0], [1, 2], [0, 2], [0, 1, 2]),
  symbolic: fc.boolean(),
})

/** y = (x − max x) · w + Σ (x − max x) · v: whole numbers, so that regrouping a sum does not show. */
function shifted({ shape, along, symbolic }: Shape) {
  const names = ['a', 'b', 'c']
  const multipleOf = (value: number): number => (value % 4 === 0 ? 4 : 1)
  const extents = shape.map(
    (value, d): SizeExpr => (symbolic ? size(names[d]!, { multipleOf: multipleOf(value) }) : value),
  )
  const storage = (hint: string): Buffer => buffer(hint, 'f32', extents, 'storage')
  const [x, w, v, y] = [storage('x'), storage('w'), buffer('v', 'f32', extents.slice(2), 'storage'), storage('y')]
  const axes = extents.map((_, d) => variable(`i${d}`))
  const own = (of: Buffer): Expr => load(of, axes)
  const peak = rowStage('peak', 'max', own(x))
  const offset = sub(own(x), peak.result)
  const total = rowStage('total', 'add', mul(offset, load(v, axes.slice(2))))
  const anchor = rows(y, axes, along, [peak, total], add(mul(offset, own(w)), total.result))
  const count = shape.reduce((product, value) => product * value, 1)
  const integers = (length: number, seed: number): Float32Array =>
    Float32Array.from({ length }, (_, i) => ((i * 7 + seed * i * i) % 9) - 4)
  const inputs = new Map<Buffer, TypedArray>([
    [x, integers(count, 1)],
    [w, integers(count, 2)],
    [v, integers(shape[2], 3)],
  ])
  return { anchor, inputs, sizes: { a: shape[0], b: shape[1], c: shape[2] } }
}

const problemOf = (anchor: Rows): Problem => ({ anchor, computed: new Set() })
const lower = (kernel: Kernel): Kernel => runPipeline(kernel, loweringPasses(target))

describe('rows/in-thread', () => {
  const candidates: fc.Arbitrary<RowsInThread> = fc.record({
    threads: fc.constantFrom(1, 4, 8),
    own: fc.constantFrom(1, 2, 4),
    step: fc.constantFrom(1, 4, 8),
  })

  test('is the definition, at every size, candidate and layout, before and after lowering', {
    timeout: 120_000,
  }, () => {
    fc.assert(
      fc.property(candidates, shapes, (candidate, shape) => {
        const { anchor, ...data } = shifted(shape)
        fc.pre(rowsInThread.check(candidate, problemOf(anchor), target) === undefined)
        const scheduled = rowsInThread.build(candidate, problemOf(anchor), target)
        const expected = byDefinition(anchor, data.inputs, data.sizes)
        expect(runScheduled({ anchor, scheduled, ...data })).toEqual(expected)
        expect(runScheduled({ anchor, scheduled, ...data, lower })).toEqual(expected)
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('reads along contiguous rows, and across those that lie side by side', () => {
    const own = (along: readonly number[]) =>
      rowsInThread.level0(problemOf(shifted({ shape: [8, 13, 8], along, symbolic: false }).anchor), target)
    expect(own([2])).toEqual({ threads: 4, own: 1, step: 4 })
    expect(own([1])).toEqual({ threads: 4, own: 4, step: 1 })
  })

  test('refuses rows that do not come in groups, with a reason', () => {
    const { anchor } = shifted({ shape: [2, 3, 5], along: [1], symbolic: false })
    expect(rowsInThread.check({ threads: 4, own: 4, step: 1 }, problemOf(anchor), target)).toEqual({
      reason: '4 rows a thread do not divide the last dimension of the rows',
    })
  })
})

describe('rows/cooperative', () => {
  const candidates: fc.Arbitrary<RowsCooperative> = fc.record({
    threads: fc.constantFrom(4, 8, 16),
    lanes: fc.constantFrom(1, 2, 4),
    keep: fc.boolean(),
  })
  const subgroups = fc.constantFrom(undefined, 2, 4, 32)

  test('is the definition, at every size, candidate and layout, before and after lowering', {
    timeout: 120_000,
  }, () => {
    fc.assert(
      fc.property(candidates, shapes, subgroups, (candidate, shape, subgroupSize) => {
        const { anchor, ...data } = shifted(shape)
        const on = { ...target, subgroupSize }
        fc.pre(rowsCooperative.check(candidate, problemOf(anchor), on) === undefined)
        const scheduled = rowsCooperative.build(candidate, problemOf(anchor), on)
        const expected = byDefinition(anchor, data.inputs, data.sizes)
        expect(runScheduled({ anchor, scheduled, ...data })).toEqual(expected)
        expect(runScheduled({ anchor, scheduled, ...data, lower })).toEqual(expected)
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('no barrier can be left out', () => {
    const { anchor, ...data } = shifted({ shape: [1, 2, 13], along: [2], symbolic: false })
    const scheduled = rowsCooperative.build({ threads: 4, lanes: 1, keep: true }, problemOf(anchor), target)
    const [kernel] = scheduled.kernels
    let barriers = 0
    rewriteStmts(kernel!.body, (stmt) => {
      barriers += stmt.kind === 'barrier' ? 1 : 0
      return stmt
    })
    // One before the tree, one after each of its levels, for both stages.
    expect(barriers).toBe(6)
    for (let left = 0; left < barriers; left++) {
      let seen = 0
      const body = rewriteStmts(kernel!.body, (stmt) => (stmt.kind === 'barrier' && seen++ === left ? seq([]) : stmt))
      const without = { ...scheduled, kernels: [{ ...kernel!, body }] }
      const failure = thrownBy(() => runScheduled({ anchor, scheduled: without, ...data }))
      expect(failure).toMatchObject({ code: left === 0 || left === 3 ? 'sim/uninitialised-read' : 'sim/data-race' })
    }
  })

  test('is for targets with workgroup memory, rows long enough, and folds that commute', () => {
    const level0 = (shape: Shape['shape'], along: readonly number[], of = target) =>
      rowsCooperative.level0(problemOf(shifted({ shape, along, symbolic: false }).anchor), of)
    expect(level0([2, 3, 1024], [2])).toEqual({ threads: 256, lanes: 4, keep: true })
    expect(level0([2, 3, 100_000], [2])).toEqual({ threads: 256, lanes: 4, keep: false })
    expect(level0([2, 3, 13], [2])).toEqual({ reason: 'rows of 13 elements are too short to share among threads' })
    expect(level0([2, 64, 64], [1])).toEqual({
      reason: 'neighbouring rows lie side by side in memory: a thread for each reads faster',
    })
    expect(level0([2, 3, 1024], [2], { ...target, fastWorkgroupMemory: false })).toEqual({
      reason: 'workgroup memory is no faster than other memory here',
    })
    // Nothing is read twice; still the text of a long row would be long.
    const { output, axes, along, stages } = shifted({ shape: [2, 3, 100_000], along: [2], symbolic: false }).anchor
    const once = rows(output, axes, along, stages.slice(0, 1), stages[0]!.results[0]!)
    expect(rowsCooperative.level0(problemOf(once), target)).toEqual({ threads: 256, lanes: 4, keep: false })
    const { anchor } = shifted({ shape: [2, 3, 64], along: [2], symbolic: false })
    const ordered = { ...anchor, stages: anchor.stages.map((one) => ({ ...one, commutative: false })) }
    expect(rowsCooperative.level0(problemOf(ordered), target)).toEqual({
      reason: 'a result depends on the order of the elements',
    })
  })
})
