import {
  type BufferHandle,
  boundVars,
  buildKernel,
  type Kernel,
  type KernelBuilder,
  printKernel,
  type Var,
  walkStmts,
} from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import { unrollLoops } from './unroll-loops.js'

const unrolled = { unroll: true }

function kernelOf(author: (g: KernelBuilder, a: BufferHandle) => void): Kernel {
  return buildKernel({ name: 'k', threads: 1, workgroups: [1, 1, 1] }, (g) => author(g, g.param('a', 'f32', [64])))
}

function bodyOf(kernel: Kernel): string {
  return `\n${printKernel(kernel).split('\n').slice(1, -1).join('\n')}\n`
}

describe('unroll-loops', () => {
  test('repeats bodies with variables and private buffers of their own', () => {
    const kernel = kernelOf((g, a) =>
      g.loop(
        'i',
        2,
        (i) => {
          const t = g.privateBuffer('t', 'f32', [])
          const x = g.let('x', a.at(i))
          t.set([], x)
          g.loop('k', g.size(3).add(i), (k) => a.set([k], t.at().mul(x)))
        },
        unrolled,
      ),
    )
    const result = unrollLoops().run(kernel)
    expect(bodyOf(result)).toMatchInlineSnapshot(`
      "
        private t: f32[]
        let x: f32 = a[0]
        t[] = x
        for k in 0..3 {
          a[k] = t[] * x
        }
        private t_1: f32[]
        let x_1: f32 = a[1]
        t_1[] = x_1
        for k in 0..4 {
          a[k] = t_1[] * x_1
        }
      "
    `)
    const bound: Var[] = []
    walkStmts(result.body, (stmt) => bound.push(...boundVars(stmt)))
    expect(new Set(bound).size).toBe(bound.length)
  })

  test('unrolls nests, and conditions on their variables go away', () => {
    const kernel = kernelOf((g, a) =>
      g.loop(
        'i',
        2,
        (i) =>
          g.loop(
            'j',
            2,
            (j) =>
              g.if(
                i.lt(j),
                () => a.set([i.mul(2).add(j)], 1),
                () => a.set([j], 2),
              ),
            unrolled,
          ),
        unrolled,
      ),
    )
    expect(bodyOf(unrollLoops().run(kernel))).toMatchInlineSnapshot(`
      "
        a[0] = 2
        a[1] = 1
        a[0] = 2
        a[1] = 2
      "
    `)
  })

  test('keeps a loop that would become too much, and unrolls those inside it', () => {
    const kernel = kernelOf((g, a) =>
      g.loop('i', 8, (i) => g.loop('j', 2, (j) => a.set([i.mul(2).add(j)], 1), unrolled), unrolled),
    )
    expect(bodyOf(unrollLoops({ maxStatements: 15 }).run(kernel))).toMatchInlineSnapshot(`
      "
        for i in 0..8 unroll {
          a[i * 2] = 1
          a[i * 2 + 1] = 1
        }
      "
    `)
    expect(
      bodyOf(unrollLoops({ maxStatements: 16 }).run(kernel))
        .trim()
        .split('\n'),
    ).toHaveLength(16)
  })

  test('an extent that an outer variable makes constant is unrolled', () => {
    const kernel = kernelOf((g, a) =>
      g.loop('i', 3, (i) => g.loop('j', i, (j) => a.set([i.mul(3).add(j)], 1), unrolled), unrolled),
    )
    expect(bodyOf(unrollLoops().run(kernel))).toMatchInlineSnapshot(`
      "
        a[3] = 1
        a[6] = 1
        a[7] = 1
      "
    `)
  })

  test('shares what only depends on an outer variable', () => {
    const kernel = kernelOf((g, a) =>
      g.loop('i', 2, (i) => {
        const row = i.add(g.thread).mul(8)
        g.loop('j', 4, (j) => a.set([row.add(j)], 1), unrolled)
      }),
    )
    const rows = new Set()
    walkStmts(unrollLoops().run(kernel).body, (stmt) => {
      if (stmt.kind !== 'store') return
      const [index] = stmt.index
      rows.add(index?.kind === 'binary' && index.op === 'add' ? index.left : index)
    })
    expect(rows.size).toBe(1)
  })

  test('leaves alone loops that do not ask for it, or whose extent is not constant', () => {
    const kernel = kernelOf((g, a) => {
      g.loop('i', 4, (i) => a.set([i], 1))
      g.loop('i', g.thread, (i) => a.set([i], 1), unrolled)
    })
    expect(unrollLoops().run(kernel)).toBe(kernel)
  })
})
