/**
 * Forming attention: a sum of products whose weights are the softmax of another sum of products becomes one equation.
 *
 *     s[i, j] = sum d: q[i, d] · k[j, d];  p[i, j] = rows j: softmax of s[i, j] / 8;  y[i, e] = sum j: p[i, j] · v[j, e]
 *  => y[i, e] = attention over j; dot = sum d: q[i, d] · k[j, d]; score dot / 8; value v[j, e]; … => sum / total
 *
 * By structure alone, after rows have been formed. What stands between the dot product and the softmax (a scale, a mask)
 * becomes the score; what stands between the softmax and the second product may only move elements. All that is taken in
 * must be read by nobody else. Where no template can schedule the result, the equations stay as they are.
 */
import {
  type Attention,
  type Axis,
  attention,
  type Buffer,
  bindVars,
  defined,
  type Equation,
  type Expr,
  equationOutputs,
  type Load,
  plainFold,
  type Reduce,
  type Rows,
  rewriteExpr,
  someExpr,
  substitute,
  variable,
} from '@tilewright/ir'
import { equationInputs } from '../group.js'
import type { PartitionFacts } from '../partition.js'
import { isSameExpr } from '../same-expr.js'
import { type Weighed, weighed } from './weighed.js'

/** The equations with every attention formed that `isSchedulable`; `results` are the buffers that must exist at the end. */
export function formAttention(
  equations: readonly Equation[],
  results: ReadonlySet<Buffer>,
  { storageBuffers }: PartitionFacts,
  isSchedulable: (anchor: Attention) => boolean,
): readonly Equation[] {
  // Few programs have a softmax whose value is multiplied.
  if (!equations.some(({ kind }) => kind === 'rows')) return equations
  const producers = new Map<Buffer, Equation>()
  const readers = new Map<Buffer, number>()
  for (const equation of equations) {
    for (const output of equationOutputs(equation)) producers.set(output, equation)
    for (const input of equationInputs(equation)) readers.set(input, (readers.get(input) ?? 0) + 1)
  }
  const gone = new Set<Equation>()
  const formed = new Map<Equation, Equation>()
  const onlyReadHere = (buffer: Buffer): Equation | undefined => {
    const producer = readers.get(buffer) === 1 && !results.has(buffer) ? producers.get(buffer) : undefined
    // An attention already: the parts of the sum that it was are gone.
    return producer !== undefined && formed.has(producer) ? undefined : producer
  }
  for (const equation of equations) {
    const made = equation.kind === 'reduce' ? attentionOf(equation, onlyReadHere) : undefined
    if (made === undefined || equationInputs(made.anchor).length >= storageBuffers) continue
    if (!isSchedulable(made.anchor)) continue
    for (const member of made.absorbed) gone.add(member)
    formed.set(equation, made.anchor)
  }
  if (formed.size === 0) return equations
  return equations.flatMap((equation) => (gone.has(equation) ? [] : [formed.get(equation) ?? equation]))
}

interface Formed {
  readonly anchor: Attention
  /** What it takes the place of, besides the last equation. */
  readonly absorbed: readonly Equation[]
}

/** A reader's own producer: undefined where others read the buffer too. */
type OwnProducer = (buffer: Buffer) => Equation | undefined

function attentionOf(last: Reduce, own: OwnProducer): Formed | undefined {
  const product = productOf(last)
  const [key] = last.domain
  if (product === undefined || key === undefined || last.domain.length > 1) return undefined
  for (const [weights, value] of [product, product.toReversed()]) {
    if (weights?.kind !== 'load' || value === undefined) continue
    const found = throughMoves(weights, own)
    if (found?.producer.kind !== 'rows') continue
    const softmax = softmaxAt(found.producer, found.load.index, key)
    if (softmax === undefined) continue
    const scores = scoresOf(softmax.score, own)
    if (scores === undefined) continue
    const [output] = last.outputs
    if (output === undefined) return undefined
    return {
      anchor: attention({ ...softmax, ...scores, output, axes: last.axes, key, value }),
      absorbed: [...found.absorbed, found.producer, ...scores.absorbed],
    }
  }
  return undefined
}

/** The two factors of a sum of products in f32. */
function productOf(equation: Reduce): readonly Expr[] | undefined {
  const [value] = equation.value
  const isProduct =
    plainFold(equation) === 'sum' && value?.kind === 'binary' && value.op === 'mul' && value.dtype === 'f32'
  return isProduct ? [value.left, value.right] : undefined
}

interface Found {
  readonly load: Load
  readonly producer: Equation
  readonly absorbed: readonly Equation[]
}

/** What a load reads in the end, through equations that only move elements. */
function throughMoves(load: Load, own: OwnProducer): Found | undefined {
  const absorbed: Equation[] = []
  for (let at = load; ; ) {
    const producer = own(at.buffer)
    if (producer === undefined) return undefined
    if (producer.kind !== 'compute') return { load: at, producer, absorbed }
    const moved = substitute(producer.value, bindVars(producer.axes, at.index))
    if (moved.kind !== 'load') return undefined
    absorbed.push(producer)
    at = moved
  }
}

/** A softmax along `key` alone, where it is read at `index`. */
function softmaxAt(rows: Rows, index: readonly Expr[], key: Axis): Weighed | undefined {
  const [along, ...more] = rows.along
  const isKey = index.map((at) => someExpr(at, (node) => node === key.var))
  const alone =
    along !== undefined && more.length === 0 && index[along] === key.var && isKey.filter(Boolean).length === 1
  const softmax = alone ? weighed(rows) : undefined
  return softmax && { ...softmax, score: substitute(softmax.score, bindVars(rows.axes, index)) }
}

interface Scores extends Pick<Attention, 'depth' | 'product' | 'dot' | 'score'> {
  readonly absorbed: readonly Equation[]
}

/** A score as something of the one sum of products that it reads. */
function scoresOf(score: Expr, own: OwnProducer): Scores | undefined {
  const dot = variable('dot', 'f32')
  const absorbed = new Set<Equation>()
  let sum: { readonly of: Reduce; readonly index: readonly Expr[] } | undefined
  let isOne = true
  const isOfDot = (expr: Expr): boolean => someExpr(expr, (node) => node === dot)
  const expand = (expr: Expr): Expr => rewriteExpr(expr, (node) => (node.kind === 'load' ? expandLoad(node) : node))
  const expandLoad = (node: Load): Expr => {
    const producer = own(node.buffer)
    if (producer?.kind === 'reduce' && productOf(producer) !== undefined) {
      isOne &&=
        sum === undefined || (sum.of === producer && sum.index.every((at, d) => isSameExpr(at, node.index[d] ?? at)))
      sum = { of: producer, index: node.index }
      absorbed.add(producer)
      return dot
    }
    if (producer?.kind !== 'compute') return node
    const value = expand(substitute(producer.value, bindVars(producer.axes, node.index)))
    if (!isOfDot(value)) return node
    absorbed.add(producer)
    return value
  }
  const expanded = expand(score)
  if (sum === undefined || !isOne) return undefined
  const product = substitute(defined(sum.of.value[0], 'a sum has a value'), bindVars(sum.of.axes, sum.index))
  return { depth: sum.of.domain, product, dot, score: expanded, absorbed: [...absorbed] }
}
