import { describe, expect, test } from 'vitest'
import type { LaunchStep, Plan, PlanBuffer, PlanSize } from './plan.js'
import { planMemory } from './plan-memory.js'

const n: PlanSize = { kind: 'size', name: 'n', min: 0, max: 2 ** 31 - 1, multipleOf: 1 }
const buffer = (name: string, role: PlanBuffer['role'], ...shape: PlanSize[]): PlanBuffer => ({
  name,
  role,
  dtype: 'f32',
  elementBytes: 4,
  shape,
})

/** x → a → b → c → y, each read by the next, and a by the last too. */
const buffers = [
  buffer('x', 'input', n),
  buffer('a', 'intermediate', n),
  buffer('b', 'intermediate', n, 2),
  buffer('c', 'intermediate', n),
  buffer('y', 'output', n),
  buffer('w', 'constant', 1000),
  buffer('unused', 'intermediate', n, n, n),
]
const launch = (reads: readonly number[], write: number): LaunchStep => ({
  kind: 'launch',
  name: `to ${write}`,
  kernel: reads.length - 1,
  buffers: [...reads, write],
  scalars: [],
  workgroups: [1, 1, 1],
})
const launches = [launch([0, 5], 1), launch([1], 2), launch([2], 3), launch([3, 1], 4)]
const kernel = (reads: number): Plan['kernels'][number] => ({
  source: '',
  entry: 'main',
  threads: 1,
  workgroupBytes: 0,
  buffers: Array.from({ length: reads + 1 }, (_, i) => ({
    access: i < reads ? 'read' : 'read-write',
    dtype: 'f32',
    lanes: 1,
  })),
  scalars: 0,
})
const plan: Plan = {
  version: 4,
  backend: 'b',
  name: 'p',
  target: 't',
  inputs: [],
  outputs: [],
  equalSizes: [],
  buffers,
  constants: [],
  kernels: [kernel(1), kernel(2)],
  prepare: [],
  steps: launches,
}
const limits = { bindingBytes: 2 ** 20, bufferBytes: 2 ** 20 }
const planned = (size: number, mixedAccess: boolean) =>
  planMemory(plan, launches, new Map([['n', size]]), { limits, binding: { alignment: 256, mixedAccess } })

describe('the memory of a run', () => {
  test('where a buffer is bound with one access, what is read and what is written are in different arenas', () => {
    const { ranges, arenas, alive, bound, bytes } = planned(64, false)
    expect(Object.fromEntries(ranges)).toEqual({
      1: { arena: 1, offset: 0, bytes: 256 },
      2: { arena: 0, offset: 0, bytes: 512 },
      3: { arena: 1, offset: 256, bytes: 256 },
    })
    expect(arenas).toEqual([512, 512])
    // a from the first launch to the last, b while it is written and read, then c.
    expect(alive).toEqual([256, 768, 1024, 512])
    expect(bound).toBe(1024)
    expect(bytes).toEqual([256, 256, 512, 256, 256, 0, 0])
  })

  test('where accesses mix, one arena is enough', () => {
    const { arenas, bound } = planned(64, true)
    expect([arenas, bound]).toEqual([[1024], 1024])
  })

  test('ranges are whole vectors, and none is empty', () => {
    expect([...planned(5, false).ranges.values()].map(({ bytes }) => bytes)).toEqual([32, 48, 32])
    const empty = planned(0, false)
    expect([...empty.ranges.values()].map(({ bytes }) => bytes)).toEqual([16, 16, 16])
    expect(empty.bound).toBe(0)
  })

  test('a tensor that is too large is named; one that no launch binds is not looked at', () => {
    expect(() => planned(2 ** 17, false)).not.toThrow()
    expect(() => planned(2 ** 17 + 1, false)).toThrow('"b" of shape [131073, 2] takes 1048584 bytes')
  })
})
