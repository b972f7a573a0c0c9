import {
  type Buffer,
  type BufferHandle,
  buildKernel,
  callerLocation,
  type KernelBuilder,
  loadVector,
  type SourceLocation,
  storeVector,
  variable,
} from '@tilewright/ir'
import { repeat, spatial } from '@tilewright/task-mapping'
import { describe, expect, test } from 'vitest'
import { SimulatorError, type SimulatorErrorCode } from './errors.js'
import type { AsyncMoment, Order } from './run.js'
import { runKernel, runKernelAllWays } from './run-kernel.js'

interface Author {
  readonly g: KernelBuilder
  /** Four elements of i32 storage, all 1. */
  readonly data: BufferHandle
  /** Remembers the line of a statement: `on('write', callerLocation(), data.set(…))`. */
  readonly on: (name: string, at: SourceLocation | undefined, statement?: unknown) => void
}

interface Failure {
  readonly error: SimulatorError
  /** `file:line` by name. */
  readonly lines: Readonly<Record<string, string>>
}

/** Runs a kernel of four threads in subgroups of two that must fail. */
function failureOf(
  author: (a: Author) => void,
  options: {
    readonly order?: Order
    readonly asyncCopies?: AsyncMoment
    readonly workgroups?: number
    readonly maxOperations?: number
  } = {},
): Failure {
  const { workgroups = 1, ...run } = options
  const lines: Record<string, string> = {}
  const kernel = buildKernel({ name: 'bad', threads: 4, subgroupSize: 2, workgroups: [workgroups, 1, 1] }, (g) =>
    author({
      g,
      data: g.param('data', 'i32', [4]),
      on: (name, at) => {
        lines[name] = `${at?.file}:${at?.line}:`
      },
    }),
  )
  const buffers = new Map<Buffer, Int32Array>(kernel.params.map((param) => [param, Int32Array.of(1, 1, 1, 1)]))
  try {
    runKernel(kernel, { buffers, ...run })
  } catch (error) {
    if (error instanceof SimulatorError) return { error, lines }
    throw error
  }
  throw new Error('the kernel ran')
}

function expectAt({ error, lines }: Failure, code: SimulatorErrorCode, line: string, message: string): void {
  expect(error.code).toBe(code)
  expect(lines[line]).toMatch(/sanitizer\.test\.ts:\d+:/)
  expect(error.where).toContain(lines[line])
  expect(error.message).toContain(message)
}

const bothOrders: readonly Order[] = ['ascending', 'descending']

describe('sim/out-of-bounds', () => {
  test('names line, thread, workgroup, index and shape of a load', () => {
    const failure = failureOf(
      ({ g, data, on }) => {
        on('load', callerLocation(), g.let('x', data.at(g.thread.add(g.workgroup.x))))
      },
      { workgroups: 2 },
    )
    expectAt(failure, 'sim/out-of-bounds', 'load', 'index 4 in dimension 0 of data, shape [4]')
    expect(failure.error.where).toMatch(/\(let x\), thread 3 of workgroup \(1, 0, 0\)$/)
    expect(failure.error).toMatchObject({ thread: 3, workgroup: [1, 0, 0] })
    expect(failure.error.help).toBe('guard the access: every index lies within its extent')
  })

  test.each([
    { row: 2, column: 0, expected: 'index 2 in dimension 0 of tile, shape [2, 3]' },
    { row: 0, column: 3, expected: 'index 3 in dimension 1 of tile, shape [2, 3]' },
    { row: 1, column: -1, expected: 'index -1 in dimension 1 of tile, shape [2, 3]' },
  ])('a store to [$row, $column], though it may lie inside the flat memory', ({ row, column, expected }) => {
    const failure = failureOf(({ g, on }) => {
      const tile = g.privateBuffer('tile', 'f32', [2, 3])
      on('store', callerLocation(), tile.set([row, column], 0))
    })
    expectAt(failure, 'sim/out-of-bounds', 'store', expected)
  })

  test('the third of three indices', () => {
    const failure = failureOf(({ g, on }) => {
      const cube = g.privateBuffer('cube', 'f32', [2, 2, 2])
      on('store', callerLocation(), cube.set([1, 1, 2], 0))
    })
    expectAt(failure, 'sim/out-of-bounds', 'store', 'index 2 in dimension 2 of cube, shape [2, 2, 2]')
  })

  test('a vector that begins inside', () => {
    const { error } = failureOf(({ g, data }) =>
      g.emit(loadVector([variable('a'), variable('b')], data.buffer, g.thread.mul(2).expr)),
    )
    expect(error.message).toBe('elements 4 to 5 of data, which has 4')
    expect(error.where).toBe('load-vector of "data", thread 2 of workgroup (0, 0, 0)')
  })

  test('an async copy that begins inside, of either end', () => {
    const run = (to: number, from: number): Failure =>
      failureOf(({ g, data, on }) => {
        const tile = g.workgroupBuffer('tile', 'i32', [4])
        on('copy', callerLocation(), g.asyncCopy(tile, [to], data, [from], 3))
      })
    expectAt(run(0, 3), 'sim/out-of-bounds', 'copy', 'elements 3 to 5 of data, which has 4')
    expectAt(run(3, 0), 'sim/out-of-bounds', 'copy', 'elements 3 to 5 of tile, which has 4')
  })

  test('an async copy that does not begin at a multiple of its elements', () => {
    const failure = failureOf(({ g, data, on }) => {
      const tile = g.workgroupBuffer('tile', 'i32', [4])
      on('copy', callerLocation(), g.asyncCopy(tile, [0], data, [1], 2))
    })
    expectAt(failure, 'sim/misaligned-vector', 'copy', 'a copy of 2 elements of data at 1, not a multiple of 2')
  })

  test('a slot of an mbarrier', () => {
    const failure = failureOf(({ g, on }) => {
      const full = g.mbarrier('full', 2, 1)
      on('arrive', callerLocation(), g.arrive(full, 2))
    })
    expectAt(failure, 'sim/out-of-bounds', 'arrive', 'slot 2 of full, which has 2')
  })
})

