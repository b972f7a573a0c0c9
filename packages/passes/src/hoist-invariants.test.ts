import {
  assertValid,
  buildKernel,
  ceilDiv,
  type Expr,
  type Kernel,
  type KernelBuilder,
  printExpr,
  printKernel,
  type SizeExpr,
  type Stmt,
  size,
  stmtChildren,
  stmtExprs,
  walkExpr,
} from '@tilewright/ir'
import { type OperationCounts, runKernel } from '@tilewright/simulator'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import { describe, expect, test } from 'vitest'
import { flattenIndices } from './flatten-indices.js'
import { hoistInvariants } from './hoist-invariants.js'
import { lowerTaskMapping } from './lower-task-mapping.js'
import { runPipeline } from './run-pipeline.js'
import { scalarizePrivate } from './scalarize-private.js'
import { simplify } from './simplify.js'
import { unrollLoops } from './unroll-loops.js'

function kernelOf(author: (g: KernelBuilder) => void, workgroups: SizeExpr = 4): Kernel {
  return buildKernel({ name: 'k', threads: 64, workgroups: [workgroups, 1, 1] }, author)
}

function hoisted(kernel: Kernel): string {
  const result = runPipeline(kernel, [lowerTaskMapping, hoistInvariants])
  assertValid(result, { pass: 'hoist-invariants' })
  return `\n${printKernel(result).split('\n').slice(1, -1).join('\n')}\n`
}

describe('hoist-invariants', () => {
  test('moves what a loop does not change out of it, and adds up what is left', () => {
    const kernel = kernelOf((g) => {
      const a = g.param('a', 'f32', [65536])
      const c = g.param('c', 'f32', [64])
      const sum = g.privateBuffer('sum', 'f32', [])
      sum.set([], 0)
      g.loop('k', 8, (k) => {
        const row = g.thread.div(8).add(64)
        const column = g.thread.mod(8)
        sum.set([], sum.at().add(a.at(row.mul(64).add(k)).mul(a.at(k.mul(64).add(column)))))
        sum.set([], sum.at().add(a.at(row.add(32).mul(64).add(k))))
      })
      c.set([g.thread], sum.at())
    })
    expect(hoisted(kernel)).toMatchInlineSnapshot(`
      "
        private sum: f32[]
        sum[] = 0
        let thread_mod_8: i32 = thread % 8
        let a_base: i32 = thread / 8 * 64 + 4096
        for k in 0..8 {
          let a_base_1: i32 = a_base + k
          sum[] = sum[] + a[a_base_1] * a[thread_mod_8 + k * 64]
          sum[] = sum[] + a[a_base_1 + 2048]
        }
        c[thread] = sum[]
      "
    `)
  })

  test('a constant that all addresses of one form have goes out of the loop', () => {
    const kernel = kernelOf((g) => {
      const a = g.param('a', 'f32', [65536])
      const c = g.param('c', 'f32', [65536])
      g.loop('k', 8, (k) => c.set([g.thread.mul(4).add(k)], a.at(g.thread.mul(8).add(k).add(100))))
    })
    expect(hoisted(kernel)).toMatchInlineSnapshot(`
      "
        let t: i32 = thread * 4
        let a_base: i32 = thread * 8 + 100
        for k in 0..8 {
          c[t + k] = a[a_base + k]
        }
      "
    `)
  })

  test('each value is computed once, in the innermost block around its uses', () => {
    const kernel = kernelOf((g) => {
      const a = g.param('a', 'i32', [65536])
      const c = g.param('c', 'i32', [65536])
      const position = g.workgroup.x.mul(64).add(g.thread)
      g.if(position.lt(200), () => {
        c.set([position.div(10)], a.at(position.mod(10)))
        g.if(g.thread.lt(7), () => c.set([position.div(10).add(100)], a.at(g.thread.mul(3))))
      })
      c.set([g.thread], 1)
    })
    expect(hoisted(kernel)).toMatchInlineSnapshot(`
      "
        let t: i32 = workgroup.x * 64 + thread
        if t < 200 {
          let t_1: i32 = t / 10
          c[t_1] = a[t % 10]
          if thread < 7 {
            c[t_1 + 100] = a[thread * 3]
          }
        }
        c[thread] = 1
      "
    `)
  })

  test('names of lets stay with their values', () => {
    const kernel = kernelOf((g) => {
      const a = g.param('a', 'i32', [64, 64])
      const row = g.let('row', g.thread.div(8))
      const unused = g.let('column', g.thread.mod(8))
      g.loop('k', 4, (k) => a.set([row, k], a.at(row, unused)))
    })
    expect(hoisted(kernel)).toMatchInlineSnapshot(`
      "
        let row: i32 = thread / 8
        let column: i32 = thread % 8
        for k in 0..4 {
          a[row, k] = a[row, column]
        }
      "
    `)
  })

  test('leaves alone what is needed once where it stands', () => {
    const kernel = kernelOf((g) => {
      const a = g.param('a', 'f32', [4096])
      const x = g.let('x', a.at(g.thread.mul(4)))
      g.loop('k', 8, (k) => {
        g.if(k.lt(3), () => a.set([k.mul(8)], x.mul(a.at(k))))
      })
    })
    const lowered = lowerTaskMapping.run(kernel)
    expect(hoistInvariants.run(lowered)).toBe(lowered)
  })
})

