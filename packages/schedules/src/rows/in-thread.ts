/**
 * Rows without workgroup memory: a thread a row, or a few neighbouring rows.
 *
 * A thread folds its rows once a stage, reading them again each time, then writes them. Contiguous rows are read and
 * written in vectors of `step` points; rows that lie side by side in vectors across the `own` rows of a thread. Best where
 * barriers cost more than they save, where rows are short, and where neighbouring threads own neighbouring rows.
 */
import {
  type Candidate,
  defined,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  sizeMultipleOf,
  substitute,
  type Target,
} from '@tilewright/ir'
import { innermostRefinements } from '../innermost.js'
import { eachPoint, foldInThread } from './fold-in-thread.js'
import { bindAxes, ownedRowsKernel, threadsFor, whyNotOwned } from './owned-rows.js'
import { indexOf, isContiguous, requireRows } from './row-axes.js'

export interface RowsInThread extends Candidate {
  /** Threads of a workgroup. */
  readonly threads: number
  /** Neighbouring rows of a thread. */
  readonly own: number
  /** Points of a row that are brought at a time. */
  readonly step: number
}

export const rowsInThread: ScheduleTemplate<RowsInThread> = {
  name: 'rows/in-thread',
  space: { threads: [1, 4, 8, 16, 32, 64], own: [1, 2, 4], step: [1, 4, 8] },
  matches: (anchor) => anchor.kind === 'rows',
  refinements: (anchor) => innermostRefinements(requireRows(anchor).anchor.output.shape),
  check,
  level0,
  build,
}

function check({ threads, own }: RowsInThread, problem: Problem, target: Target): Rejection | undefined {
  return whyNotOwned({ threads, own }, requireRows(problem.anchor).rows, target)
}

function level0(problem: Problem, target: Target): RowsInThread {
  const { rows, ...parts } = requireRows(problem.anchor)
  const lanes = target.vectorLanes === 4 ? 4 : 1
  const beside = isContiguous({ rows, ...parts }) ? undefined : rows.at(-1)
  const own = beside !== undefined && sizeMultipleOf(beside.extent) % lanes === 0 ? lanes : 1
  return { threads: threadsFor(rows, own, target), own, step: beside === undefined ? lanes : 1 }
}

function build({ step, ...owners }: RowsInThread, problem: Problem): ScheduledKernels {
  const { anchor, rows, row } = requireRows(problem.anchor)
  return ownedRowsKernel('rows_in_thread', anchor, rows, owners, (g, owned) => {
    const known = owned.map((index) => bindAxes(rows, index))
    for (const stage of anchor.stages) {
      const results = foldInThread(g, stage, known, row, step)
      for (const [i, bindings] of known.entries()) {
        for (const [c, result] of stage.results.entries())
          bindings.set(result, defined(results[i]?.[c], 'one a component'))
      }
    }
    const out = g.use(anchor.output)
    eachPoint(g, row, step, (points) => {
      for (const bindings of known) {
        for (const point of points) {
          const all = new Map([...bindings, ...point])
          out.set(indexOf(anchor, all), substitute(anchor.value, all))
        }
      }
    })
  })
}