describe('sim/uninitialised-read', () => {
  test.each(['f32', 'f16', 'i32', 'u32', 'i8', 'u8', 'bool'] as const)(
    'private and workgroup memory of %s',
    (dtype) => {
      const run = (scope: 'privateBuffer' | 'workgroupBuffer'): Failure =>
        failureOf(({ g, on }) => {
          const tile = g[scope]('tile', dtype, [2, 2])
          const read = tile.at(1, 0)
          on('read', callerLocation(), g.let('x', read))
        })
      for (const scope of ['privateBuffer', 'workgroupBuffer'] as const) {
        expectAt(run(scope), 'sim/uninitialised-read', 'read', 'tile[1, 0] is read before it is written')
      }
    },
  )

  test('a declaration makes private memory undefined again', () => {
    const failure = failureOf(({ g, on }) => {
      g.loop('i', 2, (i) => {
        const scratch = g.privateBuffer('scratch', 'i32', [])
        g.if(i.eq(0), () => scratch.set([], 1))
        on('read', callerLocation(), g.let('x', scratch.at()))
      })
    })
    expectAt(failure, 'sim/uninitialised-read', 'read', 'scratch[] is read before it is written')
  })

  test('workgroup memory is undefined for each workgroup, whatever the one before left', () => {
    const { error } = failureOf(
      ({ g }) => {
        const tile = g.workgroupBuffer('tile', 'i32', [4])
        g.if(g.workgroup.x.eq(0), () => tile.set([g.thread], 1))
        g.let('x', tile.at(g.thread))
      },
      { workgroups: 2 },
    )
    expect(error).toMatchObject({ code: 'sim/uninitialised-read', workgroup: [1, 0, 0] })
  })

  test('or undefined memory may be run on, as NaN and as bits that mean nothing', () => {
    const kernel = buildKernel({ name: 'garbage', threads: 1, workgroups: [1, 1, 1] }, (g) => {
      const [f, i] = [g.param('f', 'f32', [3]), g.param('i', 'i32', [1])]
      const [tile, mine] = [g.workgroupBuffer('tile', 'f32', [1]), g.privateBuffer('mine', 'f16', [1])]
      f.set([0], tile.at(0))
      f.set([1], mine.at(0))
      f.set([2], g.constant('bool', true).select(1, tile.at(0)))
      i.set([0], g.workgroupBuffer('counter', 'i32', [1]).at(0))
    })
    const [f, i] = [new Float32Array(3), new Int32Array(1)]
    const buffers = new Map<Buffer, Float32Array | Int32Array>([
      [kernel.params[0]!, f],
      [kernel.params[1]!, i],
    ])
    runKernelAllWays(kernel, { buffers, uninitialised: 'garbage' })
    expect(f).toEqual(Float32Array.of(Number.NaN, Number.NaN, 1))
    expect(i).toEqual(Int32Array.of(0x5a5a5a5a))
  })
})

