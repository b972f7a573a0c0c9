/**
 * Attention: a product of queries and keys, a softmax of each row, a product with the values. Heads of the query that share
 * keys are a dimension of their own, so that they are rows of one product.
 */
import {
  add,
  type Buffer,
  buffer,
  CompileError,
  type Compute,
  compute,
  constant,
  defined,
  div,
  type Equation,
  type Expr,
  int,
  load,
  lt,
  mul,
  type SizeExpr,
  select,
  sizeAdd,
  sizeMul,
  sizeValue,
  sub,
  sumOfProducts,
  unary,
  variable,
} from '@tilewright/ir'
import type { EqualSizes, Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { groupsOf, type Heads, headSize, headsOf } from './attention-heads.js'
import { type AttentionWindow, checkMask, isLowest, isMasked, maskedScore, type ScoreAt } from './attention-mask.js'
import { extremumOf, neverWins } from './extremum.js'
import { reshapeEquation, unflatten } from './reshape.js'
import { foldRows, rowsAlong } from './rows.js'
import { agree, expectFloat, expectOneDType, formatShape, shapeError } from './shape-error.js'

export interface AttentionOperands {
  readonly query: TensorType
  readonly key: TensorType
  readonly value: TensorType
  /** True, or what is added to scores; broadcast to [batch, heads, queries, keys], keys that it lacks are masked. */
  readonly mask?: TensorType | undefined
  /** Keys and values of earlier steps, [batch, heads, length, size]. */
  readonly pastKey?: TensorType | undefined
  readonly pastValue?: TensorType | undefined
  /** How many keys of each image of the batch count. */
  readonly lengths?: TensorType | undefined
}

/** What the fourth output holds: scaled products, those with the softcap, those with the mask too, or the softmax. */
export type AttentionScores = 'products' | 'capped' | 'masked' | 'weights'

export interface AttentionAttributes extends AttentionWindow {
  /** Counts of heads, for operands of rank 3. */
  readonly queryHeads: number | undefined
  readonly keyHeads: number | undefined
  /** 1 / √size where undefined. */
  readonly scale: number | undefined
  /** softcap · tanh(score / softcap); 0 for none. */
  readonly softcap: number
  readonly scores: AttentionScores
  /** How many of the result, the keys, the values and the scores are wanted. */
  readonly outputs: number
}

/**
 * Attention (ONNX). A query that attends to no key has a result of zeros. Operands are those given, in the order of
 * `AttentionOperands`. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function attentionOp(operands: AttentionOperands, attributes: AttentionAttributes): Operation {
  const { query, key, value, mask, pastKey, pastValue, lengths } = operands
  const { softcap } = attributes
  for (const type of [query, key, value]) expectFloat('Attention', type)
  expectOneDType('Attention', pastKey === undefined ? [query, key] : [query, key, pastKey])
  expectOneDType('Attention', pastValue === undefined ? [value] : [value, pastValue])
  if ((pastKey === undefined) !== (pastValue === undefined) || (pastKey !== undefined && lengths !== undefined)) {
    throw shapeError(
      'Attention',
      'past keys, past values and lengths',
      'the first two come together, without the third',
    )
  }
  if (lengths !== undefined && lengths.dtype !== 'i64' && lengths.dtype !== 'i32') {
    throw new CompileError({ code: 'graph/dtype', message: `Attention: lengths are ${lengths.dtype}` })
  }
  const q = headsOf('Attention', query, attributes.queryHeads)
  const [k, v] = [headsOf('Attention', key, attributes.keyHeads), headsOf('Attention', value, attributes.keyHeads)]
  const groups = groupsOf('Attention', q, k)
  const past = pastKey?.shape[2] ?? 0
  const keys = sizeAdd(past, k.length)
  const scoreShape = [q.batch, q.heads, q.length, keys]
  const equalSizes = [
    ...same('batches', q.batch, k.batch, v.batch),
    ...same('sizes of heads', q.size, k.size),
    ...same('heads', k.heads, v.heads),
    ...same('lengths', k.length, v.length),
    ...samePast(pastKey, k, past),
    ...samePast(pastValue, v, past),
    ...(lengths === undefined
      ? []
      : same('batches', q.batch, lengths.shape.length === 1 ? lengths.shape[0] : undefined)),
    ...(mask === undefined ? [] : checkMask(mask, query.dtype, scoreShape)),
  ]
  const scale = attributes.scale ?? 1 / Math.sqrt(headSize('Attention', q))
  const result =
    query.shape.length === 4 ? [q.batch, q.heads, q.length, v.size] : [q.batch, q.length, sizeMul(q.heads, v.size)]
  const present = ({ heads, size }: Heads): readonly SizeExpr[] => [q.batch, heads, keys, size]
  const types: readonly TensorType[] = [
    { dtype: query.dtype, shape: result },
    { dtype: query.dtype, shape: present(k) },
    { dtype: value.dtype, shape: present(v) },
    { dtype: query.dtype, shape: scoreShape },
  ]

  return {
    name: 'Attention',
    outputs: types.slice(0, attributes.outputs),
    equalSizes,
    define: (inputs, outputs) => {
      const rest = inputs.values()
      const take = (type: TensorType | undefined): Buffer | undefined => (type && rest.next().value) || undefined
      const [qs, ks, vs] = [query, key, value].map((type) => defined(take(type), 'three operands'))
      const [masks, pastKeys, pastValues, counts] = [mask, pastKey, pastValue, lengths].map(take)
      const [out, presentKeys, presentValues, scoresOut] = outputs
      const equations: Equation[] = []
      /** Reads keys or values of all steps. */
      const read = (heads: Heads, source: Buffer, before: Buffer | undefined, whole: Buffer | undefined): ReadHeads => {
        const own: ReadHeads = (...at) => heads.at(source, ...at)
        if (before === undefined && whole === undefined) return own
        const joined = whole ?? buffer('present', source.dtype, present(heads), 'storage')
        equations.push(joinSteps(joined, before, past, own))
        return before === undefined ? own : (...at) => load(joined, at)
      }
      const keyAt = read(k, defined(ks, 'keys'), pastKeys, presentKeys)
      const valueAt = read(v, defined(vs, 'values'), pastValues, presentValues)

      // [batch, heads of keys, queries' heads that share them, queries, keys]
      const shape = [q.batch, k.heads, groups, q.length, keys]
      const headOf = (h: Expr, g: Expr): Expr => add(mul(h, int(groups)), g)
      const stage = (hint: string, body: (...at: readonly Expr[]) => Expr): Buffer => {
        const made = buffer(hint, 'f32', shape, 'storage')
        equations.push(compute(made, body))
        return made
      }
      const products = buffer('products', 'f32', shape, 'storage')
      equations.push(
        sumOfProducts(products, [{ hint: 'd', extent: q.size }], ([b, h, g, i, j], [d]) => {
          const [batch, head, group, element] = [at(b), at(h), at(g), at(d)]
          return [
            q.at(defined(qs, 'queries'), batch, headOf(head, group), at(i), element),
            keyAt(batch, head, at(j), element),
          ]
        }),
      )
      const scaled = stage('scaled', (...index) => mul(load(products, index), constant('f32', scale)))
      const cap = constant('f32', softcap)
      const capped =
        softcap === 0 ? scaled : stage('capped', (...index) => mul(cap, unary('tanh', div(load(scaled, index), cap))))
      const details = { ...attributes, scores: scoreShape, past }
      const isGuarded = isMasked(attributes, mask, lengths)
      const masked = !isGuarded
        ? capped
        : stage('masked', (...index) => {
            const [batch, h, g, i, j] = index
            const place: ScoreAt = { batch: at(batch), head: headOf(at(h), at(g)), query: at(i), key: at(j) }
            return maskedScore(load(capped, index), place, details, masks, counts)
          })
      const weights = buffer('weights', 'f32', shape, 'storage')
      equations.push(...weightsOf(weights, masked, isGuarded))
      const results = buffer('results', 'f32', [...shape.slice(0, 4), v.size], 'storage')
      equations.push(
        sumOfProducts(results, [{ hint: 'j', extent: keys }], ([b, h, g, i, e], [j]) => [
          load(weights, [at(b), at(h), at(g), at(i), at(j)]),
          valueAt(at(b), at(h), at(j), at(e)),
        ]),
        merged(defined(out, 'a result'), results, groups),
      )
      if (scoresOut !== undefined) {
        const shown = { products: scaled, capped, masked, weights }[attributes.scores]
        equations.push(reshapeEquation(scoresOut, shown))
      }
      return equations
    },
  }
}

