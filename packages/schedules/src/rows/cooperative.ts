/**
 * Rows by threads together: a workgroup a row.
 *
 * Each stage is folded by all threads together. A row that is short enough stays in registers: what all stages read at
 * their own point is loaded once (and a prologue computed once), and kept by the thread whose point it is.
 */
import {
  buildKernel,
  type Candidate,
  type Expr,
  elementCount,
  equationExprs,
  type Load,
  loadsOf,
  type Problem,
  type Rejection,
  type RowStage,
  type Rows,
  rewriteExpr,
  type ScheduledKernels,
  type ScheduleTemplate,
  type SizeExpr,
  sizeRange,
  substitute,
  type Target,
  type Value,
  type Var,
  variable,
} from '@tilewright/ir'
import { innermostRefinements } from '../innermost.js'
import { coordinates } from '../matmul/tile-edges.js'
import { exchanged, teamOf } from './combine-threads.js'
import type { Bindings } from './fold-in-thread.js'
import { foldTogether, ownPoints, type SharedRow } from './fold-together.js'
import { bindAxes } from './owned-rows.js'
import { indexOf, isContiguous, requireRows } from './row-axes.js'

export interface RowsCooperative extends Candidate {
  /** Threads of a workgroup: a power of two. */
  readonly threads: number
  /** Consecutive points of a thread. */
  readonly lanes: number
  /** Whether the row stays in registers. */
  readonly keep: boolean
}

export const rowsCooperative: ScheduleTemplate<RowsCooperative> = {
  name: 'rows/cooperative',
  space: { threads: [32, 64, 128, 256], lanes: [1, 2, 4], keep: [false, true] },
  matches: (anchor) => anchor.kind === 'rows',
  refinements: (anchor) => innermostRefinements(requireRows(anchor).anchor.output.shape),
  check,
  level0,
  build,
}

/** Elements of a row that a thread may keep in registers. */
const mostKept = 32

function lengthOf(anchor: Problem['anchor']): SizeExpr {
  return elementCount(requireRows(anchor).row.map((axis) => axis.extent))
}

function roundsOf({ threads, lanes }: RowsCooperative, length: SizeExpr): number | undefined {
  return typeof length === 'number' ? Math.max(1, Math.ceil(length / (threads * lanes))) : undefined
}

function check(candidate: RowsCooperative, problem: Problem, target: Target): Rejection | undefined {
  const { threads, lanes, keep } = candidate
  const { anchor } = requireRows(problem.anchor)
  const { limits } = target
  if (!anchor.stages.every((stage) => stage.commutative))
    return { reason: 'a result depends on the order of the elements' }
  if (threads > limits.threads) return { reason: `${threads} threads; the target allows ${limits.threads}` }
  const bytes = stateBytes(anchor) * exchanged(teamOf(threads, target))
  if (bytes > limits.workgroupBytes)
    return { reason: `${bytes} B of workgroup memory; the target allows ${limits.workgroupBytes}` }
  if (!keep) return undefined
  const rounds = roundsOf(candidate, lengthOf(anchor))
  if (rounds === undefined) return { reason: 'rows of unknown length may not fit registers' }
  // Each of a thread's points stands in the text, even where none of its elements is kept.
  const kept = rounds * lanes * Math.max(1, sharedLoads(anchor).length)
  return kept > mostKept
    ? { reason: `${kept} elements a thread in registers; ${mostKept} fit on every device` }
    : undefined
}

/** What the states of all stages take: a word a component. */
const stateBytes = ({ stages }: Rows): number => stages.reduce((bytes, stage) => bytes + 4 * stage.results.length, 0)

/** Points of a row below which a thread folds it faster than threads together do. */
const shortRow = 32

/** Refused where barriers do not pay, rows are short, or neighbouring rows lie side by side in sufficient number. */
function level0(problem: Problem, target: Target): RowsCooperative | Rejection {
  if (!target.fastWorkgroupMemory) return { reason: 'workgroup memory is no faster than other memory here' }
  const parts = requireRows(problem.anchor)
  const length = sizeRange(lengthOf(problem.anchor)).max
  if (length < shortRow) return { reason: `rows of ${length} elements are too short to share among threads` }
  if (!isContiguous(parts) && sizeRange(parts.rows.at(-1)?.extent ?? 1).max >= shortRow) {
    return { reason: 'neighbouring rows lie side by side in memory: a thread for each reads faster' }
  }
  const lanes = isContiguous(parts) ? target.vectorLanes : 1
  const threads = Math.min(256, target.limits.threads, 2 ** Math.max(5, Math.ceil(Math.log2(length / lanes))))
  const candidate = { threads, lanes, keep: true }
  if (check(candidate, problem, target) === undefined) return candidate
  return check({ ...candidate, keep: false }, problem, target) ?? { ...candidate, keep: false }
}

