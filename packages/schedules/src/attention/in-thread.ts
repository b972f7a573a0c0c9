/**
 * Attention without workgroup memory: a thread a query.
 *
 * A thread keeps the largest score, the sum of the weights and the weighted sum of the values, relative to the largest score
 * so far (Milakov and Gimelshein, arXiv 1805.02867; FlashAttention's loop, arXiv 2205.14135). It takes `step` keys at a time:
 * their scores, then one rescaling for all of them. No score is ever written.
 */
import {
  buildKernel,
  type Candidate,
  ceilDiv,
  defined,
  elementCount,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  sizeRange,
  substitute,
  type Target,
  type Value,
  value,
} from '@tilewright/ir'
import { repeat, spatial } from '@tilewright/task-mapping'
import { type Bound, bindPosition, extentOf } from '../matmul/contraction.js'
import { attentionAxes, attentionOperands, requireAttention } from './attention-axes.js'
import { type Bindings, dotProducts } from './dot-products.js'
import { onlineSoftmax, weigh } from './online-softmax.js'
import { visibleKeys } from './visible-keys.js'

export interface AttentionInThread extends Candidate {
  /** Threads of a workgroup: neighbouring queries. */
  readonly threads: number
  /** Keys that are taken at a time. */
  readonly step: number
}

export const attentionInThread: ScheduleTemplate<AttentionInThread> = {
  name: 'attention/in-thread',
  space: { threads: [1, 4, 8, 16, 32, 64, 128], step: [1, 2, 4, 8, 16] },
  matches: (anchor) => anchor.kind === 'attention',
  refinements: () => [],
  check,
  level0,
  build,
}

/** Registers of a thread that every device has, without those for addresses and loops. */
const mostRegisters = 160

function check({ threads, step }: AttentionInThread, { anchor }: Problem, target: Target): Rejection | undefined {
  const { limits } = target
  if (threads > limits.threads) return { reason: `${threads} threads; the target allows ${limits.threads}` }
  const columns = extentOf(attentionAxes(requireAttention(anchor)).n)
  if (typeof columns !== 'number') return { reason: 'how many columns values have is decided by a run' }
  const registers = columns + 2 * step
  return registers > mostRegisters
    ? { reason: `${registers} registers a thread; ${mostRegisters} are safe` }
    : undefined
}

/** Queries below which a softmax that is written and read back costs little, and whole devices would wait for few threads. */
const fewQueries = 16

/** Where a workgroup is a thread. Many threads read each key and value as often as they multiply it. */
function level0(problem: Problem, target: Target): AttentionInThread | Rejection {
  if (target.limits.threads > 1)
    return { reason: 'threads that share what they read are faster as products of matrices' }
  if (sizeRange(extentOf(attentionAxes(requireAttention(problem.anchor)).m)).max < fewQueries)
    return { reason: `fewer than ${fewQueries} queries leave most of a device waiting` }
  const candidate = { threads: 1, step: 8 }
  return check(candidate, problem, target) ?? candidate
}

function build({ threads, step }: AttentionInThread, problem: Problem): ScheduledKernels {
  const anchor = requireAttention(problem.anchor)
  const { batch, m, n } = attentionAxes(anchor)
  const rows = extentOf(m)
  const columns = Number(elementCount(n.map((axis) => axis.extent)))
  const { key } = anchor
  const owners = spatial(threads) // which query of the workgroup's a thread owns
  const cells = repeat([columns], { unroll: true }) // the columns of its result

  const kernel = buildKernel(
    { name: 'attention_in_thread', threads, workgroups: [ceilDiv(rows, threads), 1, extentOf(batch)] },
    (g) => {
      for (const operand of attentionOperands(anchor)) g.use(operand)
      const out = g.use(anchor.output)
      g.forTask(owners, g.thread, (query) => {
        const row = g.let('row', g.workgroup.x.mul(threads).add(query))
        g.if(row.lt(rows), () => {
          const known = new Map([...bindPosition(batch, g.workgroup.z), ...bindPosition(m, row)])
          const softmax = onlineSoftmax(g)
          const sums = g.privateBuffer('sums', 'f32', [columns])
          g.forTask(cells, 0, (column) => sums.set([column], 0))
          const advance = (first: Value, count: number): void => {
            const keys = Array.from({ length: count }, (_, j) => bind(known, [[key.var, first.add(j).expr]]))
            const scores = dotProducts(g, anchor, keys).map((dot, j) => {
              const at = bind(defined(keys[j], 'a dot product a key'), [[anchor.dot, dot.expr]])
              return g.let('score', value(substitute(anchor.score, at)))
            })
            const [weights = []] = weigh(g, [softmax], [scores])
            g.forTask(cells, 0, (column) => {
              const at = bindPosition(n, column)
              const terms = keys.map((known) => value(substitute(anchor.value, bind(known, at))))
              sums.update([column], (old) =>
                weights.reduce((sum, weight, j) => sum.add(weight.mul(terms[j] ?? 0)), old.mul(softmax.factor.at())),
              )
            })
          }
          const keys = visibleKeys(anchor, { known: [...known], first: row, queries: 1 }) ?? g.size(key.extent)
          const whole = g.let('whole', keys.div(step))
          g.loop('block', whole, (block) => advance(block.mul(step), step))
          g.loop('rest', keys.mod(step), (rest) => advance(whole.mul(step).add(rest), 1))

          g.forTask(cells, 0, (column) => {
            const at = bind(known, [
              ...bindPosition(n, column),
              [anchor.largest, softmax.largest.at().expr],
              [anchor.total, softmax.total.at().expr],
              [anchor.sum, sums.at(column).expr],
            ])
            const index = anchor.axes.map((axis) => defined(at.get(axis), 'each axis has a role'))
            out.set(index, substitute(anchor.result, at))
          })
        })
      })
    },
  )
  return { kernels: [kernel], workspaces: [] }
}

const bind = (known: Bindings, more: Bound): Bindings => new Map([...known, ...more])
