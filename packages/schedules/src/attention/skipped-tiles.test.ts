// How much of a causal attention each template computes: tiles of keys that no query of a workgroup sees are no work.
import { cudaTarget, hopperTarget } from '@tilewright/backend-cuda'
import { formAttention, formRows } from '@tilewright/fusion'
import {
  type Candidate,
  defined,
  elementCount,
  evaluateSize,
  invariant,
  type ScheduleTemplate,
  size,
  type Target,
} from '@tilewright/ir'
import { allocate, type OperationClass, runKernel } from '@tilewright/simulator'
import { type AttentionShape, attentionEquations, testTarget } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { attentionAsyncMultiply } from './async-multiply.js'
import { attentionInThread } from './in-thread.js'
import { attentionMatrixUnits } from './matrix-units.js'
import { attentionProducerConsumer } from './producer-consumer.js'
import { attentionTiled } from './tiled.js'

interface Work {
  readonly dtype: 'f16' | 'f32'
  readonly queries: number
  readonly keys: number
  /** What is counted: as often for each tile. */
  readonly operation: OperationClass
  /** How often, in the loop over tiles alone where there is a first one, of all tiles and of those that are seen. */
  readonly tiles: { readonly all: number; readonly causal: number; readonly past: number }
}

/** What a template spends on sizes that only the run knows, of operands that are zero. */
function workOf<C extends Candidate>(
  template: ScheduleTemplate<C>,
  candidate: C,
  target: Target,
  { dtype, queries, keys, operation }: Work,
  mask: AttentionShape['mask'],
): number {
  const shape = { dtype, batch: 1, groups: 1, depth: 16, columns: 16, keysByDepth: true, mask } as const
  const extents = { queries: size('queries'), keys: size('keys') }
  const { output, equations } = attentionEquations({ ...shape, ...extents })
  const [results, facts] = [new Set([output]), { storageBuffers: 8 }]
  const [anchor] = formAttention(formRows(equations, results, facts), results, facts, () => true)
  invariant(anchor?.kind === 'attention', 'one attention is formed')
  const problem = { anchor, computed: new Set<never>() }
  expect(template.check(candidate, problem, target)).toBeUndefined()
  const [kernel] = template.build(candidate, problem, target).kernels
  const { params, ...rest } = defined(kernel, 'one kernel')
  const sizes = { queries, keys }
  const buffers = new Map(
    params.map((param) => [param, allocate(param.dtype, evaluateSize(elementCount(param.shape), sizes))]),
  )
  const loops = ['tile', 'step', 'before', 'block', 'rest']
  const { counts } = runKernel(
    { params, ...rest },
    { buffers, sizes, count: { within: (loop) => loops.includes(loop.loopVar.hint) } },
  )
  return defined(counts, 'operations are counted')[operation]
}

function expectWork<C extends Candidate>(template: ScheduleTemplate<C>, candidate: C, target: Target, work: Work) {
  const of = (mask: AttentionShape['mask']): number => workOf(template, candidate, target, work, mask)
  const { all, causal, past } = work.tiles
  const each = of('none') / all
  expect(each).toBeGreaterThan(0)
  expect([of('causal') / each, of('past') / each]).toEqual([causal, past])
}

// Queries are half of the keys: `past` leaves as many before the first query.
const halves = { dtype: 'f16', queries: 64, keys: 128 } as const

test('attention/in-thread computes the keys that a query sees, and no other', () =>
  expectWork(attentionInThread, { threads: 4, step: 4 }, testTarget, {
    ...{ dtype: 'f32', queries: 8, keys: 16, operation: 'load-storage' },
    tiles: { all: 8 * 16, causal: 36, past: 8 * 8 + 36 },
  }))

test('attention/tiled goes through 8 keys a tile up to the last that 8 queries see', () => {
  const candidate = { threadsM: 4, threadsN: 8, ownM: 2, ownKeys: 1, step: 8, keep: false }
  expectWork(attentionTiled, candidate, testTarget, {
    ...{ dtype: 'f32', queries: 32, keys: 64, operation: 'barrier' },
    tiles: { all: 4 * 8, causal: 1 + 2 + 3 + 4, past: 5 + 6 + 7 + 8 },
  })
})

test('attention/matrix-units goes through 16 keys a tile up to the last that 16 queries see', () =>
  expectWork(attentionMatrixUnits, { subgroups: 1, tileKeys: 16, stages: 2 }, cudaTarget, {
    ...{ ...halves, operation: 'matrix-multiply' },
    tiles: { all: 4 * 8, causal: 1 + 2 + 3 + 4, past: 5 + 6 + 7 + 8 },
  }))

const tiles = { groups: 1, tileKeys: 64, stages: 2 }

test('attention/async-multiply goes through 64 keys a tile after the first, up to the last that 64 queries see', () =>
  expectWork(attentionAsyncMultiply, tiles, hopperTarget, {
    ...{ ...halves, queries: 128, keys: 256, operation: 'async-multiply' },
    tiles: { all: 2 * 3, causal: 0 + 1, past: 2 + 3 },
  }))

test('attention/producer-consumer asks for 64 keys a tile up to the last that 64 queries see', () =>
  expectWork(attentionProducerConsumer, tiles, hopperTarget, {
    ...{ ...halves, queries: 128, keys: 256, operation: 'tile-copy' },
    tiles: { all: 2 * 4, causal: 1 + 2, past: 3 + 4 },
  }))
