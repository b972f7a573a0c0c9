/** Conditions, loops, what is evaluated when, and who does which tasks. */
import { buildKernel, type KernelBuilder, load, select, store, value } from '@tilewright/ir'
import type { TypedArray } from '@tilewright/simulator'
import { compose, repeat, spatial, type TaskMapping, taskShape } from '@tilewright/task-mapping'
import type { ConformanceCase } from '../conformance-case.js'
import { kernelCase } from '../kernel-case.js'

/** A case of one thread. */
function sequential(
  name: string,
  contents: Readonly<Record<string, TypedArray>>,
  author: (g: KernelBuilder) => void,
): ConformanceCase {
  const options = { name: 'flow', threads: 1, workgroups: [1, 1, 1] } as const
  return kernelCase({ area: 'control-flow', name, build: () => ({ kernel: buildKernel(options, author), contents }) })
}

const counts = Int32Array.of(3, 0, -2, 1, 7, 0, 5)
const n = counts.length

export const controlFlowCases: readonly ConformanceCase[] = [
  sequential('branches, one in another', { x: counts }, (g) => {
    const [x, y] = [g.param('x', 'i32', [n]), g.param('y', 'i32', [n])]
    g.loop('i', n, (i) => {
      const v = g.let('v', x.at(i))
      g.if(
        v.lt(1),
        () => g.if(v.eq(0), () => y.set([i], 100)),
        () =>
          g.if(
            v.mod(2).eq(1).and(v.lt(6)),
            () => y.set([i], v.mul(10)),
            () => y.set([i], v.neg()),
          ),
      )
    })
  }),
  sequential('loops of as many iterations as memory says: none for zero and below', { counts }, (g) => {
    const [extents, y] = [g.param('counts', 'i32', [n]), g.param('y', 'i32', [n])]
    const sum = g.privateBuffer('sum', 'i32', [])
    g.loop('i', n, (i) => {
      sum.set([], i.mul(1000))
      g.loop('k', extents.at(i), (k) => sum.update([], (old) => old.mul(3).add(k)))
      y.set([i], sum.at())
    })
  }),
  sequential('loops in loops, with bounds that depend on those around', {}, (g) => {
    const y = g.param('y', 'i32', [6, 6])
    g.loop('i', 6, (i) =>
      g.loop('j', i.add(1), (j) => {
        const sum = g.privateBuffer('sum', 'i32', [])
        sum.set([], 0)
        g.loop('k', i.sub(j), (k) => sum.update([], (old) => old.add(k.mul(j)).add(1)))
        y.set([i, j], sum.at())
      }),
    )
  }),
  sequential('the extent of a loop is evaluated once', { extent: Int32Array.of(4) }, (g) => {
    const [extent, y] = [g.param('extent', 'i32', [1]), g.param('y', 'i32', [8])]
    g.loop('i', extent.at(0), (i) => {
      extent.set([0], i.mul(2))
      y.set([i], extent.at(0))
    })
  }),
  sequential('several variables are carried from iteration to iteration', {}, (g) => {
    const y = g.param('y', 'i32', [20])
    const [a, b] = [g.privateBuffer('a', 'i32', []), g.privateBuffer('b', 'i32', [])]
    a.set([], 0)
    b.set([], 1)
    g.loop('i', 20, (i) => {
      const next = g.let('next', a.at().add(b.at()))
      a.set([], b.at())
      b.set([], next)
      y.set([i], a.at())
    })
  }),
  sequential('a value that is bound stays, whatever happens to memory', { x: Int32Array.of(5, 6) }, (g) => {
    const [x, y] = [g.param('x', 'i32', [2]), g.param('y', 'i32', [4])]
    const [first, second] = [g.let('first', x.at(0)), g.let('second', x.at(1))]
    x.set([0], second)
    x.set([1], first)
    y.set([0], first)
    y.set([1], second)
    y.set([2], x.at(0))
    const doubled = x.at(1).mul(2)
    x.set([1], 50)
    // Not bound: evaluated here.
    y.set([3], doubled)
  }),
  sequential('loops that are unrolled, with bindings of equal names', { x: counts }, (g) => {
    const [x, y] = [g.param('x', 'i32', [n]), g.param('y', 'i32', [n, 3])]
    g.loop('i', n, (i) =>
      g.loop(
        'i',
        3,
        (j) => {
          const v = g.let('v', x.at(i).mul(j.add(1)))
          const inner = g.let('v', v.add(i))
          y.set([i, j], inner.sub(v).mul(100).add(v))
        },
        { unroll: true },
      ),
    )
  }),
  sequential(
    'what is not taken is not evaluated: select, and, or',
    { x: counts, at: Int32Array.of(-9, 2, 1 << 28, 6) },
    (g) => {
      const [x, at] = [g.param('x', 'i32', [n]), g.param('at', 'i32', [4])]
      const y = g.param('y', 'i32', [3, 4])
      g.loop('i', 4, (i) => {
        const index = g.let('index', at.at(i))
        const inside = g.let('inside', index.ge(0).and(index.lt(n)))
        const beyond = value(load(x.buffer, [index.expr]))
        g.emit(
          store(
            y.buffer,
            [g.constant('i32', 0).expr, i.expr],
            select(inside.expr, beyond.expr, g.constant('i32', -1).expr),
          ),
        )
        y.set([1, i], inside.and(beyond.eq(5)).cast('i32'))
        y.set([2, i], inside.not().or(beyond.lt(0)).cast('i32'))
      })
    },
  ),
  tasks(),
]

/** Who does which tasks, in which order: each writes its thread and its position. */
function tasks(): ConformanceCase {
  return kernelCase({
    area: 'control-flow',
    name: 'tasks of threads, of which some have none',
    build: ({ limits }) => {
      const threads = Math.min(limits.threads, 8)
      const mappings: readonly TaskMapping[] = [
        repeat(3, 4),
        compose(repeat(2, 3), spatial(1, threads)),
        compose(spatial(threads, 1), repeat(1, 5)),
        compose(repeat(2, 1), spatial(threads, 1), repeat(1, 3)),
        compose(repeat(3), spatial(Math.max(1, threads - 3))),
      ]
      const kernel = buildKernel({ name: 'tasks', threads, workgroups: [2, 1, 1] }, (g) => {
        for (const [i, mapping] of mappings.entries()) {
          const rank = taskShape(mapping).length
          const y = g.param(`y${i}`, 'i32', [2, ...taskShape(mapping)])
          g.forTask(mapping, g.thread, (...task) =>
            y.set([g.workgroup.x, ...task.slice(0, rank)], g.thread.mul(100).add(task[rank] ?? 0)),
          )
        }
      })
      return { kernel }
    },
  })
}