describe('sim/data-race', () => {
  test.each(bothOrders)('names both lines, both threads and the element, %s', (order) => {
    const failure = failureOf(
      ({ g, on }) => {
        const tile = g.workgroupBuffer('tile', 'i32', [2, 2])
        tile.set([g.thread.div(2), g.thread.mod(2)], 0)
        g.barrier()
        on('write', callerLocation(), tile.set([1, g.thread.mod(2)], g.thread))
      },
      { order },
    )
    const [first, second] = order === 'ascending' ? [0, 2] : [3, 1]
    const element = order === 'ascending' ? 'tile[1, 0]' : 'tile[1, 1]'
    expectAt(failure, 'sim/data-race', 'write', `${element} is written, and thread ${first} wrote it at `)
    expect(failure.error.message).toContain(failure.lines.write)
    expect(failure.error.message).toMatch(/: no barrier orders workgroup memory between$/)
    expect(failure.error.thread).toBe(second)
  })

  test.each(bothOrders)('a write by one thread and reads by all, %s', (order) => {
    const failure = failureOf(
      ({ g, data, on }) => {
        g.if(g.thread.eq(0), () => {
          on('write', callerLocation(), data.set([0], 5))
        })
        on('read', callerLocation(), g.let('x', data.at(0)))
      },
      { order },
    )
    const [line, other, message] =
      order === 'ascending' ? ['read', 'write', 'thread 0 wrote it'] : ['write', 'read', 'thread 1 read it']
    expectAt(failure, 'sim/data-race', line!, message!)
    expect(failure.error.message).toContain(failure.lines[other!])
    expect(failure.error.message).toContain('no barrier orders storage memory between')
  })

  test('a barrier orders only the memory that it names', () => {
    const run = (memory: 'workgroup' | 'storage') => () =>
      failureOf(({ g, data }) => {
        data.set([g.thread], 5)
        g.barrier('workgroup', memory)
        g.let('x', data.at(g.thread.bitXor(1)))
      })
    expect(run('storage')).toThrow('the kernel ran')
    expect(run('workgroup')().error.code).toBe('sim/data-race')
  })

  test('a subgroup barrier orders the subgroup only', () => {
    const run = (other: number) => () =>
      failureOf(({ g }) => {
        const tile = g.workgroupBuffer('tile', 'i32', [4])
        tile.set([g.thread], 0)
        g.barrier()
        tile.set([g.thread], 1)
        g.barrier('subgroup')
        g.let('x', tile.at(g.thread.bitXor(other)))
      })
    expect(run(1)).toThrow('the kernel ran')
    expect(run(2)().error.code).toBe('sim/data-race')
  })

  test('an atomic and a plain access race, two atomics do not', () => {
    const run = (author: (a: Author) => void) => () => failureOf(author)
    expect(run(({ g, data }) => g.atomic('add', data, [0], 1))).toThrow('the kernel ran')
    const { error } = run(({ g, data }) => {
      g.atomic('add', data, [0], 1)
      g.let('x', data.at(0))
    })()
    expect(error.message).toContain('data[0] is atomically updated, and thread 0 read it at')
  })

  test.each(bothOrders)('workgroups of a launch are not ordered, %s', (order) => {
    const failure = failureOf(
      ({ g, data, on }) => {
        on('read', callerLocation(), g.let('x', data.at(0)))
        g.barrier('workgroup', 'storage')
        const last = g.workgroup.x.eq(1).and(g.thread.eq(0))
        g.if(last, () => {
          on('write', callerLocation(), data.set([0], 1))
        })
      },
      { order, workgroups: 2 },
    )
    const line = order === 'ascending' ? 'write' : 'read'
    expectAt(failure, 'sim/data-race', line, 'a thread of another workgroup')
    expect(failure.error.message).toContain('workgroups of a launch are not ordered')
    expect(failure.error.message).toContain(failure.lines[line === 'read' ? 'write' : 'read'])
  })

  test('workgroups may update one element atomically', () => {
    expect(() => failureOf(({ g, data }) => g.atomic('add', data, [0], 1), { workgroups: 3 })).toThrow('the kernel ran')
  })
})

