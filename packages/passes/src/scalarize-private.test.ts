import {
  type BufferHandle,
  buildKernel,
  type Kernel,
  type KernelBuilder,
  matrixMultiply,
  printKernel,
} from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import { describe, expect, test } from 'vitest'
import { flattenIndices } from './flatten-indices.js'
import { scalarizePrivate } from './scalarize-private.js'

function kernelOf(author: (g: KernelBuilder, a: BufferHandle) => void): Kernel {
  const made = buildKernel({ name: 'k', threads: 4, subgroupSize: 4, workgroups: [1, 1, 1] }, (g) =>
    author(g, g.param('a', 'f32', [64])),
  )
  return flattenIndices.run(made)
}

function bodyOf(kernel: Kernel): string {
  return `\n${printKernel(kernel).split('\n').slice(1, -1).join('\n')}\n`
}

const scalarized = (author: (g: KernelBuilder, a: BufferHandle) => void): string =>
  bodyOf(scalarizePrivate.run(kernelOf(author)))

describe('scalarize-private', () => {
  test('an array at constant indices becomes variables, and those set once become values', () => {
    expect(
      scalarized((g, a) => {
        const acc = g.privateBuffer('acc', 'f32', [2, 2])
        acc.set([0, 0], 0)
        acc.set([1, 1], 0)
        g.loop('k', 4, (k) => {
          const x = g.privateBuffer('x', 'f32', [2])
          x.set([0], a.at(k))
          x.set([1], a.at(k.add(1)))
          acc.update([0, 0], (sum) => sum.add(x.at(0).mul(x.at(1))))
          acc.update([1, 1], (sum) => sum.add(x.at(1)))
        })
        a.set([0], acc.at(0, 0).add(acc.at(1, 1)))
      }),
    ).toMatchInlineSnapshot(`
      "
        private acc_0: f32[]
        private acc_3: f32[]
        acc_0[] = 0
        acc_3[] = 0
        for k in 0..4 {
          let x_0: f32 = a[k]
          let x_1: f32 = a[k + 1]
          acc_0[] = acc_0[] + x_0 * x_1
          acc_3[] = acc_3[] + x_1
        }
        a[0] = acc_0[] + acc_3[]
      "
    `)
  })

  test('a value is what memory held when it was stored', () => {
    expect(
      scalarized((g, a) => {
        const old = g.privateBuffer('old', 'f32', [])
        old.set([], a.at(0))
        a.set([0], 1)
        a.set([1], old.at())
      }),
    ).toMatchInlineSnapshot(`
      "
        let old: f32 = a[0]
        a[0] = 1
        a[1] = old
      "
    `)
  })

  test('stays a variable: stored twice, under a condition, in a loop, or after a load', () => {
    const kernel = kernelOf((g, a) => {
      const [twice, maybe, looped, late] = ['twice', 'maybe', 'looped', 'late'].map((hint) =>
        g.privateBuffer(hint, 'f32', []),
      ) as [BufferHandle, BufferHandle, BufferHandle, BufferHandle]
      twice.set([], 1)
      twice.set([], 2)
      g.if(g.thread.lt(2), () => maybe.set([], 1))
      g.loop('i', 2, () => looped.set([], 1))
      g.if(g.thread.lt(2), () => a.set([0], late.at().add(maybe.at())))
      late.set([], late.at().add(1))
      a.set([1], twice.at().add(looped.at()).add(late.at()))
    })
    expect(scalarizePrivate.run(kernel)).toBe(kernel)
  })

  test('stays a variable where a store narrows', () => {
    const kernel = kernelOf((g, a) => {
      const half = g.privateBuffer('half', 'f16', [])
      half.set([], a.at(0))
      a.set([1], half.at())
    })
    expect(scalarizePrivate.run(kernel)).toBe(kernel)
  })

  test('leaves alone arrays with an unknown index, and fragments', () => {
    const fragment = compose(spatial(2, 2), repeat(1, 1))
    const kernel = kernelOf((g, a) => {
      const r = g.privateBuffer('r', 'f32', [4])
      r.set([0], 1)
      r.set([g.thread], 2)
      a.set([0], r.at(0))
      const [x, y, d] = ['x', 'y', 'd'].map((hint) => ({
        buffer: g.privateBuffer(hint, 'f32', [1]).buffer,
        map: fragment,
      }))
      g.emit(matrixMultiply(x!, y!, d!))
    })
    expect(scalarizePrivate.run(kernel)).toBe(kernel)
  })
})
