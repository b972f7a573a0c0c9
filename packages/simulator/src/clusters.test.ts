import { type Buffer, buffer, buildKernel, type KernelBuilder, type Mbarrier, type Operand } from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import { numberToHalf } from './elements.js'
import { SimulatorError } from './errors.js'
import { runKernel, runKernelAllWays } from './run-kernel.js'

const line = 64
const cluster = 2
const lines = 8 * cluster
const consumers = 3
const steps = 5

/** What a kernel of the ring below does otherwise. */
interface Changes {
  readonly steps?: number
  /** Arrivals that give a stage back, and the ranks of the workgroups that they are given to. */
  readonly empties?: number
  readonly giveBack?: (g: KernelBuilder, arrive: (rank?: number) => void) => void
  readonly waitForEmpty?: boolean
  readonly waitForFull?: boolean
  readonly copyIf?: (g: KernelBuilder) => boolean
}

const x = buffer('x', 'f16', [steps * lines, line], 'storage')
const out = buffer('out', 'f32', [2 * cluster, steps, consumers], 'storage')

/**
 * A ring of two stages of `lines` lines, of which each workgroup copies its part to all of the cluster: thread 0 copies, the
 * others add what is in a column, each in its own.
 */
function ring(changes: Changes) {
  const { empties = consumers * cluster, waitForEmpty = true, waitForFull = true } = changes
  const giveBack = changes.giveBack ?? ((_, arrive) => Array.from({ length: cluster }, (__, rank) => arrive(rank)))
  const options = { name: 'ring', threads: 1 + consumers, workgroups: [2 * cluster, 1, 1], cluster } as const
  return buildKernel(options, (g) => {
    g.use(x)
    const to = g.use(out)
    const tile = g.workgroupBuffer('tile', 'f16', [2, lines, line])
    const full = g.mbarrier('full', 2, 1)
    const empty = g.mbarrier('empty', 2, empties)
    const rank = g.let('rank', g.workgroup.x.mod(cluster))
    g.loop('step', changes.steps ?? steps, (step) => {
      const [stage, parity] = [step.mod(2), step.div(2).mod(2)]
      const produce = (): void => {
        if (waitForEmpty) g.wait(empty, stage, g.constant('i32', 1).sub(parity))
        const from = { source: x, extents: [steps * lines, line], first: [step.mul(lines).add(rank.mul(8)), 0] }
        g.tileCopy(tile, [stage, rank.mul(8), 0], from, [8, line], full, stage, { multicast: true })
        g.arrive(full, stage)
      }
      const consume = (): void => {
        if (waitForFull) g.wait(full, stage, parity)
        const sum = g.privateBuffer('sum', 'f32', [])
        sum.set([], 0)
        g.loop('row', lines, (row) => {
          // Columns below 8 are those of chunk 0, which stands where the number of the line says.
          sum.update([], (old) => old.add(tile.at(stage, row, row.mod(8).mul(8).add(g.thread.sub(1)))))
        })
        to.set([g.workgroup.x, step, g.thread.sub(1)], sum.at())
        giveBack(g, (of) => g.arrive(empty, stage, of === undefined ? {} : { rank: of }))
      }
      g.if(g.thread.eq(0), produce, consume)
    })
  })
}

function run(kernel: ReturnType<typeof ring>): Float32Array {
  const result = new Float32Array(2 * cluster * steps * consumers).fill(Number.NaN)
  const buffers = new Map<Buffer, Uint16Array | Float32Array>([
    [x, Uint16Array.from({ length: steps * lines * line }, (_, i) => numberToHalf(i % 101))],
    [out, result],
  ])
  runKernelAllWays(kernel, { buffers })
  return result
}

function failureOf(act: () => unknown): SimulatorError {
  try {
    act()
  } catch (error) {
    if (error instanceof SimulatorError) return error
    throw error
  }
  throw new Error('nothing failed')
}

describe('a ring whose stages the workgroups of a cluster fill together', () => {
  test('holds in each workgroup what all of them copied', () => {
    const expected = Float32Array.from({ length: 2 * cluster * steps * consumers }, (_, i) => {
      const [step, column] = [Math.floor(i / consumers) % steps, i % consumers]
      let sum = 0
      for (let row = 0; row < lines; row++) sum += ((step * lines + row) * line + column) % 101
      return sum
    })
    expect(run(ring({}))).toEqual(expected)
  })

  test.each<readonly [string, Changes, string, RegExp]>([
    [
      'stages are given back to one workgroup alone',
      { giveBack: (_, arrive) => arrive(0) },
      'sim/deadlock',
      /waits for parity \d of empty, which has 0 of 6 arrivals in phase \d/,
    ],
    [
      'stages are given back to their own workgroup alone, which does not count the others',
      { empties: consumers, giveBack: (_, arrive) => arrive() },
      'sim/data-race',
      /(tile\[.*\] is written, and thread \d of the workgroup of rank \d read it|nothing tells the thread)/,
    ],
    [
      'nobody waits until stages are given back',
      { waitForEmpty: false, steps: 3 },
      'sim/async-hazard',
      /tile\[0, 0, 0\] is written while .*tile-copy.* is on its way into it/,
    ],
    [
      'nobody waits until stages are full',
      { waitForFull: false },
      'sim/async-hazard',
      /tile\[0, 0, 0\] is read while .*tile-copy.* is on its way into it/,
    ],
    [
      'stages are given to a workgroup that is not in the cluster',
      { giveBack: (_, arrive) => arrive(cluster) },
      'sim/out-of-bounds',
      /rank 2 in a cluster of 2/,
    ],
  ])('%s', (_, changes, code, message) => {
    const error = failureOf(() => run(ring(changes)))
    expect(error.message).toMatch(message)
    expect(error.code).toBe(code)
  })
})