type ReadHeads = (batch: Expr, head: Expr, position: Expr, element: Expr) => Expr

const at = (position: Expr | undefined): Expr => defined(position, 'an axis of scores')

/** Past steps, and then those that came with the queries. */
function joinSteps(joined: Buffer, before: Buffer | undefined, past: SizeExpr, own: ReadHeads): Equation {
  return compute(joined, (...axes) => {
    const [b, h, j, d] = [at(axes[0]), at(axes[1]), at(axes[2]), at(axes[3])]
    if (before === undefined) return own(b, h, j, d)
    const start = sizeValue(past)
    return select(lt(j, start), load(before, [b, h, j, d]), own(b, h, sub(j, start), d))
  })
}

/** The softmax of each row of scores; a row without any key, where there may be one, is zeros. */
function weightsOf(weights: Buffer, scores: Buffer, isGuarded: boolean): readonly Equation[] {
  const rows = rowsAlong(scores.shape, [scores.shape.length - 1])
  const largest = buffer('largest', 'f32', rows.shape, 'storage')
  const power = buffer('power', 'f32', scores.shape, 'storage')
  const total = buffer('total', 'f32', rows.shape, 'storage')
  return [
    foldRows(largest, rows, {
      identity: neverWins('max', 'f32'),
      value: (index) => load(scores, index),
      combine: (left, right) => extremumOf('max', left, right),
    }),
    compute(power, (...index) => unary('exp', sub(load(scores, index), load(largest, rows.rowOf(index))))),
    foldRows(total, rows, { identity: constant('f32', 0), value: (index) => load(power, index), combine: add }),
    compute(weights, (...index) => {
      const row = rows.rowOf(index)
      const share = div(load(power, index), load(total, row))
      return isGuarded ? select(isLowest(load(largest, row)), constant('f32', 0), share) : share
    }),
  ]
}