function build(candidate: RowsCooperative, problem: Problem, target: Target): ScheduledKernels {
  const { anchor, rows, row } = requireRows(problem.anchor)
  const { threads, lanes, keep } = candidate
  const extents = rows.map((axis) => axis.extent)
  const rounds = keep ? roundsOf(candidate, lengthOf(anchor)) : undefined
  const team = teamOf(threads, target)
  const shared: SharedRow = { ...team, lanes, rounds, row }
  const kept = rounds === undefined ? [] : sharedLoads(anchor)
  const keptVars = new Map(kept.map(({ buffer, dtype }) => [buffer, variable(buffer.hint, dtype)]))
  // What stays in registers is read from there.
  const visit = (node: Expr): Expr => (isOwnLoad(node, anchor) ? (keptVars.get(node.buffer) ?? node) : node)
  const fromRegisters = (expr: Expr): Expr => rewriteExpr(expr, visit)

  const workgroups = [elementCount(extents), 1, 1] as const
  const kernel = buildKernel({ name: 'rows_cooperative', ...team, workgroups }, (g) => {
    for (const { buffer } of equationExprs(anchor).flatMap(loadsOf)) g.use(buffer)
    const out = g.use(anchor.output)
    const bindings = bindAxes(rows, coordinates(g.workgroup.x, extents))
    const registers = kept.map((load) => {
      const buffer = g.privateBuffer(load.buffer.hint, load.dtype, [(rounds ?? 1) * lanes])
      return { load, buffer, variable: keptVars.get(load.buffer) ?? variable('kept', load.dtype) }
    })
    if (registers.length > 0) {
      ownPoints(g, shared, (point, inside, position) => {
        const all = new Map([...bindings, ...point])
        for (const { load, buffer } of registers) {
          g.if(inside, () => buffer.set([position], substitute(load, all)))
        }
      })
    }
    const at = (point: Bindings, position: Value): Map<Var, Expr> => {
      const fromHere = registers.map(({ buffer, variable: of }): [Var, Expr] => [of, buffer.at(position).expr])
      return new Map([...bindings, ...point, ...fromHere])
    }
    for (const stage of anchor.stages) {
      const fold: RowStage = { ...stage, value: stage.value.map(fromRegisters) }
      const results = foldTogether(g, fold, shared, bindings, at)
      stage.results.forEach((result, i) => {
        const total = results[i]
        if (total !== undefined) bindings.set(result, total)
      })
    }
    const value = fromRegisters(anchor.value)
    ownPoints(g, shared, (point, inside, position) =>
      g.if(inside, () => {
        const all = at(point, position)
        out.set(indexOf(anchor, all), substitute(value, all))
      }),
    )
  })
  return { kernels: [kernel], workspaces: [] }
}

/** Whether a node reads a buffer of the output's rank at the point itself. */
function isOwnLoad(node: Expr, { axes }: Rows): node is Load {
  return node.kind === 'load' && node.index.length === axes.length && node.index.every((at, d) => at === axes[d])
}

/** A load of each buffer that more than one of the stages and the value reads at the point itself. */
function sharedLoads(anchor: Rows): readonly Load[] {
  const found = new Map<Load['buffer'], { readonly load: Load; times: number }>()
  for (const exprs of [...anchor.stages.map((stage) => stage.value), [anchor.value]]) {
    const own = exprs.flatMap(loadsOf).filter((node) => isOwnLoad(node, anchor))
    for (const load of new Map(own.map((node) => [node.buffer, node])).values()) {
      const entry = found.get(load.buffer) ?? { load, times: 0 }
      entry.times += 1
      found.set(load.buffer, entry)
    }
  }
  return [...found.values()].flatMap(({ load, times }) => (times > 1 ? [load] : []))
}
