import { type Buffer, buildKernel, type DType, type Kernel } from '@tilewright/ir'
import { compose, repeat, spatial, type TaskMapping, tasks } from '@tilewright/task-mapping'
import { describe, expect, test } from 'vitest'
import { numberToHalf, type TypedArray } from './elements.js'
import { runKernel, runKernelAllWays } from './run-kernel.js'

const bind = (kernel: Kernel, ...arrays: readonly TypedArray[]): ReadonlyMap<Buffer, TypedArray> =>
  new Map(kernel.params.map((param, i) => [param, arrays[i]!]))

describe('async copies', () => {
  /** Sums tiles of four elements, the next tile on its way while one is used; copies beyond the end are zeros. */
  const pipeline = (tiles: number, pending: number): Kernel =>
    buildKernel({ name: 'pipeline', threads: 4, workgroups: [1, 1, 1] }, (g) => {
      const [input, output] = [g.param('input', 'f32', [tiles * 4]), g.param('output', 'f32', [4])]
      const stages = g.workgroupBuffer('stages', 'f32', [2, 4])
      const sum = g.privateBuffer('sum', 'f32', [])
      sum.set([], 0)
      const fetch = (tile: Parameters<typeof g.let>[1]): void => {
        const at = g.let('at', tile)
        const inside = at.lt(tiles)
        g.asyncCopy(stages, [at.mod(2), g.thread], input, [at.mul(4).add(g.thread)], 1, inside)
        g.asyncCommit()
      }
      fetch(g.constant('i32', 0))
      g.loop('tile', tiles, (tile) => {
        fetch(tile.add(1))
        g.asyncWait(pending)
        g.barrier()
        g.loop('i', 4, (i) => sum.update([], (s) => s.add(stages.at(tile.mod(2), i))))
        g.barrier()
      })
      output.set([g.thread], sum.at())
    })
  const input = Float32Array.from({ length: 12 }, (_, i) => i)

  test('a double-buffered pipeline, at both moments and in both orders', () => {
    const kernel = pipeline(3, 1)
    const output = new Float32Array(4)
    runKernelAllWays(kernel, { buffers: bind(kernel, input, output) })
    expect(output).toEqual(Float32Array.of(66, 66, 66, 66))
  })

  test.each(['latest', 'earliest'] as const)(
    'waiting for a group too few is caught at the %s moment',
    (asyncCopies) => {
      const kernel = pipeline(3, 2)
      expect(() => runKernel(kernel, { buffers: bind(kernel, input, new Float32Array(4)), asyncCopies })).toThrow(
        expect.objectContaining({ code: 'sim/async-hazard' }),
      )
    },
  )

  test('a copy moves consecutive elements, and zeros where its guard is false, without reading the source', () => {
    const kernel = buildKernel({ name: 'zeros', threads: 2, workgroups: [1, 1, 1] }, (g) => {
      const [from, to] = [g.param('from', 'i8', [2, 2]), g.param('to', 'i32', [2, 4])]
      const tile = g.workgroupBuffer('tile', 'i8', [2, 4])
      g.asyncCopy(tile, [g.thread, 0], from, [g.thread.mul(5), 0], 4, g.thread.eq(0))
      g.asyncCommit()
      g.asyncWait(0)
      g.loop('i', 4, (i) => to.set([g.thread, i], tile.at(g.thread, i)))
    })
    const to = new Int32Array(8).fill(9)
    runKernelAllWays(kernel, { buffers: bind(kernel, Int8Array.of(1, -2, 3, -4), to) })
    expect([...to]).toEqual([1, -2, 3, -4, 0, 0, 0, 0])
  })
})

