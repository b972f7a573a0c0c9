/**
 * Reductions without workgroup memory: a thread a result, or a few neighbouring results.
 *
 * Where the domain is contiguous, a thread brings `step` elements at a time; where neighbouring results read neighbouring
 * elements, it owns `own` of them and brings a vector across. Short domains of known length (windows of pooling) stand in
 * the text element by element, so that positions and the edges of the padding fold.
 */
import {
  buildKernel,
  type Candidate,
  ceilDiv,
  defined,
  type Expr,
  elementCount,
  equationExprs,
  loadsOf,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  sizeDiv,
  sizeMultipleOf,
  type Target,
  type Var,
} from '@tilewright/ir'
import { spatial } from '@tilewright/task-mapping'
import { innermostRefinements } from '../innermost.js'
import { coordinates } from '../matmul/tile-edges.js'
import { foldInThread, rowsOfGroup } from '../rows/fold-in-thread.js'
import { groupsOf, threadsFor, whyNotOwned } from '../rows/in-thread.js'
import { requireReduce } from './reduce-axes.js'

export interface ReduceInThread extends Candidate {
  /** Threads of a workgroup. */
  readonly threads: number
  /** Neighbouring results of a thread. */
  readonly own: number
  /** Elements that are brought at a time. */
  readonly step: number
}

export const reduceInThread: ScheduleTemplate<ReduceInThread> = {
  name: 'reduce/in-thread',
  space: { threads: [1, 4, 8, 16, 32, 64], own: [1, 2, 4], step: [1, 4, 8] },
  matches: (anchor) => anchor.kind === 'reduce',
  refinements: (anchor) => {
    const { anchor: reduction, contiguous, results } = requireReduce(anchor)
    const [domain, own] = [reduction.domain.slice(-1), results.slice(-1)]
    return innermostRefinements((contiguous ? domain : own).map((axis) => axis.extent))
  },
  check,
  level0,
  build,
}

function check({ threads, own }: ReduceInThread, problem: Problem, target: Target): Rejection | undefined {
  if (threads > target.limits.threads)
    return { reason: `${threads} threads; the target allows ${target.limits.threads}` }
  return whyNotOwned(own, requireReduce(problem.anchor).results)
}

function level0(problem: Problem, target: Target): ReduceInThread {
  const { results, contiguous, beside } = requireReduce(problem.anchor)
  const lanes = target.vectorLanes === 4 ? 4 : 1
  const across = beside && !contiguous && sizeMultipleOf(results.at(-1)?.extent ?? 1) % lanes === 0
  const own = across ? lanes : 1
  const threads = threadsFor(sizeDiv(elementCount(results.map((axis) => axis.extent)), own), target)
  return { threads, own, step: contiguous ? lanes : 1 }
}

function build(candidate: ReduceInThread, problem: Problem): ScheduledKernels {
  const { anchor, results } = requireReduce(problem.anchor)
  const { threads, step } = candidate
  const grouped = groupsOf(
    results.map((axis) => axis.extent),
    candidate.own,
  )
  const groups = elementCount(grouped)
  const owners = spatial(threads) // which group of the workgroup's a thread owns

  const workgroups = [ceilDiv(groups, threads), 1, 1] as const
  const kernel = buildKernel({ name: 'reduce_in_thread', threads, workgroups }, (g) => {
    for (const { buffer } of equationExprs(anchor).flatMap(loadsOf)) g.use(buffer)
    const outs = anchor.outputs.map(g.use)
    g.forTask(owners, g.thread, (owned) => {
      const group = g.let('group', g.workgroup.x.mul(threads).add(owned))
      g.if(group.lt(groups), () => {
        const own = rowsOfGroup(coordinates(group, grouped), candidate.own)
        const known = own.map(
          (index) => new Map<Var, Expr>(results.map((axis, d) => [axis.var, defined(index[d], 'one index an axis')])),
        )
        const totals = foldInThread(g, anchor, known, anchor.domain, step)
        for (const [i, index] of own.entries()) {
          for (const [c, out] of outs.entries()) out.set(index, defined(totals[i]?.[c], 'one total a component'))
        }
      })
    })
  })
  return { kernels: [kernel], workspaces: [] }
}
