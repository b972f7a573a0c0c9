/**
 * Reductions without workgroup memory: a thread a result, or a few neighbouring results.
 *
 * Where the domain is contiguous, a thread brings `step` elements at a time; where neighbouring results read neighbouring
 * elements, it owns `own` of them and brings a vector across. Short domains of known length (windows of pooling) stand in
 * the text element by element, so that positions and the edges of the padding fold.
 */
import {
  type Candidate,
  defined,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  sizeMultipleOf,
  type Target,
} from '@tilewright/ir'
import { innermostRefinements } from '../innermost.js'
import { foldInThread } from '../rows/fold-in-thread.js'
import { bindAxes, ownedRowsKernel, threadsFor, whyNotOwned } from '../rows/owned-rows.js'
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
  return whyNotOwned({ threads, own }, requireReduce(problem.anchor).results, target)
}

function level0(problem: Problem, target: Target): ReduceInThread {
  const { results, contiguous, beside } = requireReduce(problem.anchor)
  const lanes = target.vectorLanes === 4 ? 4 : 1
  const across = beside && !contiguous && sizeMultipleOf(results.at(-1)?.extent ?? 1) % lanes === 0
  const own = across ? lanes : 1
  return { threads: threadsFor(results, own, target), own, step: contiguous ? lanes : 1 }
}

function build({ step, ...owners }: ReduceInThread, problem: Problem): ScheduledKernels {
  const { anchor, results } = requireReduce(problem.anchor)
  return ownedRowsKernel('reduce_in_thread', anchor, results, owners, (g, owned) => {
    const known = owned.map((index) => bindAxes(results, index))
    const totals = foldInThread(g, anchor, known, anchor.domain, step)
    for (const [i, index] of owned.entries()) {
      for (const [c, output] of anchor.outputs.entries()) {
        g.use(output).set(index, defined(totals[i]?.[c], 'one total a component'))
      }
    }
  })
}