describe('what goes wrong in a cluster', () => {
  interface Parts {
    readonly g: KernelBuilder
    readonly full: Mbarrier
    readonly copy: (line?: Operand) => void
  }
  const y = buffer('y', 'i32', [1], 'storage')
  const failure = (author: (parts: Parts) => void): SimulatorError =>
    failureOf(() => execute(author, { order: 'ascending' }))
  const execute = (author: (parts: Parts) => void, way: { readonly order: 'ascending' | 'descending' }) => {
    const kernel = buildKernel({ name: 'k', threads: 1, workgroups: [2, 1, 1], cluster }, (g) => {
      g.use(x)
      g.use(y)
      const tile = g.workgroupBuffer('tile', 'f16', [2 * lines, line])
      const full = g.mbarrier('full', 1, 1)
      const from = { source: x, extents: [steps * lines, line], first: [0, 0] }
      author({
        ...{ g, full },
        copy: (at = 0) => g.tileCopy(tile, [at, 0], from, [8, line], full, 0, { multicast: true }),
      })
    })
    const buffers = new Map<Buffer, Uint16Array | Int32Array>([
      [x, new Uint16Array(steps * lines * line)],
      [y, new Int32Array(1)],
    ])
    return runKernel(kernel, { buffers, ...way })
  }
  const byTheFirst = ({ g }: Parts, then: () => void): void => g.if(g.workgroup.x.eq(0), then)

  test('a workgroup that copies nothing keeps the others waiting', () => {
    const error = failure((parts) =>
      byTheFirst(parts, () => {
        parts.copy()
        parts.g.arrive(parts.full, 0)
        parts.g.wait(parts.full, 0, 0)
      }),
    )
    expect(error.code).toBe('sim/deadlock')
    expect(error.message).toContain('1 of 1 arrivals in phase 0 and awaits 8 lines of multicast boxes')
    expect(error.message).toContain('of the workgroup of rank 1, thread 0 has ended')
    expect(error.workgroup).toEqual([0, 0, 0])
  })

  test('both fill the same tile', () => {
    expect(failure(({ copy }) => copy(0)).code).toBe('sim/async-hazard')
  })

  test('a workgroup ends before a copy into it', () => {
    const error = failure((parts) => byTheFirst(parts, () => parts.copy()))
    expect(error.code).toBe('sim/async-hazard')
    expect(error.message).toContain('workgroup (0, 0, 0) has ended, and phase 0 of slot 0 of full, which awaits a copy')
  })

  test('a thread arrives in a phase that awaits nothing but copies', () => {
    const error = failure((parts) =>
      byTheFirst(parts, () => {
        parts.copy()
        parts.g.arrive(parts.full, 0)
        parts.g.arrive(parts.full, 0)
      }),
    )
    expect(error).toMatchObject({ code: 'sim/deadlock' })
    expect(error.message).toContain('phase 0 of full has its 1 arrivals, and awaits copies')
  })

  test('a box is sent in a phase of which nothing tells that it has begun there', () => {
    const error = failure(({ g, full, copy }) => {
      const own = g.workgroup.x.mul(8)
      copy(own)
      g.arrive(full, 0)
      // That a box of the other has come does not say that the other has arrived at its own.
      g.wait(full, 0, 0)
      copy(own.add(lines))
      g.arrive(full, 0)
      g.wait(full, 0, 1)
    })
    expect(error.code).toBe('sim/data-race')
    expect(error.message).toMatch(/^full of the workgroup of rank \d counts a box in phase 1, of which nothing tells/)
  })

  test('an arrival at another workgroup tells it nothing of storage', () => {
    const author = ({ g, full }: Parts): void => {
      const write = (): void => g.use(y).set([0], g.workgroup.x)
      g.if(
        g.workgroup.x.eq(0),
        () => {
          write()
          g.arrive(full, 0, { rank: 1 })
        },
        () => {
          g.wait(full, 0, 0)
          write()
        },
      )
    }
    for (const order of ['ascending', 'descending'] as const) {
      const error = failureOf(() => execute(author, { order }))
      expect(error.code).toBe('sim/data-race')
      expect(error.message).toContain('a thread of another workgroup wrote it')
      expect(error.message).toContain('workgroups of a launch are not ordered')
    }
  })

  test('nothing, where a workgroup that has ended is arrived at: memory stays until all have ended', () => {
    const author = ({ g, full }: Parts): void => {
      g.arrive(full, 0, { rank: g.constant('i32', 1).sub(g.workgroup.x) })
      g.if(g.workgroup.x.eq(0), () => g.wait(full, 0, 0))
    }
    for (const order of ['ascending', 'descending'] as const) expect(execute(author, { order }).workgroups).toBe(2)
  })
})

test('the workgroups of a cluster run together, where only one is asked for too', () => {
  const kernel = buildKernel({ name: 'k', threads: 1, workgroups: [4, 2, 1], cluster }, (g) => {
    g.param('y', 'i32', [2, 4]).set([g.workgroup.y, g.workgroup.x], 1)
  })
  const cells = new Int32Array(8)
  const report = runKernel(kernel, { buffers: new Map([[kernel.params[0]!, cells]]), workgroups: [3, 1, 0] })
  expect(report.workgroups).toBe(2)
  expect([...cells]).toEqual([0, 0, 0, 0, 0, 0, 1, 1])
})