describe('what may fail is not moved', () => {
  test('loads stay, their indices may go', () => {
    const kernel = kernelOf((g) => {
      const a = g.param('a', 'i32', [64])
      g.loop('k', 4, (k) => a.set([k], a.at(g.thread.bitXor(1)).add(a.at(g.thread.bitXor(1)))))
    })
    expect(hoisted(kernel)).toMatchInlineSnapshot(`
      "
        let t: i32 = thread ^ 1
        for k in 0..4 {
          a[k] = a[t] * 2
        }
      "
    `)
  })

  test('a division by what may be zero stays under its condition', () => {
    const kernel = kernelOf((g) => {
      const a = g.param('a', 'i32', [64])
      const n = g.let('n', a.at(0))
      g.if(n.ne(0), () => g.loop('k', 4, (k) => a.set([k], g.thread.div(n).add(g.thread.div(n)))))
    })
    expect(hoisted(kernel)).toMatchInlineSnapshot(`
      "
        let n: i32 = a[0]
        if n != 0 {
          for k in 0..4 {
            a[k] = thread / n * 2
          }
        }
      "
    `)
  })

  test('a size that may be zero divides as max(size, 1) where it is not known to be asked for', () => {
    const N = size('N')
    const kernel = kernelOf((g) => {
      const a = g.param('a', 'i32', [N])
      g.loop('k', g.size(N), () => {
        g.if(g.thread.lt(N), () => a.set([g.thread.mod(N)], g.thread.div(N)))
      })
    })
    expect(hoisted(kernel)).toMatchInlineSnapshot(`
      "
        let inside: bool = thread < N
        let t: i32 = thread % max(N, 1)
        let t_1: i32 = thread / max(N, 1)
        for k in 0..N {
          if inside {
            a[t] = t_1
          }
        }
      "
    `)
    const empty = runPipeline(kernel, [lowerTaskMapping, hoistInvariants])
    expect(() =>
      runKernel(empty, { buffers: new Map([[empty.params[0]!, new Int32Array()]]), sizes: { N: 0 } }),
    ).not.toThrow()
  })
})