/** C = A·B for 4x4 tiles, K in two steps, with either barrier left out on demand. */
function tiledMatmul(barriers: { readonly beforeUse: boolean; readonly afterUse: boolean }) {
  return buildKernel({ name: 'tiled', threads: 16, workgroups: [2, 2, 1] }, (g) => {
    const [a, b, c] = [g.param('a', 'f32', [8, 8]), g.param('b', 'f32', [8, 8]), g.param('c', 'f32', [8, 8])]
    const [tileA, tileB] = [g.workgroupBuffer('tileA', 'f32', [4, 4]), g.workgroupBuffer('tileB', 'f32', [4, 4])]
    const sum = g.privateBuffer('sum', 'f32', [])
    const { x, y } = g.workgroup
    sum.set([], 0)
    g.forTask(spatial(4, 4), g.thread, (i, j) => {
      tileA.set([i!, j!], 0)
      tileB.set([i!, j!], 0)
    })
    g.barrier()
    g.loop('k0', 2, (k0) => {
      g.forTask(spatial(4, 4), g.thread, (i, j) => {
        tileA.set([i!, j!], a.at(y.mul(4).add(i!), k0.mul(4).add(j!)))
        tileB.set([i!, j!], b.at(k0.mul(4).add(i!), x.mul(4).add(j!)))
      })
      if (barriers.beforeUse) g.barrier()
      g.forTask(spatial(4, 4), g.thread, (i, j) =>
        g.loop('k', 4, (k) => sum.update([], (s) => s.add(tileA.at(i!, k).mul(tileB.at(k, j!))))),
      )
      if (barriers.afterUse) g.barrier()
    })
    g.forTask(spatial(4, 4), g.thread, (i, j) => c.set([y.mul(4).add(i!), x.mul(4).add(j!)], sum.at()))
  })
}

describe('a deleted barrier of a tiled matmul', () => {
  const a = Float32Array.from({ length: 64 }, (_, i) => (i % 5) - 2)
  const b = Float32Array.from({ length: 64 }, (_, i) => (i % 7) - 3)
  const run = (barriers: { readonly beforeUse: boolean; readonly afterUse: boolean }, order: Order): Float32Array => {
    const kernel = tiledMatmul(barriers)
    const c = new Float32Array(64)
    runKernel(kernel, { buffers: new Map(kernel.params.map((param, i) => [param, [a, b, c][i]!])), order })
    return c
  }

  test.each(bothOrders)('none deleted: right, %s', (order) => {
    const expected = Float32Array.from({ length: 64 }, (_, at) =>
      [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, k) => sum + a[Math.floor(at / 8) * 8 + k]! * b[k * 8 + (at % 8)]!, 0),
    )
    expect(run({ beforeUse: true, afterUse: true }, order)).toEqual(expected)
  })

  test.each([
    { beforeUse: false, afterUse: true, order: 'ascending' as const },
    { beforeUse: false, afterUse: true, order: 'descending' as const },
    { beforeUse: true, afterUse: false, order: 'ascending' as const },
    { beforeUse: true, afterUse: false, order: 'descending' as const },
  ])('$order, barriers left: $beforeUse $afterUse', ({ order, ...barriers }) => {
    expect(() => run(barriers, order)).toThrow(expect.objectContaining({ code: 'sim/data-race' }))
  })
})

describe('sim/divergent-barrier', () => {
  test.each(bothOrders)('some participants have ended, %s', (order) => {
    const failure = failureOf(({ g, on }) => g.if(g.thread.lt(2), () => on('barrier', callerLocation(), g.barrier())), {
      order,
    })
    expectAt(failure, 'sim/divergent-barrier', 'barrier', 'thread 0 waits; threads 2, 3 have ended')
  })

  test('some participants wait at another barrier', () => {
    const failure = failureOf(({ g, on }) =>
      g.if(
        g.thread.eq(1),
        () => on('one', callerLocation(), g.barrier()),
        () => on('other', callerLocation(), g.barrier()),
      ),
    )
    expectAt(failure, 'sim/divergent-barrier', 'other', 'thread 0 waits; thread 1 waits at ')
    expect(failure.error.message).toContain(failure.lines.one)
  })

  test('the same barrier in another iteration is another barrier', () => {
    const failure = failureOf(({ g, on }) =>
      g.loop('i', 2, (i) =>
        g.loop('j', i.eq(0).and(g.thread.eq(0)).select(g.constant('i32', 2), 1), () => {
          on('barrier', callerLocation(), g.barrier())
        }),
      ),
    )
    expectAt(failure, 'sim/divergent-barrier', 'barrier', 'thread 0 waits in iteration (0, 1) and thread 1 in (1, 0)')
  })

  test('a subgroup barrier needs its subgroup, and no other', () => {
    const half = (threads: number) => () =>
      failureOf(({ g, on }) => g.if(g.thread.lt(threads), () => on('barrier', callerLocation(), g.barrier('subgroup'))))
    expect(half(2)).toThrow('the kernel ran')
    expectAt(half(3)(), 'sim/divergent-barrier', 'barrier', 'thread 2 waits; thread 3 has ended')
  })
})

