import { assertValid, buildKernel, type Kernel, type KernelBuilder, printKernel, size } from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import { simplify } from './simplify.js'

function kernelOf(author: (g: KernelBuilder) => void): Kernel {
  return buildKernel({ name: 'k', threads: 64, workgroups: [4, 1, 1] }, author)
}

function simplified(author: (g: KernelBuilder) => void): string {
  const result = simplify.run(kernelOf(author))
  assertValid(result, { pass: 'simplify' })
  expect(simplify.run(result)).toBe(result)
  return `\n${printKernel(result).split('\n').slice(1, -1).join('\n')}\n`
}

describe('simplify', () => {
  test('loops of one iteration, decided conditions and renamings go away', () => {
    const text = simplified((g) => {
      const a = g.param('a', 'f32', [256])
      const t = g.let('t', g.thread.div(8).mul(8).add(g.thread.mod(8)))
      g.loop('i', 1, (i) => g.if(i.lt(4), () => a.set([i.add(t).mul(1)], a.at(t.mul(4).div(4)))))
      g.if(
        g.thread.lt(64),
        () => a.set([0], 1),
        () => a.set([1], 2),
      )
      g.loop('none', 0, () => a.set([2], 3))
    })
    expect(text).toMatchInlineSnapshot(`
      "
        a[thread] = a[thread]
        a[0] = 1
      "
    `)
  })

  test('a guard is known inside, and a loop variable is below its extent', () => {
    const N = size('N')
    const text = simplified((g) => {
      const a = g.param('a', 'f32', [N])
      const position = g.workgroup.x.mul(64).add(g.thread)
      g.if(position.lt(N), () => {
        a.setIfInside([position], 1)
        g.if(g.thread.lt(10), () => a.set([g.thread.mod(10)], 2))
      })
      g.loop('i', g.size(N), (i) => a.setIfInside([i.mod(N)], a.atOrZero(i)))
    })
    expect(text).toMatchInlineSnapshot(`
      "
        if workgroup.x * 64 + thread < N {
          a[workgroup.x * 64 + thread] = 1
          if thread < 10 {
            a[thread] = 2
          }
        }
        for i in 0..N {
          a[i] = a[i]
        }
      "
    `)
  })

  test('matrices that nobody multiplies are not loaded; of a load that gives some, all stay', () => {
    const loading = (uses: 'none' | 'one'): string =>
      printKernel(
        simplify.run(
          buildKernel({ name: 'k', threads: 32, subgroupSize: 32, workgroups: [1, 1, 1] }, (g) => {
            const out = g.param('out', 'f32', [32])
            const tile = g.workgroupBuffer('tile', 'f16', [32, 8])
            const pair = [g.privateBuffer('b', 'f16', [2]), g.privateBuffer('c', 'f16', [2])]
            tile.set([g.thread, 0], 1)
            g.barrier()
            g.loadMatrices(2, pair, tile, [g.lane, 0])
            g.loop('none', uses === 'one' ? 1 : 0, () => out.set([g.thread], pair[1]!.at(0)))
          }),
        ),
      )
    expect(loading('none')).not.toMatch(/load-matrices|private/)
    expect(loading('one').match(/private [bc]/g)).toEqual(['private b', 'private c'])
  })

  test('values nobody uses and private memory nobody reads are removed', () => {
    const text = simplified((g) => {
      const a = g.param('a', 'f32', [64])
      const counts = g.param('counts', 'i32', [1])
      const unused = g.privateBuffer('unused', 'f32', [4])
      const first = g.privateBuffer('first', 'f32', [])
      first.set([], a.at(0))
      unused.set([1], first.at())
      const x = g.let('x', a.at(1))
      g.let('y', x.mul(2))
      g.atomic('add', counts, [0], 1)
      g.loop('i', 4, (i) => g.if(i.lt(2), () => g.let('z', i.mul(3))))
      a.set([2], 5)
    })
    expect(text).toMatchInlineSnapshot(`
      "
        atomic add(counts[0], 1)
        a[2] = 5
      "
    `)
  })

  test('an empty branch is turned round', () => {
    const text = simplified((g) => {
      const a = g.param('a', 'f32', [64])
      const unused = g.privateBuffer('unused', 'f32', [])
      g.if(
        g.thread.lt(7),
        () => unused.set([], 1),
        () => a.set([g.thread], 1),
      )
    })
    expect(text).toMatchInlineSnapshot(`
      "
        if 6 < thread {
          a[thread] = 1
        }
      "
    `)
  })

  test('what memory held when it was tested is not known later', () => {
    const text = simplified((g) => {
      const a = g.param('a', 'i32', [64])
      g.if(a.at(0).lt(3), () => {
        a.set([0], 7)
        g.if(a.at(0).lt(3), () => a.set([1], 1))
      })
    })
    expect(text).toMatchInlineSnapshot(`
      "
        if a[0] < 3 {
          a[0] = 7
          if a[0] < 3 {
            a[1] = 1
          }
        }
      "
    `)
  })

  test('a launch of no workgroups does nothing', () => {
    const kernel = buildKernel({ name: 'k', threads: 64, workgroups: [size('N'), 0, 1] }, (g) => {
      g.param('a', 'f32', [0]).set([g.thread.min(-1)], 1)
    })
    const empty = simplify.run(kernel)
    expect(empty.body).toEqual({ kind: 'seq', body: [] })
    expect(simplify.run(empty)).toBe(empty)
  })

  test('leaves alone what is simple', () => {
    const kernel = kernelOf((g) => {
      const a = g.param('a', 'f32', [256])
      const x = g.let('x', a.at(g.thread))
      g.loop('k', 8, (k) => {
        g.barrier()
        g.if(k.lt(g.thread), () => a.set([g.thread.mul(4).add(k)], x.mul(x)))
      })
    })
    expect(simplify.run(kernel)).toBe(kernel)
  })
})