/** c = a · b with side × side threads, each of which owns own × own results; tiles in workgroup memory, or registers alone. */
function tiled(extent: number, form: 'workgroup' | 'register'): Kernel {
  const [side, own, tileK] = [8, 4, 8]
  const tile = side * own
  const unroll = { unroll: true }
  const workgroups = [ceilDiv(extent, tile), ceilDiv(extent, tile), 1] as const
  return buildKernel({ name: 'matmul', threads: side * side, workgroups }, (g) => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => g.param(name, 'f32', [extent, extent]))
    const shared = form === 'workgroup'
    const tileA = shared ? g.workgroupBuffer('tile_a', 'f32', [tile, tileK]) : undefined
    const tileB = shared ? g.workgroupBuffer('tile_b', 'f32', [tileK, tile]) : undefined
    const sums = g.privateBuffer('sums', 'f32', [own, own])
    const [row, column] = [g.workgroup.y.mul(tile), g.workgroup.x.mul(tile)]
    const cells = repeat([own, own], unroll)
    g.forTask(cells, 0, (i, j) => sums.set([i!, j!], 0))
    g.loop('k0', ceilDiv(extent, tileK), (k0) => {
      const from = k0.mul(tileK)
      if (tileA && tileB) {
        g.forTask(compose(repeat([own, 1], unroll), spatial(side, side)), g.thread, (i, k) =>
          tileA.set([i!, k!], a!.atOrZero(row.add(i!), from.add(k!))),
        )
        g.forTask(compose(repeat([1, own], unroll), spatial(side, side)), g.thread, (k, j) =>
          tileB.set([k!, j!], b!.atOrZero(from.add(k!), column.add(j!))),
        )
        g.barrier()
      }
      g.forTask(spatial(side, side), g.thread, (r, s) =>
        g.loop('k', tileK, (k) => {
          const [left, right] = [g.privateBuffer('left', 'f32', [own]), g.privateBuffer('right', 'f32', [own])]
          const each = repeat([own], unroll)
          g.forTask(each, 0, (i) => {
            const own_i = r!.mul(own).add(i!)
            left.set([i!], tileA ? tileA.at(own_i, k) : a!.atOrZero(row.add(own_i), from.add(k)))
          })
          g.forTask(each, 0, (j) => {
            const own_j = s!.mul(own).add(j!)
            right.set([j!], tileB ? tileB.at(k, own_j) : b!.atOrZero(from.add(k), column.add(own_j)))
          })
          g.forTask(cells, 0, (i, j) => sums.update([i!, j!], (sum) => sum.add(left.at(i!).mul(right.at(j!)))))
        }),
      )
      if (shared) g.barrier()
    })
    g.forTask(spatial(side, side), g.thread, (r, s) =>
      g.forTask(cells, 0, (i, j) =>
        c!.setIfInside([row.add(r!.mul(own)).add(i!), column.add(s!.mul(own)).add(j!)], sums.at(i!, j!)),
      ),
    )
  })
}

const all = [
  lowerTaskMapping,
  flattenIndices,
  simplify,
  unrollLoops(),
  simplify,
  scalarizePrivate,
  simplify,
  hoistInvariants,
]

function countInLoop(kernel: Kernel, extent: number): OperationCounts {
  const ones = (): Float32Array => new Float32Array(extent * extent).fill(1)
  const report = runKernel(kernel, {
    buffers: new Map(kernel.params.map((param) => [param, ones()])),
    workgroups: [0, 0, 0],
    count: { within: (loop) => loop.loopVar.hint === 'k0' },
  })
  expect(report.counts).toBeDefined()
  return report.counts as OperationCounts // just checked
}

/** Quotients and remainders with a position in the launch or the workgroup in them, and how many loops are around each. */
function divisionsOfIds(body: Stmt): { readonly text: string; readonly depth: number }[] {
  const found: { text: string; depth: number }[] = []
  const visit = (stmt: Stmt, depth: number): void => {
    for (const expr of stmtExprs(stmt)) {
      walkExpr(expr, (node: Expr) => {
        if (node.kind !== 'binary' || (node.op !== 'div' && node.op !== 'mod')) return
        found.push({ text: printExpr(node), depth })
      })
    }
    for (const child of stmtChildren(stmt)) visit(child, stmt.kind === 'for' ? depth + 1 : depth)
  }
  visit(body, 0)
  return found
}

describe('in a tiled matmul', () => {
  // At 70 the last tiles reach over the edge, so guards stay.
  test.each([
    ['register', 64, 1],
    ['workgroup', 64, 1],
    ['register', 70, 2],
    ['workgroup', 70, 2],
  ] as const)('%s form at %i: at most %d integer operations a multiply-add', (form, extent, most) => {
    const kernel = runPipeline(tiled(extent, form), all)
    const counts = countInLoop(kernel, extent)
    expect(counts.multiply).toBeGreaterThan(0)
    expect(counts.integer / counts.multiply).toBeLessThanOrEqual(most)
    const divisions = divisionsOfIds(kernel.body)
    expect(divisions.filter(({ depth }) => depth > 0)).toEqual([])
    expect(new Set(divisions.map(({ text }) => text)).size).toBe(divisions.length)
    expect(divisions.length).toBeGreaterThan(0)
  })
})
