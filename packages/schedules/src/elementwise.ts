/**
 * Elementwise: what a `compute` equation makes, with neighbouring threads on neighbouring vectors.
 *
 * A thread owns `vectors` groups of `lanes` consecutive elements, a workgroup's width of groups apart: the accesses of a
 * group become one vector access where they are contiguous and aligned, and those of a workgroup are contiguous. Groups
 * lie in the innermost dimension where it holds whole ones, so that a group shares its coordinates; elsewhere they are
 * consecutive in the whole output.
 */
import {
  bindVars,
  buildKernel,
  type Candidate,
  type Compute,
  ceilDiv,
  type Equation,
  type Expr,
  elementCount,
  int,
  invariant,
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
  value,
} from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import { innermostRefinements } from './innermost.js'
import { coordinates } from './matmul/tile-edges.js'

export interface Elementwise extends Candidate {
  /** Threads of a workgroup. */
  readonly threads: number
  /** Consecutive elements of a group. */
  readonly lanes: number
  /** Groups of a thread. */
  readonly vectors: number
}

export const elementwise: ScheduleTemplate<Elementwise> = {
  name: 'elementwise',
  space: { threads: [1, 32, 64, 128, 256], lanes: [1, 2, 4], vectors: [1, 2, 4, 8] },
  matches: (anchor) => anchor.kind === 'compute',
  refinements: (anchor) => innermostRefinements(requireCompute(anchor).output.shape),
  check,
  level0,
  build,
}

function requireCompute(anchor: Equation): Compute {
  invariant(anchor.kind === 'compute', 'an elementwise template is given a compute')
  return anchor
}

function check({ threads }: Elementwise, _problem: Problem, target: Target): Rejection | undefined {
  const most = target.limits.threads
  return threads > most ? { reason: `${threads} threads; the target allows ${most}` } : undefined
}

/** Elements below which more threads are worth more than longer ones. */
const many = 1 << 16

function level0(problem: Problem, target: Target): Elementwise {
  const count = sizeRange(elementCount(requireCompute(problem.anchor).output.shape)).max
  return {
    threads: Math.min(64, target.limits.threads),
    lanes: target.vectorLanes === 4 ? 4 : 1,
    vectors: count > many && target.limits.threads > 1 ? 4 : 1,
  }
}

function build(candidate: Elementwise, problem: Problem): ScheduledKernels {
  const anchor = requireCompute(problem.anchor)
  const { threads, lanes, vectors } = candidate
  const { shape } = anchor.output
  const count = elementCount(shape)
  const inRows = shape.length > 0 && sizeMultipleOf(shape.at(-1) ?? 1) % lanes === 0
  const groups: SizeExpr = inRows ? sizeDiv(count, lanes) : ceilDiv(count, lanes)

  const owners = compose(repeat([vectors], { unroll: true }), spatial(threads)) // which groups of a workgroup's a thread makes
  const elements = repeat([lanes], { unroll: true }) // the elements of a group

  const kernel = buildKernel(
    { name: 'elementwise', threads, workgroups: [ceilDiv(groups, threads * vectors), 1, 1] },
    (g) => {
      for (const { buffer } of loadsOf(anchor.value)) g.use(buffer)
      const out = g.use(anchor.output)
      const store = (axes: readonly Expr[]): void => {
        out.set(axes, substitute(anchor.value, bindVars(anchor.axes, axes)))
      }
      g.forTask(owners, g.thread, (owned) => {
        const group = g.let('group', g.workgroup.x.mul(threads * vectors).add(owned))
        if (inRows) {
          const rows = [...shape.slice(0, -1), sizeDiv(shape.at(-1) ?? 1, lanes)]
          g.if(group.lt(groups), () => {
            const at = coordinates(group, rows)
            const first = value(at.at(-1) ?? int(0)).mul(lanes)
            g.forTask(elements, 0, (lane) => store([...at.slice(0, -1), first.add(lane).expr]))
          })
        } else {
          g.forTask(elements, 0, (lane) => {
            const element = group.mul(lanes).add(lane)
            g.if(element.lt(count), () => store(coordinates(element, shape)))
          })
        }
      })
    },
  )
  return { kernels: [kernel], workspaces: [] }
}