describe('mbarriers', () => {
  /** Threads 0 and 1 produce squares into a ring of `slots`, threads 2 and 3 consume them. */
  const warpSpecialised = (options: { readonly waitForEmpty: boolean; readonly rounds: number }): Kernel =>
    buildKernel({ name: 'ring', threads: 4, subgroupSize: 2, workgroups: [1, 1, 1] }, (g) => {
      const slots = 2
      const output = g.param('output', 'i32', [options.rounds, 2])
      const ring = g.workgroupBuffer('ring', 'i32', [slots, 2])
      const [full, empty] = [g.mbarrier('full', slots, 2), g.mbarrier('empty', slots, 2)]
      const phase = (round: typeof g.thread) => round.div(slots).mod(2)
      g.if(
        g.subgroup.eq(0),
        () =>
          g.loop('round', options.rounds, (round) => {
            const slot = g.let('slot', round.mod(slots))
            // A fresh slot counts as emptied: the wait for parity 1 returns at once in the first turn of the ring.
            if (options.waitForEmpty) g.wait(empty, slot, g.constant('i32', 1).sub(phase(round)))
            ring.set([slot, g.lane], round.mul(round).add(g.lane))
            g.arrive(full, slot)
          }),
        () =>
          g.loop('round', options.rounds, (round) => {
            const slot = g.let('slot', round.mod(slots))
            g.wait(full, slot, phase(round))
            // Each consumer reads what the other producer lane wrote.
            output.set([round, g.lane], ring.at(slot, g.lane.bitXor(1)))
            g.arrive(empty, slot)
          }),
      )
    })

  test('a producer and a consumer with full and empty slots', () => {
    const kernel = warpSpecialised({ waitForEmpty: true, rounds: 5 })
    const output = new Int32Array(10)
    runKernelAllWays(kernel, { buffers: bind(kernel, output) })
    expect([...output]).toEqual([1, 0, 2, 1, 5, 4, 10, 9, 17, 16])
  })

  test.each(['ascending', 'descending'] as const)('a producer that laps its consumers, %s', (order) => {
    const kernel = warpSpecialised({ waitForEmpty: false, rounds: 3 })
    expect(() => runKernel(kernel, { buffers: bind(kernel, new Int32Array(6)), order })).toThrow(
      expect.objectContaining({
        code: 'sim/deadlock',
        message: expect.stringContaining('waits for parity 0 of full, which has 0 of 2 arrivals in phase 2'),
      }),
    )
  })

  test('an arrival covers what was done before it, not what follows', () => {
    const run = (arriveFirst: boolean, order: 'ascending' | 'descending'): number => {
      const kernel = buildKernel({ name: 'cover', threads: 2, workgroups: [1, 1, 1] }, (g) => {
        const output = g.param('output', 'i32', [1])
        const box = g.workgroupBuffer('box', 'i32', [1])
        const ready = g.mbarrier('ready', 1, 1)
        g.if(
          g.thread.eq(0),
          () => {
            if (arriveFirst) g.arrive(ready, 0)
            box.set([0], 7)
            if (!arriveFirst) g.arrive(ready, 0)
          },
          () => {
            g.wait(ready, 0, 0)
            output.set([0], box.at(0))
          },
        )
      })
      const output = new Int32Array(1)
      runKernel(kernel, { buffers: bind(kernel, output), order })
      return output[0]!
    }
    for (const order of ['ascending', 'descending'] as const) {
      expect(run(false, order)).toBe(7)
      expect(() => run(true, order)).toThrow(expect.objectContaining({ code: 'sim/data-race' }))
    }
  })
})

/** Runs D = A·B + D on one subgroup, each fragment by its map. */
function multiply(
  maps: { readonly a: TaskMapping; readonly b: TaskMapping; readonly d: TaskMapping },
  dtype: DType,
  right = dtype,
) {
  const [m, n, k] = [4, 4, 8]
  const sums = dtype === 'i8' || dtype === 'u8' ? 'i32' : 'f32'
  return buildKernel({ name: 'mma', threads: 8, subgroupSize: 4, workgroups: [1, 1, 1] }, (g) => {
    const [a, b, d] = [g.param('a', dtype, [2, m, k]), g.param('b', right, [2, k, n]), g.param('d', sums, [2, m, n])]
    const [fa, fb, fd] = [
      g.privateBuffer('fa', dtype, [(m * k) / 4]),
      g.privateBuffer('fb', right, [(k * n) / 4]),
      g.privateBuffer('fd', sums, [(m * n) / 4]),
    ]
    const each = (map: TaskMapping, visit: (i: typeof g.lane, j: typeof g.lane, r: typeof g.lane) => void): void => {
      const r = g.privateBuffer('r', 'i32', [])
      r.set([], 0)
      g.forTask(map, g.lane, (i, j) => {
        visit(i!, j!, r.at())
        r.update([], (old) => old.add(1))
      })
    }
    each(maps.a, (i, j, r) => fa.set([r], a.at(g.subgroup, i, j)))
    each(maps.b, (i, j, r) => fb.set([r], b.at(g.subgroup, i, j)))
    each(maps.d, (i, j, r) => fd.set([r], d.at(g.subgroup, i, j)))
    g.matrixMultiply(
      { buffer: fa.buffer, map: maps.a },
      { buffer: fb.buffer, map: maps.b },
      { buffer: fd.buffer, map: maps.d },
    )
    each(maps.d, (i, j, r) => d.set([g.subgroup, i, j], fd.at(r)))
  })
}

