/**
 * Rows without workgroup memory: a thread a row, or a few neighbouring rows.
 *
 * A thread folds its rows once a stage, reading them again each time, then writes them. Contiguous rows are read and
 * written in vectors of `step` points; rows that lie side by side in vectors across the `own` rows of a thread. Best where
 * barriers cost more than they save, where rows are short, and where neighbouring threads own neighbouring rows.
 */
import {
  type Axis,
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
  type SizeExpr,
  sizeDiv,
  sizeMultipleOf,
  sizeRange,
  substitute,
  type Target,
  type Var,
} from '@tilewright/ir'
import { spatial } from '@tilewright/task-mapping'
import { innermostRefinements } from '../innermost.js'
import { coordinates } from '../matmul/tile-edges.js'
import { eachPoint, foldInThread, rowsOfGroup } from './fold-in-thread.js'
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
  if (threads > target.limits.threads)
    return { reason: `${threads} threads; the target allows ${target.limits.threads}` }
  return whyNotOwned(own, requireRows(problem.anchor).rows)
}

/** Why a thread cannot own so many neighbouring rows. */
export function whyNotOwned(own: number, rows: readonly Axis[]): Rejection | undefined {
  const innermost = rows.at(-1)?.extent ?? 1
  return own > 1 && sizeMultipleOf(innermost) % own !== 0
    ? { reason: `${own} rows a thread do not divide the innermost extent of the rows` }
    : undefined
}

function level0(problem: Problem, target: Target): RowsInThread {
  const { rows, ...parts } = requireRows(problem.anchor)
  const lanes = target.vectorLanes === 4 ? 4 : 1
  const beside = isContiguous({ rows, ...parts }) ? undefined : rows.at(-1)
  const own = beside !== undefined && sizeMultipleOf(beside.extent) % lanes === 0 ? lanes : 1
  const threads = threadsFor(sizeDiv(elementCount(rows.map((axis) => axis.extent)), own), target)
  return { threads, own, step: beside === undefined ? lanes : 1 }
}

/** Threads of a workgroup, few enough that several workgroups share the work. */
export function threadsFor(count: SizeExpr, { limits }: Target): number {
  const wanted = Math.min(64, sizeRange(count).max / 16)
  return Math.min(limits.threads, 2 ** Math.max(2, Math.floor(Math.log2(Math.max(1, wanted)))))
}

/** The extents of groups of `own` rows: of the innermost dimension. */
export function groupsOf(extents: readonly SizeExpr[], own: number): readonly SizeExpr[] {
  return own === 1 ? extents : [...extents.slice(0, -1), sizeDiv(extents.at(-1) ?? 1, own)]
}

function build(candidate: RowsInThread, problem: Problem): ScheduledKernels {
  const { anchor, rows, row } = requireRows(problem.anchor)
  const extents = rows.map((axis) => axis.extent)
  const { threads, step } = candidate
  const grouped = groupsOf(extents, candidate.own)
  const groups = elementCount(grouped)
  const owners = spatial(threads) // which group of the workgroup's a thread owns

  const kernel = buildKernel({ name: 'rows_in_thread', threads, workgroups: [ceilDiv(groups, threads), 1, 1] }, (g) => {
    for (const { buffer } of equationExprs(anchor).flatMap(loadsOf)) g.use(buffer)
    const out = g.use(anchor.output)
    g.forTask(owners, g.thread, (owned) => {
      const group = g.let('group', g.workgroup.x.mul(threads).add(owned))
      g.if(group.lt(groups), () => {
        const own = rowsOfGroup(coordinates(group, grouped), candidate.own)
        const known = own.map(
          (index) => new Map<Var, Expr>(rows.flatMap((axis, d) => index.slice(d, d + 1).map((at) => [axis.var, at]))),
        )
        for (const stage of anchor.stages) {
          const results = foldInThread(g, stage, known, row, step)
          for (const [i, bindings] of known.entries()) {
            for (const [c, result] of stage.results.entries())
              bindings.set(result, defined(results[i]?.[c], 'one a component'))
          }
        }
        eachPoint(g, row, step, (points) => {
          for (const bindings of known) {
            for (const point of points) {
              const all = new Map([...bindings, ...point])
              out.set(indexOf(anchor, all), substitute(anchor.value, all))
            }
          }
        })
      })
    })
  })
  return { kernels: [kernel], workspaces: [] }
}