describe('sim/deadlock', () => {
  test('names the wait, the arrivals and what the others do', () => {
    const failure = failureOf(({ g, on }) => {
      const full = g.mbarrier('full', 1, 3)
      g.if(
        g.thread.eq(0),
        () => on('wait', callerLocation(), g.wait(full, 0, 0)),
        () => g.if(g.thread.lt(3), () => g.arrive(full, 0)),
      )
    })
    const message =
      'thread 0 waits for parity 0 of full, which has 2 of 3 arrivals in phase 0; threads 1, 2, 3 have ended'
    expectAt(failure, 'sim/deadlock', 'wait', message)
  })

  test('a barrier that some never reach because they wait for a phase', () => {
    const failure = failureOf(({ g, on }) => {
      const full = g.mbarrier('full', 1, 1)
      g.if(g.thread.eq(3), () => on('wait', callerLocation(), g.wait(full, 0, 0)))
      on('barrier', callerLocation(), g.barrier())
      g.arrive(full, 0)
    })
    expectAt(failure, 'sim/deadlock', 'wait', 'threads 0, 1, 2 wait at ')
    expect(failure.error.message).toContain(failure.lines.barrier)
  })

  test('a parity that is neither 0 nor 1', () => {
    const failure = failureOf(({ g, on }) => {
      const full = g.mbarrier('full', 1, 1)
      on('wait', callerLocation(), g.wait(full, 0, 2))
    })
    expectAt(failure, 'sim/invalid-parity', 'wait', 'full is waited on for parity 2')
  })
})

describe('sim/async-hazard', () => {
  const moments: readonly AsyncMoment[] = ['latest', 'earliest']
  /** Copies one element a thread, does something, waits. */
  const during = (asyncCopies: AsyncMoment, act: (a: Author, tile: BufferHandle) => void): Failure =>
    failureOf(
      (a) => {
        const { g, data, on } = a
        const tile = g.workgroupBuffer('tile', 'i32', [4])
        on('copy', callerLocation(), g.asyncCopy(tile, [g.thread], data, [g.thread], 1))
        g.asyncCommit()
        act(a, tile)
        g.asyncWait(0)
      },
      { asyncCopies },
    )

  test.each(moments)('reading the destination, copies landing at the %s', (moment) => {
    const failure = during(moment, ({ g, on }, tile) => {
      on('read', callerLocation(), g.let('x', tile.at(g.thread)))
    })
    expectAt(failure, 'sim/async-hazard', 'read', 'tile[0] is read while ')
    expect(failure.error.message).toContain(failure.lines.copy)
  })

  test.each(moments)('writing the destination, copies landing at the %s', (moment) => {
    const failure = during(moment, ({ g, on }, tile) => on('write', callerLocation(), tile.set([g.thread], 3)))
    expectAt(failure, 'sim/async-hazard', 'write', 'tile[0] is written while ')
  })

  test.each(moments)('writing the source, copies landing at the %s', (moment) => {
    const failure = during(moment, ({ g, data, on }) => on('write', callerLocation(), data.set([g.thread], 3)))
    expectAt(failure, 'sim/async-hazard', 'write', 'data[0] is written while ')
    expect(failure.error.message).toContain(failure.lines.copy)
  })

  test.each(moments)('a second copy to the same place, copies landing at the %s', (moment) => {
    const failure = during(moment, ({ g, data, on }, tile) =>
      on('second', callerLocation(), g.asyncCopy(tile, [g.thread], data, [0], 1)),
    )
    expectAt(failure, 'sim/async-hazard', 'second', 'tile[0] is written while ')
  })

  test.each(moments)('a group that was not waited for, copies landing at the %s', (moment) => {
    const failure = during(moment, ({ g, on }, tile) => {
      g.asyncCommit()
      g.asyncWait(2)
      on('read', callerLocation(), g.let('x', tile.at(g.thread)))
    })
    expectAt(failure, 'sim/async-hazard', 'read', 'tile[0] is read while ')
  })

  test.each(moments)("other threads' copies need a barrier after the wait, copies landing at the %s", (moment) => {
    const run = (barrier: boolean) => () =>
      failureOf(
        ({ g, data }) => {
          const tile = g.workgroupBuffer('tile', 'i32', [4])
          g.asyncCopy(tile, [g.thread], data, [g.thread], 1)
          g.asyncCommit()
          g.barrier()
          g.asyncWait(0)
          if (barrier) g.barrier()
          g.let('x', tile.at(g.thread.bitXor(3).max(1)))
        },
        { asyncCopies: moment },
      )
    expect(run(true)).toThrow('the kernel ran')
    // Thread 0 asks for element 3 while thread 3 has not waited yet.
    expect(run(false)().error.code).toBe('sim/async-hazard')
  })
})

