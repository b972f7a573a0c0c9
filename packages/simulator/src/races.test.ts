// The detector against the definition of a race: all pairs of accesses, and reachability over program order and barriers.
import {
  atomic,
  type Buffer,
  barrier,
  binary,
  buffer,
  builtin,
  declare,
  type Expr,
  ifThen,
  int,
  type Kernel,
  kernel,
  letStmt,
  load,
  type Mbarrier,
  type Stmt,
  seq,
  store,
  variable,
} from '@tilewright/ir'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SimulatorError } from './errors.js'
import type { AccessKind } from './races.js'
import { runKernel } from './run-kernel.js'

interface Access {
  readonly kind: AccessKind
  readonly element: number
}

type Sync = 'workgroup barrier' | 'subgroup barrier' | 'barrier of the other memory' | 'arrive and wait'

/** What each of the threads does, then how they synchronise; 4 threads in subgroups of 2. */
interface Round {
  readonly accesses: readonly (readonly Access[])[]
  readonly sync: Sync
}

const THREADS = 4
const access: fc.Arbitrary<Access> = fc.record({
  kind: fc.constantFrom<AccessKind>('read', 'read', 'write', 'atomic'),
  element: fc.integer({ min: 0, max: 3 }),
})
const round: fc.Arbitrary<Round> = fc.record({
  accesses: fc.array(fc.array(access, { maxLength: 2 }), { minLength: THREADS, maxLength: THREADS }),
  sync: fc.constantFrom<Sync>(
    'workgroup barrier',
    'subgroup barrier',
    'subgroup barrier',
    'barrier of the other memory',
    'arrive and wait',
  ),
})

/**
 * `arrive and wait`: thread 0 arrives, thread 3 waits; each round has a slot of its own. Built without the builder, which
 * looks at the stack for each statement.
 */
function kernelOf(rounds: readonly Round[], workgroups: number, storage: boolean): Kernel {
  const data = buffer('data', 'i32', [4], 'storage')
  const shared = buffer('shared', 'i32', [4], 'workgroup')
  const baton: Mbarrier = { kind: 'mbarrier', hint: 'baton', slots: rounds.length, arrivals: 1 }
  const target = storage ? data : shared
  const thread = builtin('thread')
  const isThread = (index: number): Expr => binary('eq', thread, int(index))
  const [own, other] = storage ? (['storage', 'workgroup'] as const) : (['workgroup', 'storage'] as const)
  const statement = ({ kind, element }: Access): Stmt => {
    if (kind === 'read') return letStmt(variable('x'), load(target, [int(element)]))
    return kind === 'write' ? store(target, [int(element)], int(1)) : atomic('add', target, [int(element)], int(1))
  }
  const synchronise = (sync: Sync, r: number): Stmt => {
    switch (sync) {
      case 'workgroup barrier':
        return barrier('workgroup', own)
      case 'subgroup barrier':
        return barrier('subgroup', own)
      case 'barrier of the other memory':
        return barrier('workgroup', other)
      case 'arrive and wait': {
        const wait: Stmt = { kind: 'mbarrier-wait', mbarrier: baton, slot: int(r), parity: int(0) }
        const arrive: Stmt = { kind: 'mbarrier-arrive', mbarrier: baton, slot: int(r), rank: undefined }
        return seq([ifThen(isThread(0), arrive), ifThen(isThread(3), wait)])
      }
    }
  }
  const body = rounds.flatMap(({ accesses, sync }, r) => [
    ...accesses.map((list, index) => ifThen(isThread(index), seq(list.map(statement)))),
    synchronise(sync, r),
  ])
  const initialise = [store(shared, [thread], int(0)), barrier('workgroup', 'workgroup')]
  return kernel({
    name: 'random',
    params: [data],
    threads: THREADS,
    subgroupSize: 2,
    workgroups: [workgroups, 1, 1],
    body: seq([declare(shared), { kind: 'declare-mbarrier', mbarrier: baton }, ...initialise, ...body]),
  })
}

/** Whether any two accesses conflict and neither is ordered before the other. */
function hasRace(rounds: readonly Round[], workgroups: number, storage: boolean): boolean {
  const events = rounds.flatMap(({ accesses }, r) =>
    accesses.flatMap((list, thread) => list.map((one) => ({ ...one, thread, round: r }))),
  )
  const conflict = (a: Access, b: Access): boolean => {
    const kinds = [a.kind, b.kind]
    return a.element === b.element && (kinds.includes('write') || (kinds.includes('read') && kinds.includes('atomic')))
  }
  if (storage && workgroups > 1 && events.some((a) => events.some((b) => conflict(a, b)))) return true
  /** Threads that are ordered after what `thread` did in round `from`, at the start of round `to`. */
  const reached = (thread: number, from: number, to: number): ReadonlySet<number> => {
    const seen = new Set([thread])
    for (let r = from; r < to; r++) {
      const { sync } = rounds[r]!
      if (sync === 'workgroup barrier') for (let t = 0; t < THREADS; t++) seen.add(t)
      else if (sync === 'subgroup barrier') for (const t of [...seen]) seen.add(t ^ 1)
      else if (sync === 'arrive and wait' && seen.has(0)) seen.add(3)
    }
    return seen
  }
  return events.some((a) =>
    events.some(
      (b) =>
        a.thread !== b.thread &&
        a.round <= b.round &&
        conflict(a, b) &&
        !reached(a.thread, a.round, b.round).has(b.thread),
    ),
  )
}

test('a race is reported exactly when there is one, in either order', () => {
  fc.assert(
    fc.property(
      fc.array(round, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 2 }),
      fc.boolean(),
      fc.constantFrom('ascending' as const, 'descending' as const),
      (rounds, workgroups, storage, order) => {
        const random = kernelOf(rounds, workgroups, storage)
        const buffers = new Map<Buffer, Int32Array>(random.params.map((param) => [param, new Int32Array(4)]))
        let code: string | undefined
        try {
          runKernel(random, { buffers, order })
        } catch (error) {
          if (!(error instanceof SimulatorError)) throw error
          code = error.code
        }
        expect(code).toBe(hasRace(rounds, workgroups, storage) ? 'sim/data-race' : undefined)
      },
    ),
    { numRuns: propertyRuns() },
  )
})
