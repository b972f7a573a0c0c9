/**
 * Attention of few queries: the threads of a workgroup share the keys.
 *
 * A workgroup owns up to four queries of one batch position. It takes as many keys at a time as it has threads: a thread
 * makes the scores of one, from memory. Their weights go through workgroup memory to the threads that multiply them with the
 * values, each a few columns of every so many keys; those parts of the sums are added at the end (what Flash-Decoding does
 * among workgroups).
 */
import {
  add,
  binary,
  buildKernel,
  type Candidate,
  ceilDiv,
  constant,
  defined,
  type Equation,
  type Expr,
  type Fold,
  lt,
  type Problem,
  type Refinement,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  type SizeParam,
  select,
  sizeRange,
  sizeValue,
  substitute,
  type Target,
  type Value,
  value,
  variable,
} from '@tilewright/ir'
import { compose, repeat, spatial, type TaskMapping, tasksPerWorker } from '@tilewright/task-mapping'
import { bindPosition, extentOf } from '../matmul/contraction.js'
import { taskOf, tasksAt } from '../matmul/task-of.js'
import { combineThreads, exchanged, teamOf } from '../rows/combine-threads.js'
import { attentionAxes, attentionOperands, requireAttention } from './attention-axes.js'
import { dotProducts } from './dot-products.js'
import { onlineSoftmax, weigh } from './online-softmax.js'
import { columnsOf } from './tiled-plan.js'
import { zeros } from './tiled-rows.js'

export interface AttentionSharedKeys extends Candidate {
  /** Threads of a workgroup, a power of two: so many keys at a time. */
  readonly threads: number
  /** Threads of these that share the columns of values; the others share keys. */
  readonly threadsN: number
  /** Queries of a workgroup. */
  readonly queries: number
}

/** Queries above which tiles of them pay. */
const fewQueries = 4

export const attentionSharedKeys: ScheduleTemplate<AttentionSharedKeys> = {
  name: 'attention/shared-keys',
  space: { threads: [64, 128, 256], threadsN: [8, 16, 32], queries: [1, 2, 4] },
  matches: (anchor) => anchor.kind === 'attention',
  refinements: () => [],
  check,
  level0,
  build,
}

const bytesOfFloat = 4
/** Registers of a thread that every device has, without those for addresses and loops. */
const mostRegisters = 128

interface SharedPlan {
  readonly ownColumns: TaskMapping
  readonly columns: number
  /** Parts of the keys that are summed side by side. */
  readonly parts: number
}

/** Undefined where a run decides how many columns values have. */
function planOf({ threads, threadsN }: AttentionSharedKeys, { anchor }: Problem): SharedPlan | undefined {
  const width = extentOf(attentionAxes(requireAttention(anchor)).n)
  if (typeof width !== 'number') return undefined
  const ownColumns = columnsOf(width, threadsN)
  return { ownColumns, columns: threadsN * tasksPerWorker(ownColumns), parts: threads / threadsN }
}

function check(candidate: AttentionSharedKeys, problem: Problem, target: Target): Rejection | undefined {
  const { threads, queries } = candidate
  const { limits } = target
  if (threads > limits.threads) return { reason: `${threads} threads; the target allows ${limits.threads}` }
  const plan = planOf(candidate, problem)
  if (plan === undefined) return { reason: 'how many columns values have is decided by a run' }
  // Weights, the parts of the sums, and what is combined of each query: its largest scores, then its weights.
  const combined = 2 * exchanged(teamOf(threads, target))
  const bytes = queries * (threads + plan.parts * plan.columns + combined) * bytesOfFloat
  if (bytes > limits.workgroupBytes) {
    return { reason: `${bytes} B of workgroup memory; the target allows ${limits.workgroupBytes}` }
  }
  const registers = (queries + 1) * tasksPerWorker(plan.ownColumns) + 6 * queries
  return registers > mostRegisters
    ? { reason: `${registers} registers a thread; ${mostRegisters} are safe` }
    : undefined
}

/** Few queries are worth a variant where a run decides how many there are. */
export function fewQueriesRefinements(anchor: Equation): readonly Refinement[] {
  const params: SizeParam[] = []
  let others = 1
  for (const { extent } of attentionAxes(requireAttention(anchor)).m) {
    if (typeof extent === 'number') others *= extent
    else if (extent.kind === 'size') params.push(extent)
    else return []
  }
  const [param] = params
  const most = Math.floor(fewQueries / others)
  return param !== undefined && params.length === 1 && most > 0 && param.max > most
    ? [{ param, facts: { max: most } }]
    : []
}

/** For few queries. Fewer threads where memory is scarce. */
function level0(problem: Problem, target: Target): AttentionSharedKeys | Rejection {
  if (!target.fastWorkgroupMemory) return { reason: 'workgroup memory is no faster than other memory here' }
  const rows = sizeRange(extentOf(attentionAxes(requireAttention(problem.anchor)).m)).max
  if (rows > fewQueries) return { reason: `up to ${rows} queries are multiplied faster in tiles` }
  const queries = 2 ** Math.ceil(Math.log2(Math.max(1, rows)))
  const all = [256, 128, 64].map((threads) => ({ threads, threadsN: 16, queries }))
  const legal = all.find((candidate) => check(candidate, problem, target) === undefined)
  return legal ?? defined(check(defined(all.at(-1), 'a candidate'), problem, target), 'none is legal')
}