test('sim/division-by-zero', () => {
  const failure = failureOf(({ g, data, on }) => {
    on('div', callerLocation(), g.let('x', data.at(0).div(g.thread.sub(2))))
  })
  expectAt(failure, 'sim/division-by-zero', 'div', 'an integer is divided by zero')
  expect(failure.error.thread).toBe(2)
})

test('sim/misaligned-vector', () => {
  const at = { file: 'kernel.ts', line: 7, column: 3 }
  const { error } = failureOf(({ g, data }) => {
    const one = g.constant('i32', 1).expr
    g.emit(storeVector(data.buffer, one, [one, one], at))
  })
  expect(error.code).toBe('sim/misaligned-vector')
  expect(error.message).toBe('2 elements of data at 1, not a multiple of 2')
  expect(error.where).toBe('kernel.ts:7:3 (store-vector to "data"), thread 0 of workgroup (0, 0, 0)')
})

test('sim/operations-exceeded', () => {
  const run = (maxOperations: number) => () =>
    failureOf(
      ({ g, data, on }) => {
        g.if(g.thread.eq(0), () => {
          // 1 comparison a thread; 100 times 1 iteration, 1 addition, 1 load, 1 store.
          g.loop('i', 100, () => on('update', callerLocation(), data.set([0], data.at(0).add(1))))
        })
      },
      { maxOperations },
    )
  expect(run(404)).toThrow('the kernel ran')
  expectAt(run(200)(), 'sim/operations-exceeded', 'update', 'more than 200 operations were executed')
})

test('sim/no-subgroups', () => {
  const kernel = buildKernel({ name: 'flat', threads: 4, workgroups: [1, 1, 1] }, (g) => g.barrier('subgroup'))
  expect(() => runKernel(kernel, { buffers: new Map() })).toThrow(
    expect.objectContaining({
      code: 'sim/no-subgroups',
      message: 'kernel "flat" relies on subgroups and fixes no subgroup size',
      where: expect.stringMatching(/sanitizer\.test\.ts:\d+:\d+ \(subgroup barrier\)$/),
    }),
  )
})

test('sim/order-dependent', () => {
  const kernel = buildKernel({ name: 'tickets', threads: 2, workgroups: [1, 1, 1] }, (g) => {
    const [next, out] = [g.param('next', 'i32', [1]), g.param('out', 'i32', [2])]
    out.set([g.thread], g.atomic('add', next, [0], 1))
  })
  const out = Int32Array.of(7, 7)
  const buffers = new Map([new Int32Array(1), out].map((array, i) => [kernel.params[i]!, array]))
  expect(() => runKernelAllWays(kernel, { buffers })).toThrow(
    expect.objectContaining({
      code: 'sim/order-dependent',
      message:
        'element 0 of out is 0 with ascending threads, asynchronous copies at the latest, and 1 with descending threads, asynchronous copies at the latest',
      where: 'kernel "tickets"',
    }),
  )
  // Arrays are left alone by a run that fails.
  expect(out).toEqual(Int32Array.of(7, 7))
})

test('an error in a for-task names the line of the statement inside', () => {
  const failure = failureOf(({ g, data, on }) =>
    g.forTask(repeat(5), 0, (i) => on('store', callerLocation(), data.set([i!.add(4)], 0))),
  )
  expectAt(failure, 'sim/out-of-bounds', 'store', 'index 4 in dimension 0 of data, shape [4]')
})
