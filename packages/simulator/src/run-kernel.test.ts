import {
  type Buffer,
  type BufferHandle,
  buildKernel,
  loadVector,
  storeVector,
  type Value,
  variable,
} from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import { thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import type { TypedArray } from './elements.js'
import { runKernel, runKernelAllWays } from './run-kernel.js'

const buffers = (...pairs: readonly (readonly [BufferHandle, TypedArray])[]): ReadonlyMap<Buffer, TypedArray> =>
  new Map(pairs.map(([handle, array]) => [handle.buffer, array]))

/** One workgroup that writes `out`; gives what it wrote. */
function outputOf(
  threads: number,
  elements: number,
  author: (g: Parameters<Parameters<typeof buildKernel>[1]>[0], out: BufferHandle) => void,
): number[] {
  const out: BufferHandle[] = []
  const kernel = buildKernel(
    { name: 'k', threads, subgroupSize: threads % 2 === 0 ? 2 : 1, workgroups: [1, 1, 1] },
    (g) => {
      out.push(g.param('out', 'i32', [elements]))
      author(g, out[0]!)
    },
  )
  const array = new Int32Array(elements)
  runKernelAllWays(kernel, { buffers: buffers([out[0]!, array]) })
  return [...array]
}

describe('statements', () => {
  test('let keeps a value, a load is made anew each time', () => {
    const got = outputOf(1, 2, (g, out) => {
      out.set([0], 1)
      const kept = g.let('kept', out.at(0))
      out.set([0], 5)
      out.set([1], kept.add(out.at(0)))
    })
    expect(got).toEqual([5, 6])
  })

  test('for runs 0 to extent - 1, its extent evaluated once; an extent of 0 or less runs nothing', () => {
    const got = outputOf(1, 4, (g, out) => {
      const n = g.privateBuffer('n', 'i32', [])
      n.set([], 3)
      g.loop('i', n.at(), (i) => {
        n.set([], 4)
        out.set([i], i.add(10))
      })
      g.loop('i', -1, () => out.set([3], 99))
    })
    expect(got).toEqual([10, 11, 12, 0])
  })

  test('for-task gives each worker its tasks in order, and workers outside the mapping none', () => {
    const order = outputOf(4, 12, (g, out) => {
      const count = g.privateBuffer('count', 'i32', [])
      count.set([], 0)
      // Threads 0 and 3 are workers -1 and 2: the mapping has workers 0 and 1.
      g.forTask(compose(repeat(3, 1), spatial(1, 2)), g.thread.sub(1), (i, j) => {
        out.set([i!.mul(4).add(j!)], g.thread.mul(10).add(count.at()))
        count.update([], (c) => c.add(1))
      })
    })
    expect(order).toEqual([10, 20, 0, 0, 11, 21, 0, 0, 12, 22, 0, 0])
  })

  test('if takes one branch', () => {
    const got = outputOf(2, 2, (g, out) => {
      g.if(
        g.thread.eq(0),
        () => out.set([0], 1),
        () => out.set([1], 2),
      )
      g.if(g.thread.lt(0), () => out.set([0], 9))
    })
    expect(got).toEqual([1, 2])
  })

  test('stores narrow and loads widen', () => {
    const kernel = buildKernel({ name: 'narrow', threads: 1, workgroups: [1, 1, 1] }, (g) => {
      const [f16, i8, u8, bool] = [
        g.param('f16', 'f16', [2]),
        g.param('i8', 'i8', [2]),
        g.param('u8', 'u8', [2]),
        g.param('bool', 'bool', [2]),
      ]
      f16.set([1], f16.at(0).add(2049))
      i8.set([1], i8.at(0).add(100))
      u8.set([1], u8.at(0).add(100))
      bool.set([1], bool.at(0).not())
    })
    const arrays = [Uint16Array.of(0x3c00, 0), Int8Array.of(100, 0), Uint8Array.of(200, 0), Uint8Array.of(0, 0)]
    runKernel(kernel, { buffers: new Map(kernel.params.map((param, i) => [param, arrays[i]!])) })
    // 2050 is a tie of half precision's step of 2 there; -56 and 44 are wrapped.
    expect(arrays).toEqual([
      Uint16Array.of(0x3c00, 0x6801),
      Int8Array.of(100, -56),
      Uint8Array.of(200, 44),
      Uint8Array.of(0, 1),
    ])
  })

  test('vectors move consecutive elements; a load-vector whose guard is false gives zeros', () => {
    const got = outputOf(2, 16, (g, out) => {
      g.loop('i', 8, (i) => g.if(g.thread.eq(0), () => out.set([i], i.add(1))))
      g.barrier('workgroup', 'storage')
      const lanes = [0, 1, 2, 3].map((lane) => variable(`v${lane}`))
      const guard = g.thread.eq(0).expr
      g.emit(loadVector(lanes, out.buffer, g.thread.mul(400).add(4).expr, guard))
      g.emit(storeVector(out.buffer, g.thread.mul(4).add(8).expr, lanes))
    })
    expect(got).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8, 0, 0, 0, 0])
  })

  test('atomics update indivisibly and give what was there before', () => {
    const got = outputOf(4, 4, (g, out) => {
      const seen = g.privateBuffer('seen', 'i32', [])
      seen.set([], g.atomic('add', out, [0], g.thread))
      g.atomic('max', out, [1], g.thread)
      g.atomic('min', out, [2], g.thread.neg())
      // Each thread has seen a sum of some of the others; only whether it is in range does not depend on the order.
      g.atomic('max', out, [3], seen.at().lt(7).select(g.constant('i32', 1), 100))
    })
    expect(got).toEqual([6, 3, -3, 1])
  })

  test('u32 atomics compare and wrap without a sign', () => {
    const kernel = buildKernel({ name: 'u', threads: 1, workgroups: [1, 1, 1] }, (g) => {
      const u = g.param('u', 'u32', [3])
      g.atomic('add', u, [0], g.constant('u32', 2))
      g.atomic('max', u, [1], g.constant('u32', 2 ** 31))
      g.atomic('min', u, [2], g.constant('u32', 2 ** 31))
    })
    const u = Uint32Array.of(2 ** 32 - 1, 1, 1)
    runKernel(kernel, { buffers: new Map([[kernel.params[0]!, u]]) })
    expect(u).toEqual(Uint32Array.of(1, 2 ** 31, 1))
  })

  test('private buffers are one a thread', () => {
    const got = outputOf(3, 3, (g, out) => {
      const mine = g.privateBuffer('mine', 'i32', [2])
      mine.set([1], g.thread)
      out.set([g.thread], mine.at(1))
    })
    expect(got).toEqual([0, 1, 2])
  })

  test('workgroup memory is seen by the others after a barrier, subgroup memory after a subgroup barrier', () => {
    const got = outputOf(4, 8, (g, out) => {
      const shared = g.workgroupBuffer('shared', 'i32', [4])
      shared.set([g.thread], g.thread.mul(10))
      g.barrier('subgroup')
      out.set([g.thread], shared.at(g.subgroup.mul(2).add(1).sub(g.lane)))
      g.barrier()
      out.set([g.thread.add(4)], shared.at(g.thread.bitXor(2)))
    })
    expect(got).toEqual([10, 0, 30, 20, 20, 30, 0, 10])
  })

  test('a barrier in a loop and in a uniform branch', () => {
    const got = outputOf(3, 3, (g, out) => {
      const shared = g.workgroupBuffer('shared', 'i32', [3])
      shared.set([g.thread], 1)
      g.loop('round', 2, (round) => {
        g.if(round.lt(5), () => g.barrier())
        const left = g.let('left', shared.at(g.thread.add(2).mod(3)))
        g.barrier()
        shared.update([g.thread], (own) => own.add(left))
      })
      out.set([g.thread], shared.at(g.thread))
    })
    expect(got).toEqual([4, 4, 4])
  })

  test('threads that pass a barrier under a for-task of equal tasks', () => {
    const got = outputOf(2, 2, (g, out) => {
      const shared = g.workgroupBuffer('shared', 'i32', [2])
      g.forTask(repeat(2), 0, (task) => {
        shared.set([g.thread], task!)
        g.barrier()
        out.set([g.thread], shared.at(g.thread.bitXor(1)))
        g.barrier()
      })
    })
    expect(got).toEqual([1, 1])
  })
})