/** What combines one number of each thread. */
function foldOf(combine: (left: Expr, right: Expr) => Expr): Fold {
  const [left, right] = [variable('left', 'f32'), variable('right', 'f32')]
  return { value: [], identity: [], left: [left], right: [right], combine: [combine(left, right)], commutative: true }
}
const largestOf = foldOf((left, right) => binary('max', left, right))
const sumOf = foldOf((left, right) => add(left, right))

function build(candidate: AttentionSharedKeys, problem: Problem, target: Target): ScheduledKernels {
  const anchor = requireAttention(problem.anchor)
  const { threads, threadsN, queries } = candidate
  const { ownColumns, columns, parts } = defined(
    planOf(candidate, problem),
    'a candidate is checked before it is built',
  )
  const { batch, m, n } = attentionAxes(anchor)
  const { key } = anchor
  const [rows, width] = [extentOf(m), extentOf(n)]
  const team = teamOf(threads, target)
  const last = value(sizeValue(key.extent)).sub(1)

  const options = {
    ...{ name: 'attention_shared_keys', ...team },
    workgroups: [ceilDiv(rows, queries), 1, extentOf(batch)],
  } as const
  const kernel = buildKernel(options, (g) => {
    for (const operand of attentionOperands(anchor)) g.use(operand)
    const out = g.use(anchor.output)
    const known = bindPosition(batch, g.workgroup.z)
    // Those that a run may have: what is made of others would be stored nowhere.
    const mine = Math.min(queries, sizeRange(rows).max)
    const own = Array.from({ length: mine }, (_, i) => g.let('row', g.workgroup.x.mul(queries).add(i)))
    // What stands beyond the edges must be read nowhere.
    const inside = own.map((row) => [...known, ...bindPosition(m, row.min(value(sizeValue(rows)).sub(1)))])
    const [part, threadN] = taskOf(spatial(parts, threadsN), g.thread)
    const [partOf, columnOf] = [defined(part, 'a part'), defined(threadN, 'a thread of a part')]
    const columnsHere = tasksAt(ownColumns, columnOf).flat()

    const weights = g.workgroupBuffer('weights', 'f32', [mine, threads])
    const sums = zeros(g, 'sums', mine, columnsHere.length)
    const softmaxes = own.map(() => onlineSoftmax(g))
    g.loop('block', ceilDiv(key.extent, threads), (block) => {
      const position = g.let('position', block.mul(threads).add(g.thread))
      const at = bindPosition([key], position.min(last))
      const keys = inside.map((row) => new Map([...row, ...at]))
      const scores = dotProducts(g, anchor, keys).map((dot, i) => {
        const score = substitute(anchor.score, new Map([...defined(keys[i], 'a row'), [anchor.dot, dot.expr]]))
        const isKey = lt(position.expr, sizeValue(key.extent))
        return [g.let('score', value(select(isKey, score, constant('f32', Number.NEGATIVE_INFINITY))))]
      })
      const made = weigh(g, softmaxes, scores, (of) => of.map((most) => combine(largestOf, most)))
      for (const [i, [weight]] of made.entries()) weights.set([i, g.thread], defined(weight, 'a weight a key'))
      for (const [i, { factor }] of softmaxes.entries()) {
        for (const j of columnsHere.keys()) sums.update([i, j], (old) => old.mul(factor.at()))
      }
      g.barrier()
      g.forTask(compose(repeat(threadsN), spatial(parts)), partOf, (of) => {
        const from = g.let('from', block.mul(threads).add(of))
        const isKey = lt(from.expr, sizeValue(key.extent))
        const elements = columnsHere.map((column) => {
          const bindings = new Map([
            ...known,
            ...bindPosition([key], from.min(last)),
            ...bindPosition(n, column.min(value(sizeValue(width)).sub(1))),
          ])
          const element = substitute(anchor.value, bindings)
          return g.let('element', value(select(isKey, element, constant('f32', 0))))
        })
        for (const i of own.keys()) {
          const weight = g.let('weight', weights.at(i, of))
          for (const [j, element] of elements.entries()) sums.update([i, j], (old) => old.add(weight.mul(element)))
        }
      })
      g.barrier()
    })

    const totals = softmaxes.map(({ total }) => combine(sumOf, g.let('own', total.at())))
    const partial = g.workgroupBuffer('partial', 'f32', [mine, parts, columns])
    for (const i of own.keys()) {
      for (const [j, column] of columnsHere.entries()) partial.set([i, partOf, column], sums.at(i, j))
    }
    g.barrier()
    for (const [i, row] of own.entries()) {
      const { largest } = defined(softmaxes[i], 'a softmax a row')
      g.forTask(
        compose(repeat([Math.ceil(columns / threads)], { unroll: true }), spatial(threads)),
        g.thread,
        (column) => {
          g.if(row.lt(rows).and(column.lt(width)), () => {
            const all = Array.from({ length: parts }, (_, p) => partial.at(i, p, column))
            const bindings = new Map([
              ...known,
              ...bindPosition(m, row),
              ...bindPosition(n, column),
              [anchor.largest, largest.at().expr],
              [anchor.total, defined(totals[i], 'a total a row').expr],
              [
                anchor.sum,
                g.let(
                  'sum',
                  all.reduce((a, b) => a.add(b)),
                ).expr,
              ],
            ])
            const index = anchor.axes.map((axis) => defined(bindings.get(axis), 'each axis has a role'))
            out.set(index, value(substitute(anchor.result, bindings)))
          })
        },
      )
    }

    function combine(fold: Fold, of: Value): Value {
      return value(defined(combineThreads(g, fold, team, [of.expr])[0], 'one component'))
    }
  })
  return { kernels: [kernel], workspaces: [] }
}