/** Results of groups of heads as the output has them. */
function merged(out: Buffer, results: Buffer, groups: number): Compute {
  if (out.shape.length === 4) return reshapeEquation(out, results)
  const axes = results.shape.map((_, d) => variable(`j${d}`))
  const [b, h, g, i, e] = axes
  const size = defined(results.shape[4], 'a size of heads')
  const feature = add(mul(add(mul(at(h), int(groups)), at(g)), sizeValue(size)), at(e))
  const heads = [defined(results.shape[1], 'heads'), groups, size]
  const inverse = { input: results, axes, index: [at(b), at(i), feature] }
  return compute(
    out,
    (...index) => {
      const [head, group, element] = unflatten(at(index[2]), heads)
      return load(results, [at(index[0]), at(head), at(group), at(index[1]), at(element)])
    },
    [inverse],
  )
}

function same(what: string, first: SizeExpr, ...others: readonly (SizeExpr | undefined)[]): readonly EqualSizes[] {
  return others.flatMap((other) => {
    const shown = other === undefined ? 'none' : formatShape([other])
    return agree('Attention', `${what} differ: ${formatShape([first])} and ${shown}`, first, other)
  })
}

/** What a run must check of keys or values of earlier steps. */
function samePast(type: TensorType | undefined, own: Heads, past: SizeExpr): readonly EqualSizes[] {
  if (type === undefined) return []
  const [batch, heads, length, size] = type.shape.length === 4 ? type.shape : []
  return [
    ...same('batches', own.batch, batch),
    ...same('heads', own.heads, heads),
    ...same('past lengths', past, length),
    ...same('sizes of heads', own.size, size),
  ]
}