test('a value of another kernel is named, with the statement that uses it', () => {
  const values: Value[] = []
  outputOf(1, 1, (g, out) => {
    out.set([0], 1)
    values.push(g.let('kept', out.at(0)))
  })
  const foreign = values[0]!
  expect(thrownBy(() => outputOf(1, 1, (_, out) => out.set([0], foreign)))).toMatchObject({
    name: 'SimulatorError',
    code: 'sim/unbound',
    message: 'variable "kept" is used where it is not bound',
    where: expect.stringMatching(/run-kernel\.test\.ts:\d+:\d+ \(store to "out"\)$/),
  })
})

describe('launches', () => {
  const grid = () => {
    const handles: BufferHandle[] = []
    const kernel = buildKernel({ name: 'grid', threads: 1, workgroups: [2, 3, 2] }, (g) => {
      const out = g.param('out', 'i32', [2, 3, 2])
      handles.push(out)
      const { x, y, z } = g.workgroup
      out.set([z, y, x], z.mul(100).add(y.mul(10)).add(x).add(1))
    })
    return { kernel, out: handles[0]! }
  }

  test('run every workgroup once', () => {
    const { kernel, out } = grid()
    const array = new Int32Array(12)
    expect(runKernel(kernel, { buffers: buffers([out, array]) }).workgroups).toBe(12)
    expect([...array]).toEqual([1, 2, 11, 12, 21, 22, 101, 102, 111, 112, 121, 122])
  })

  test('with tasks of workers that are not there are refused', () => {
    const kernel = buildKernel({ name: 'k', threads: 8, workgroups: [1, 1, 1] }, (g) => {
      const x = g.param('x', 'f32', [64])
      g.forTask(spatial(64), g.thread, (i) => x.set([i], 1))
    })
    const buffers = new Map(kernel.params.map((param) => [param, new Float32Array(64)]))
    expect(() => runKernel(kernel, { buffers })).toThrow(
      expect.objectContaining({
        code: 'sim/missing-workers',
        message: 'spatial(64) has 64 workers; there are 8 threads',
        where: expect.stringContaining('run-kernel.test.ts'),
      }),
    )
  })

  test('run only the workgroup asked for', () => {
    const { kernel, out } = grid()
    const array = new Int32Array(12)
    expect(runKernel(kernel, { buffers: buffers([out, array]), workgroups: [1, 2, 0] }).workgroups).toBe(1)
    expect([...array]).toEqual([0, 0, 0, 0, 0, 22, 0, 0, 0, 0, 0, 0])
    expect(() => runKernel(kernel, { buffers: buffers([out, array]), workgroups: [2, 0, 0] })).toThrow(
      'workgroup (2, 0, 0) of a launch of (2, 3, 2)',
    )
  })

  test('with no workgroups run nothing', () => {
    const kernel = buildKernel({ name: 'none', threads: 1, workgroups: [0, 1, 1] }, (g) =>
      g.param('out', 'f32', [0]).set([0], 1),
    )
    const run = { buffers: new Map([[kernel.params[0]!, new Float32Array(0)]]) }
    expect(runKernelAllWays(kernel, run).workgroups).toBe(0)
  })

  test('order runs threads between synchronisations, and workgroups, up or down', () => {
    const ticket: BufferHandle[] = []
    const kernel = buildKernel({ name: 'tickets', threads: 2, workgroups: [2, 1, 1] }, (g) => {
      const [next, out] = [g.param('next', 'i32', [1]), g.param('out', 'i32', [4])]
      ticket.push(next, out)
      const mine = g.let('mine', g.atomic('add', next, [0], 1))
      out.set([g.workgroup.x.mul(2).add(g.thread)], mine)
    })
    const run = (order: 'ascending' | 'descending'): number[] => {
      const out = new Int32Array(4)
      runKernel(kernel, { buffers: buffers([ticket[0]!, new Int32Array(1)], [ticket[1]!, out]), order })
      return [...out]
    }
    expect(run('ascending')).toEqual([0, 1, 2, 3])
    expect(run('descending')).toEqual([3, 2, 1, 0])
  })

  test('buffers are checked', () => {
    const { kernel, out } = grid()
    const message = (array?: TypedArray): unknown => {
      try {
        runKernel(kernel, { buffers: array === undefined ? new Map() : buffers([out, array]) })
      } catch (error) {
        return error
      }
      return undefined
    }
    const given = 'buffer "out" (12 elements of i32, shape [2, 3, 2]) is given'
    expect(message()).toMatchObject({ code: 'sim/invalid-buffer', message: `${given} nothing` })
    expect(message(new Int32Array(11))).toMatchObject({ message: `${given} Int32Array of 11` })
    expect(message(new Float32Array(12))).toMatchObject({ message: `${given} Float32Array of 12` })
    const named = new Map([['out', new Int32Array(12)]])
    expect(thrownBy(() => Reflect.apply(runKernel, undefined, [kernel, { buffers: named }]))).toMatchObject({
      code: 'sim/invalid-buffer',
      message: 'the Map of buffers has the text "out" for a key; its keys are the buffers of kernel.params',
      help: expect.stringContaining('new Map([[kernel.params[0], '),
    })
    for (const run of [undefined, {}, { buffers: { out: new Int32Array(12) } }]) {
      expect(() => Reflect.apply(runKernel, undefined, [kernel, run])).toThrow(
        expect.objectContaining({
          code: 'sim/invalid-buffer',
          message: 'the buffers are no Map from parameters to arrays',
        }),
      )
    }
  })

  test('a written buffer shares its array with no other', () => {
    const kernel = buildKernel({ name: 'alias', threads: 1, workgroups: [1, 1, 1] }, (g) => {
      const [a, b] = [g.param('a', 'i32', [1]), g.param('b', 'i32', [1])]
      b.set([0], a.at(0))
    })
    const array = new Int32Array(1)
    expect(() => runKernel(kernel, { buffers: new Map(kernel.params.map((param) => [param, array])) })).toThrow(
      'buffer "b" is written and shares its array with "a"',
    )
  })
})
