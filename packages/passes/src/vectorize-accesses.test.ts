import { type BufferHandle, buildKernel, type Kernel, type KernelBuilder, printKernel, size } from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import { flattenIndices } from './flatten-indices.js'
import { vectorizeAccesses } from './vectorize-accesses.js'

const n = size('N', { multipleOf: 4 })
const vectors = vectorizeAccesses({ lanes: 4 })

interface Params {
  readonly x: BufferHandle
  readonly c: BufferHandle
}

function kernelOf(author: (g: KernelBuilder, params: Params) => void): Kernel {
  const kernel = buildKernel({ name: 'k', threads: 64, workgroups: [1, 1, 1] }, (g) =>
    author(g, { x: g.param('x', 'f32', [n]), c: g.param('c', 'f32', [n]) }),
  )
  return flattenIndices.run(kernel)
}

function vectorized(author: (g: KernelBuilder, params: Params) => void): string {
  const lines = printKernel(vectors.run(kernelOf(author))).split('\n')
  return `\n${lines.slice(2, -1).join('\n')}\n`
}

const isAlone = (author: (g: KernelBuilder, params: Params) => void): void => {
  const kernel = kernelOf(author)
  expect(vectors.run(kernel)).toBe(kernel)
}

const four = [0, 1, 2, 3]

