/** Grids of workgroups: positions, symbolic extents, and more workgroups than a dimension may have. */
import { buildKernel, ceilDiv, type SizeExpr, size } from '@tilewright/ir'
import type { ConformanceCase } from '../conformance-case.js'
import { kernelCase } from '../kernel-case.js'

const n = size('n')
const many = 70_001

export const launchCases: readonly ConformanceCase[] = [
  positions('a grid of three dimensions', [3, 4, 2]),
  positions('a grid of symbolic extents', [n, 3, ceilDiv(n, 4)], 6),
  positions('a grid of no workgroups', [n, 3, ceilDiv(n, 4)], 0),
  numbered('more workgroups than 16 bits count, in x', [many, 1, 1]),
  numbered('more workgroups than 16 bits count, in a symbolic y', [1, n, 1]),
]

/** Each workgroup writes where it is. */
function positions(name: string, workgroups: readonly [SizeExpr, SizeExpr, SizeExpr], of = 1): ConformanceCase {
  return kernelCase({
    area: 'launches',
    name,
    build: ({ limits }) => {
      const threads = Math.min(4, limits.threads)
      const kernel = buildKernel({ name: 'positions', threads, workgroups }, (g) => {
        const [x, y, z] = workgroups
        const at = g.param('at', 'i32', [z, y, x, threads])
        const { workgroup } = g
        const position = workgroup.z.mul(100).add(workgroup.y).mul(100).add(workgroup.x).mul(100).add(g.thread)
        at.set([workgroup.z, workgroup.y, workgroup.x, g.thread], position)
      })
      return { kernel, sizes: { n: of } }
    },
  })
}

/** A row of workgroups, each of one thread. */
function numbered(name: string, workgroups: readonly [SizeExpr, SizeExpr, SizeExpr]): ConformanceCase {
  return kernelCase({
    area: 'launches',
    name,
    build: () => {
      const kernel = buildKernel({ name: 'numbered', threads: 1, workgroups }, (g) => {
        const at = g.param('at', 'i32', [many])
        const i = g.workgroup.x.add(g.workgroup.y)
        at.set([i], i.mul(3))
      })
      return { kernel, sizes: { n: many } }
    },
  })
}
