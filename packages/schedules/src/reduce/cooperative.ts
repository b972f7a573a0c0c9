/** Reductions by threads together: a workgroup a result, all threads folding its domain together. */
import {
  buildKernel,
  type Candidate,
  defined,
  elementCount,
  equationExprs,
  loadsOf,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  sizeRange,
  type Target,
} from '@tilewright/ir'
import { innermostRefinements } from '../innermost.js'
import { coordinates } from '../matmul/tile-edges.js'
import { exchanged, teamOf } from '../rows/combine-threads.js'
import { foldTogether } from '../rows/fold-together.js'
import { bindAxes } from '../rows/owned-rows.js'
import { requireReduce } from './reduce-axes.js'

export interface ReduceCooperative extends Candidate {
  /** Threads of a workgroup: a power of two. */
  readonly threads: number
  /** Consecutive elements of a thread. */
  readonly lanes: number
}

export const reduceCooperative: ScheduleTemplate<ReduceCooperative> = {
  name: 'reduce/cooperative',
  space: { threads: [32, 64, 128, 256], lanes: [1, 2, 4] },
  matches: (anchor) => anchor.kind === 'reduce',
  refinements: (anchor) => innermostRefinements(requireReduce(anchor).anchor.domain.map((axis) => axis.extent)),
  check,
  level0,
  build,
}

function check({ threads }: ReduceCooperative, problem: Problem, target: Target): Rejection | undefined {
  const { anchor } = requireReduce(problem.anchor)
  const { limits } = target
  if (!anchor.commutative) return { reason: 'a result depends on the order of the elements' }
  if (threads > limits.threads) return { reason: `${threads} threads; the target allows ${limits.threads}` }
  const bytes = 4 * anchor.outputs.length * exchanged(teamOf(threads, target))
  return bytes > limits.workgroupBytes
    ? { reason: `${bytes} B of workgroup memory; the target allows ${limits.workgroupBytes}` }
    : undefined
}

/** Elements below which a thread folds them faster than threads together do. */
const shortDomain = 64
/** Results enough to keep every thread busy with one of its own. */
const manyResults = 1 << 14

function level0(problem: Problem, target: Target): ReduceCooperative | Rejection {
  if (!target.fastWorkgroupMemory) return { reason: 'workgroup memory is no faster than other memory here' }
  const { results, length, contiguous, beside } = requireReduce(problem.anchor)
  const elements = sizeRange(length).max
  if (elements < shortDomain) return { reason: `${elements} elements are too few to share among threads` }
  const count = sizeRange(elementCount(results.map((axis) => axis.extent))).max
  if (beside && !contiguous && count >= manyResults) {
    return { reason: 'neighbouring results read neighbouring elements: a thread for each reads faster' }
  }
  const lanes = contiguous ? target.vectorLanes : 1
  const threads = Math.min(256, target.limits.threads, 2 ** Math.max(5, Math.ceil(Math.log2(elements / lanes))))
  return check({ threads, lanes }, problem, target) ?? { threads, lanes }
}

function build({ threads, lanes }: ReduceCooperative, problem: Problem, target: Target): ScheduledKernels {
  const { anchor, results } = requireReduce(problem.anchor)
  const extents = results.map((axis) => axis.extent)
  const workgroups = [elementCount(extents), 1, 1] as const
  const team = teamOf(threads, target)
  const kernel = buildKernel({ name: 'reduce_cooperative', ...team, workgroups }, (g) => {
    for (const { buffer } of equationExprs(anchor).flatMap(loadsOf)) g.use(buffer)
    const outs = anchor.outputs.map(g.use)
    const index = coordinates(g.workgroup.x, extents)
    const known = bindAxes(results, index)
    const shared = { ...team, lanes, rounds: undefined, row: anchor.domain }
    const totals = foldTogether(g, anchor, shared, known, (point) => new Map([...known, ...point]))
    g.if(g.thread.eq(0), () => {
      for (const [c, out] of outs.entries()) out.set(index, defined(totals[c], 'one total a component'))
    })
  })
  return { kernels: [kernel], workspaces: [] }
}