describe('vectorize-accesses', () => {
  test('merges loads in one expression, and stores in a line', () => {
    expect(
      vectorized((g, { x, c }) => {
        const i = g.thread.mul(4)
        const sum = g.let(
          'sum',
          four.map((lane) => x.at(i.add(lane))).reduce((a, b) => a.add(b)),
        )
        for (const lane of four) c.set([i.add(lane)], sum.mul(lane))
      }),
    ).toMatchInlineSnapshot(`
      "
        let (x_1, x_2, x_3, x_4): f32 = vector x[thread * 4]
        let sum: f32 = x_1 + x_2 + x_3 + x_4
        vector c[thread * 4] = (sum * 0, sum * 1, sum * 2, sum * 3)
      "
    `)
  })

  test('merges in any order, with what lies between, up to two vectors', () => {
    expect(
      vectorized((g, { x }) => {
        const r = g.privateBuffer('r', 'f32', [8])
        for (const at of [5, 2, 0, 7, 1, 6, 3, 4]) r.set([at], x.at(g.workgroup.x.mul(8).add(at)))
      }),
    ).toMatchInlineSnapshot(`
      "
        private r: f32[8]
        let (x_1, x_2, x_3, x_4): f32 = vector x[workgroup.x * 8 + 4]
        r[5] = x_2
        let (x_5, x_6, x_7, x_8): f32 = vector x[workgroup.x * 8]
        r[2] = x_7
        r[0] = x_5
        r[7] = x_4
        r[1] = x_6
        r[6] = x_3
        r[3] = x_8
        r[4] = x_1
      "
    `)
  })

  test('merges loads under equal guards, and guards that are equal for the lanes of a vector', () => {
    expect(
      vectorized((g, { x }) => {
        const r = g.privateBuffer('r', 'f32', [8])
        for (const lane of four) {
          r.set([lane], g.thread.lt(9).select(x.at(g.thread.mul(4).add(lane)), 0))
          r.set([lane + 4], x.atOrZero(g.thread.mul(8).add(lane)).mul(2))
        }
      }),
    ).toMatchInlineSnapshot(`
      "
        private r: f32[8]
        let (x_1, x_2, x_3, x_4): f32 = vector x[thread * 4] if thread < 9
        r[0] = x_1
        let (x_5, x_6, x_7, x_8): f32 = vector x[thread * 8] if thread * 8 < N
        r[4] = x_5 * 2
        r[1] = x_2
        r[5] = x_6 * 2
        r[2] = x_3
        r[6] = x_7 * 2
        r[3] = x_4
        r[7] = x_8 * 2
      "
    `)
  })

  test('works in place: an element is read before it is written', () => {
    expect(
      vectorized((g, { x }) => {
        for (const lane of four) x.update([g.thread.mul(4).add(lane)], (old) => old.add(1))
      }),
    ).toMatchInlineSnapshot(`
      "
        let (x_1, x_2, x_3, x_4): f32 = vector x[thread * 4]
        vector x[thread * 4] = (x_1 + 1, x_2 + 1, x_3 + 1, x_4 + 1)
      "
    `)
  })

  test('takes a value early that is overwritten before the last store', () => {
    expect(
      vectorized((g, { c }) => {
        const r = g.privateBuffer('r', 'f32', [])
        for (const lane of four) {
          r.set([], lane)
          c.set([g.thread.mul(4).add(lane)], r.at())
        }
      }),
    ).toMatchInlineSnapshot(`
      "
        private r: f32[]
        r[] = 0
        let c_1: f32 = r[]
        r[] = 1
        let c_2: f32 = r[]
        r[] = 2
        let c_3: f32 = r[]
        r[] = 3
        vector c[thread * 4] = (c_1, c_2, c_3, r[])
      "
    `)
  })

  test('tiles in workgroup memory too, and one vector load for a load that is repeated', () => {
    expect(
      vectorized((g, { c }) => {
        const tile = g.workgroupBuffer('tile', 'f32', [4, 64])
        for (const lane of four) tile.set([lane, g.thread], 1)
        g.barrier()
        const row = g.thread.mod(4)
        for (const lane of four) c.set([g.thread.mul(4).add(lane)], tile.at(row, lane).add(tile.at(row, 0)))
      }),
    ).toMatchInlineSnapshot(`
      "
        workgroup tile: f32[256]
        tile[thread] = 1
        tile[64 + thread] = 1
        tile[128 + thread] = 1
        tile[192 + thread] = 1
        barrier
        vector c[thread * 4] = (tile[thread % 4 * 64] + tile[thread % 4 * 64], tile[thread % 4 * 64 + 1] + tile[thread % 4 * 64], tile[thread % 4 * 64 + 2] + tile[thread % 4 * 64], tile[thread % 4 * 64 + 3] + tile[thread % 4 * 64])
      "
    `)
  })

  test('one element type per buffer and kernel: a scalar store keeps all of a buffer scalar', () => {
    isAlone((g, { c }) => {
      for (const lane of four) c.set([g.thread.mul(4).add(lane)], 1)
      const sum = g.let(
        'sum',
        four.map((lane) => c.at(lane)).reduce((a, b) => a.add(b)),
      )
      g.if(g.thread.eq(0), () => c.set([g.size(n).sub(1)], sum))
    })
  })

  test('leaves alone what is not aligned, not complete, or of another address', () => {
    isAlone((g, { x, c }) => {
      for (const lane of four) c.set([g.thread.mul(2).add(lane)], 1)
      g.let(
        'y',
        x
          .at(g.thread.mul(4))
          .add(x.at(g.thread.mul(4).add(1)))
          .add(x.at(g.thread.mul(4).add(3))),
      )
    })
    isAlone((g, { x }) => {
      for (const lane of [1, 2, 3, 4]) g.let('y', x.at(g.thread.mul(4).add(lane)))
    })
    isAlone((g, { x }) => {
      const at = g.privateBuffer('at', 'i32', [])
      at.set([], 4)
      for (const lane of four) g.let('y', x.at(at.at().add(lane)))
    })
  })

  test('leaves alone loads that are not certain: in an arm, behind `and`, in a nested body, under unequal guards', () => {
    isAlone((g, { x }) => {
      const at = (lane: number) => x.at(g.thread.mul(4).add(lane))
      const isSmall = g.thread.lt(9)
      for (const lane of four) g.let('arm', isSmall.select(at(lane).add(1), 0))
      for (const lane of four) g.let('one', isSmall.select(at(lane), 1))
      for (const lane of four) g.let('and', isSmall.and(at(lane).lt(1)))
      for (const lane of four) g.if(isSmall, () => void g.let('if', at(lane)))
      for (const lane of four) g.let('guard', g.thread.lt(lane).select(at(lane), 0))
    })
  })

  test('never passes a write that may be to the same element, nor a barrier', () => {
    isAlone((g, { x, c }) => {
      const at = (lane: number) => g.thread.mul(4).add(lane)
      const y = g.let('y', x.at(at(0)).add(x.at(at(1))))
      x.set([g.workgroup.x], 1)
      g.let(
        'z',
        x
          .at(at(2))
          .add(x.at(at(3)))
          .add(y),
      )
      c.set([at(0)], 1)
      c.set([at(1)], 1)
      g.barrier('workgroup', 'storage')
      c.set([at(2)], 1)
      c.set([at(3)], 1)
    })
    isAlone((g, { c }) => {
      const at = (lane: number) => g.thread.mul(4).add(lane)
      c.set([at(0)], 1)
      c.set([at(1)], 1)
      g.let('y', c.at(g.workgroup.x))
      c.set([at(2)], 1)
      c.set([at(3)], 1)
    })
  })

  test('a load that follows the vector store is not moved before it', () => {
    expect(
      vectorized((g, { x }) => {
        const at = (lane: number) => g.thread.mul(4).add(lane)
        x.set([at(0)], x.at(at(1)))
        for (const lane of [1, 2, 3]) x.set([at(lane)], 1)
        g.let(
          'late',
          x
            .at(at(0))
            .add(x.at(at(2)))
            .add(x.at(at(3))),
        )
      }),
    ).toMatchInlineSnapshot(`
      "
        vector x[thread * 4] = (x[thread * 4 + 1], 1, 1, 1)
        let late: f32 = x[thread * 4] + x[thread * 4 + 2] + x[thread * 4 + 3]
      "
    `)
  })

  test('a vector store does not move behind a vector load that has moved up', () => {
    expect(
      vectorized((g, { x }) => {
        const at = (lane: number) => g.thread.mul(4).add(lane)
        for (const lane of [2, 3]) x.set([at(lane)], 1)
        const early = [1, 0].map((lane) => g.let('early', x.at(at(lane))))
        for (const lane of [1, 0]) x.set([at(lane)], early[lane]!)
        g.let('late', x.at(at(2)).add(x.at(at(3))))
      }),
    ).toMatchInlineSnapshot(`
      "
        x[thread * 4 + 2] = 1
        x[thread * 4 + 3] = 1
        let early: f32 = x[thread * 4 + 1]
        let early_1: f32 = x[thread * 4]
        x[thread * 4 + 1] = early_1
        x[thread * 4] = early
        let late: f32 = x[thread * 4 + 2] + x[thread * 4 + 3]
      "
    `)
  })

  test('asks for a base that is bound before the first of the loads', () => {
    isAlone((g, { x }) => {
      const i = g.thread.mul(4)
      g.let(
        'a',
        x
          .at(i.add(1))
          .add(x.at(i.add(2)))
          .add(x.at(i.add(3))),
      )
      const late = g.let('late', i)
      g.let('b', x.at(late))
    })
  })
})
