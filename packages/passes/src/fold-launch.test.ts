import {
  buildKernel,
  CompileError,
  ceilDiv,
  type Kernel,
  type KernelBuilder,
  printKernel,
  type SizeExpr,
  size,
  sizeMul,
  validateKernel,
} from '@tilewright/ir'
import { runKernel } from '@tilewright/simulator'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldLaunch } from './fold-launch.js'

type Launch = readonly [SizeExpr, SizeExpr, SizeExpr]

function kernelOf(workgroups: Launch, author: (g: KernelBuilder) => void): Kernel {
  return buildKernel({ name: 'k', threads: 1, workgroups }, author)
}

const fold = foldLaunch({ workgroupsPerDimension: 65535 })

describe('fold-launch', () => {
  test('folds a launch that may be too long, guarded, under its declarations', () => {
    const n = size('N')
    const kernel = kernelOf([ceilDiv(n, 64), 1, 1], (g) => {
      const c = g.param('c', 'i32', [n])
      const tile = g.workgroupBuffer('tile', 'i32', [1])
      tile.set([0], g.workgroup.x)
      g.barrier()
      c.set([g.workgroup.x.mul(64)], tile.at(0))
    })
    expect(printKernel(fold.run(kernel))).toMatchInlineSnapshot(`
      "kernel k(c: i32[N]) threads 1 workgroups [min(N /^ 64, 65535), N /^ 64 /^ 65535, 1] {
        workgroup tile: i32[1]
        let position: i32 = workgroup.y * 65535 + workgroup.x
        if position < N /^ 64 {
          tile[0] = position
          barrier
          c[position * 64] = tile[0]
        }
      }"
    `)
  })

  test('takes x, y and z from one number', () => {
    const kernel = kernelOf([size('X'), 1, 70000], (g) => {
      const c = g.param('c', 'i32', [size('X'), 70000])
      c.set([g.workgroup.x, g.workgroup.z], g.workgroup.y)
    })
    expect(printKernel(fold.run(kernel))).toMatchInlineSnapshot(`
      "kernel k(c: i32[X, 70000]) threads 1 workgroups [min(X * 70000, 65535), X * 70000 /^ 65535, 1] {
        let position: i32 = workgroup.y * 65535 + workgroup.x
        if position < X * 70000 {
          let workgroup_x: i32 = position % X
          let workgroup_z: i32 = position / X
          c[workgroup_x, workgroup_z] = 0
        }
      }"
    `)
  })

  test('launches every position once', () => {
    const largest = { X: 20, Y: 2, Z: 2 }
    const extents = fc.tuple(fc.nat(largest.X), fc.nat(largest.Y), fc.nat(largest.Z))
    fc.assert(
      fc.property(extents, fc.boolean(), ([X, Y, Z], symbolic) => {
        const values = { X, Y, Z }
        const named = (name: keyof typeof values) => (symbolic ? size(name, { max: largest[name] }) : values[name])
        const launch: Launch = [named('X'), named('Y'), named('Z')]
        const kernel = kernelOf(launch, (g) => {
          const c = g.param('c', 'i32', [21, 3, 3])
          c.update([g.workgroup.x, g.workgroup.y, g.workgroup.z], (old) => old.add(1))
        })
        const count = (run: Kernel): Int32Array => {
          const cells = new Int32Array(189)
          runKernel(run, { buffers: new Map(run.params.map((param) => [param, cells])), sizes: symbolic ? values : {} })
          return cells
        }
        const folded = foldLaunch({ workgroupsPerDimension: 9 }).run(kernel)
        expect(count(folded)).toEqual(count(kernel))
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('keeps the workgroups of a cluster neighbours, of the same ranks', () => {
    const x = size('X', { max: 16 })
    const author = (g: KernelBuilder): void => g.param('c', 'i32', [x, 3]).set([g.workgroup.x, g.workgroup.y], 0)
    const options = { name: 'k', threads: 1, workgroups: [sizeMul(ceilDiv(x, 4), 4), 3, 1], cluster: 4 } as const
    const folded = foldLaunch({ workgroupsPerDimension: 9 }).run(buildKernel(options, author))
    expect(validateKernel(folded)).toEqual([])
    expect(printKernel(folded)).toContain('clusters of 4 workgroups [min(X /^ 4 * 12, 8), X /^ 4 * 12 /^ 8, 1]')
    expect(printKernel(folded)).toContain('let position: i32 = workgroup.y * 8 + workgroup.x')
  })

  test('leaves alone a launch within the limit', () => {
    const n = size('N', { max: 65535 * 64 })
    const kernel = kernelOf([ceilDiv(n, 64), 65535, 1], (g) => g.param('c', 'i32', [n]).set([g.workgroup.x], 0))
    const once = fold.run(kernel)
    expect(once).toEqual({ ...kernel, properties: ['folded-launch'] })
    expect(once.body).toBe(kernel.body)
    expect(fold.run(once)).toBe(once)
  })

  test('refuses what even two dimensions cannot hold', () => {
    const kernel = kernelOf([17, 1, 1], (g) => g.param('c', 'i32', [17]).set([g.workgroup.x], 0))
    const run = (): Kernel => foldLaunch({ workgroupsPerDimension: 4 }).run(kernel)
    expect(run).toThrow(CompileError)
    expect(run).toThrow('kernel "k" launches up to 17 workgroups; 4 × 4 can be launched')
  })
})