describe('matrix-multiply', () => {
  const maps = {
    a: compose(repeat(1, 4), spatial([4, 1]), repeat(1, 2)),
    b: compose(repeat(4, 1), spatial([1, 4]), repeat(2, 1)),
    d: compose(repeat(2, 1), spatial(2, 2), repeat(1, 2)),
  }
  const a = Float32Array.from({ length: 64 }, (_, i) => ((i * 7) % 11) - 5.25)
  const b = Float32Array.from({ length: 64 }, (_, i) => ((i * 5) % 13) - 6.5)
  const d = Float32Array.from({ length: 32 }, (_, i) => i / 3)

  test('puts the fragments of each subgroup together by their maps', () => {
    expect(tasks(maps.a, 1)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((column) => [1, column]))
    const kernel = multiply(maps, 'f32')
    const got = Float32Array.from(d)
    runKernelAllWays(kernel, { buffers: bind(kernel, a, b, got) })
    const expected = Float32Array.from(d, (initial, at) => {
      const [tile, i, j] = [Math.floor(at / 16), Math.floor(at / 4) % 4, at % 4]
      let sum = initial
      for (let k = 0; k < 8; k++) {
        sum = Math.fround(sum + Math.fround(a[tile * 32 + i * 8 + k]! * b[tile * 32 + k * 4 + j]!))
      }
      return sum
    })
    expect(got).toEqual(expected)
  })

  test('takes f16 operands', () => {
    const kernel = multiply(maps, 'f16')
    const halves = [a, b].map((values) => Uint16Array.from(values, numberToHalf))
    const [wide, narrow] = [Float32Array.from(d), Float32Array.from(d)]
    const exact = multiply(maps, 'f32')
    runKernel(exact, { buffers: bind(exact, a, b, wide) })
    runKernel(kernel, { buffers: bind(kernel, halves[0]!, halves[1]!, narrow) })
    expect(narrow).toEqual(wide)
  })

  test('of bytes, signed or not, is exact modulo 2^32', () => {
    const kernel = multiply(maps, 'u8', 'i8')
    const left = Uint8Array.from({ length: 64 }, (_, i) => 255 - i)
    const right = Int8Array.from({ length: 64 }, (_, i) => i - 128)
    const got = new Int32Array(32).fill(-(2 ** 31))
    runKernelAllWays(kernel, { buffers: bind(kernel, left, right, got) })
    const expected = Int32Array.from({ length: 32 }, (_, at) => {
      const [tile, i, j] = [Math.floor(at / 16), Math.floor(at / 4) % 4, at % 4]
      const terms = Array.from({ length: 8 }, (_, k) => left[tile * 32 + i * 8 + k]! * right[tile * 32 + k * 4 + j]!)
      return (terms.reduce((sum, term) => sum + term) - 2 ** 31) | 0
    })
    expect(got).toEqual(expected)
  })

  test('needs the whole subgroup', () => {
    const kernel = buildKernel({ name: 'half', threads: 4, subgroupSize: 4, workgroups: [1, 1, 1] }, (g) => {
      const f = g.privateBuffer('f', 'f32', [1])
      const fragment = { buffer: f.buffer, map: spatial(2, 2) }
      f.set([0], 0)
      g.if(g.lane.lt(3), () => g.matrixMultiply(fragment, fragment, fragment))
    })
    expect(() => runKernel(kernel, { buffers: new Map() })).toThrow(
      expect.objectContaining({ code: 'sim/divergent-barrier', message: 'thread 0 waits; thread 3 has ended' }),
    )
  })

  test('reports a fragment that was not filled', () => {
    const kernel = buildKernel({ name: 'empty', threads: 4, subgroupSize: 4, workgroups: [1, 1, 1] }, (g) => {
      const f = g.privateBuffer('f', 'f32', [1])
      const fragment = { buffer: f.buffer, map: spatial(2, 2) }
      g.matrixMultiply(fragment, fragment, fragment)
    })
    expect(() => runKernel(kernel, { buffers: new Map() })).toThrow(
      expect.objectContaining({ code: 'sim/uninitialised-read', message: 'f[0] is read before it is written' }),
    )
  })
})
