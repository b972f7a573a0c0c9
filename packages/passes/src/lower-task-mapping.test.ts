import { buildKernel, type Kernel, type KernelBuilder, printKernel, size, type Value, walkExprs } from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import { describe, expect, test } from 'vitest'
import { lowerTaskMapping } from './lower-task-mapping.js'

function kernelOf(threads: number, author: (g: KernelBuilder) => void): Kernel {
  return buildKernel({ name: 'k', threads, subgroupSize: 4, workgroups: [1, 1, 1] }, author)
}

/** The lowered body, without the lines of the kernel around it. */
function lowered(threads: number, author: (g: KernelBuilder) => void): string {
  const lines = printKernel(lowerTaskMapping.run(kernelOf(threads, author))).split('\n')
  return `\n${lines.slice(1, -1).join('\n')}\n`
}

describe('lower-task-mapping', () => {
  test('opens a loop for each repeat dimension, outermost first, and takes the workers apart', () => {
    const mapping = compose(repeat([4, 1], { unroll: true }), spatial(4, 2), repeat(1, 3))
    expect(
      lowered(8, (g) => {
        const c = g.param('c', 'i32', [16, 6])
        g.forTask(mapping, g.thread, (i, k) => c.set([i, k], i.add(k)))
      }),
    ).toMatchInlineSnapshot(`
      "
        for r in 0..4 unroll {
          for r_1 in 0..3 {
            c[r * 4 + thread / 2, thread % 2 * 3 + r_1] = r * 4 + thread / 2 + (thread % 2 * 3 + r_1)
          }
        }
      "
    `)
  })

  test('counts the tasks of a worker', () => {
    const mapping = compose(repeat([4, 1], { unroll: true }), spatial(4, 2), repeat(1, 3))
    expect(
      lowered(8, (g) => {
        const r = g.privateBuffer('r', 'i32', [12])
        g.forTask(mapping, g.thread, (i, k, position) => position && r.set([position], i.add(k)))
      }),
    ).toMatchInlineSnapshot(`
      "
        private r: i32[12]
        for r_1 in 0..4 unroll {
          for r_2 in 0..3 {
            r[r_1 * 3 + r_2] = r_1 * 4 + thread / 2 + (thread % 2 * 3 + r_2)
          }
        }
      "
    `)
  })

  test('leaves no trace of extents of 1', () => {
    expect(
      lowered(8, (g) => {
        const c = g.param('c', 'i32', [1, 8])
        g.forTask(compose(repeat(1, 1), spatial(1, 8)), g.thread, (i, j) => c.set([i, j], j))
      }),
    ).toMatchInlineSnapshot(`
      "
        c[0, thread] = thread
      "
    `)
  })

  test('guards idle workers, unless the worker is known to be one', () => {
    expect(
      lowered(8, (g) => {
        const c = g.param('c', 'i32', [8])
        const set = (i: Value): void => c.set([i], i)
        g.forTask(spatial(6), g.thread, set)
        g.forTask(spatial(6), g.thread.mod(6), set)
        g.forTask(spatial(4), g.lane, set)
        g.forTask(spatial(2), g.subgroup, set)
        g.loop('k', 2, (k) => g.forTask(spatial(8), g.thread.div(2).add(k.mul(4)), set))
        g.forTask(spatial(4), g.thread.sub(4), set)
        g.forTask(spatial(4), g.size(size('n', { max: 3 })), set)
      }),
    ).toMatchInlineSnapshot(`
      "
        size n: max 3
        if thread < 6 {
          c[thread] = thread
        }
        c[thread % 6] = thread % 6
        c[lane] = lane
        c[subgroup] = subgroup
        for k in 0..2 {
          c[thread / 2 + k * 4] = thread / 2 + k * 4
        }
        if 0 <= thread - 4 {
          c[thread - 4] = thread - 4
        }
        c[n] = n
      "
    `)
  })

  test('binds a worker that reads memory, which the body may change', () => {
    expect(
      lowered(4, (g) => {
        const turn = g.privateBuffer('turn', 'i32', [])
        turn.set([], 0)
        g.forTask(compose(spatial(2), repeat(3)), turn.at(), (i) => turn.set([], i))
      }),
    ).toMatchInlineSnapshot(`
      "
        private turn: i32[]
        turn[] = 0
        let worker: i32 = turn[]
        if 0 <= worker && worker < 2 {
          for r in 0..3 {
            turn[] = worker * 3 + r
          }
        }
      "
    `)
  })

  test('lowers a mapping inside another, whose tasks may be its workers', () => {
    expect(
      lowered(4, (g) => {
        const c = g.param('c', 'i32', [4, 4])
        g.forTask(spatial(4), g.thread, (i) =>
          g.forTask(compose(spatial(2), repeat(2)), i.div(2), (j) => c.set([i, j], 1)),
        )
      }),
    ).toMatchInlineSnapshot(`
      "
        for r in 0..2 {
          c[thread, thread / 2 * 2 + r] = 1
        }
      "
    `)
  })

  test('keeps what a task shares one expression', () => {
    const kernel = lowerTaskMapping.run(
      kernelOf(64, (g) => {
        const c = g.param('c', 'i32', [64])
        g.forTask(spatial(32, 2), g.thread, (i, j) => c.set([i.mul(2).add(j)], i.mul(i).add(j)))
      }),
    )
    const quotients = new Set()
    walkExprs(kernel.body, (node) => {
      if (node.kind === 'binary' && node.op === 'div') quotients.add(node)
    })
    expect(quotients.size).toBe(1)
  })

  test('leaves alone a kernel without task mappings', () => {
    const kernel = kernelOf(4, (g) => {
      const c = g.param('c', 'i32', [4])
      g.loop('i', 4, (i) => c.set([i], c.at(i)))
    })
    const once = lowerTaskMapping.run(kernel)
    expect(once.body).toBe(kernel.body)
    expect(once.properties).toEqual(['no-for-task'])
    expect(lowerTaskMapping.run(once)).toBe(once)
  })
})
