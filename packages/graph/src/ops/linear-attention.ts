/**
 * LinearAttention: a state of each head, a matrix, is what queries are multiplied with; each step forgets some of it and
 * adds a product of its key and value.
 */
import {
  add,
  type Buffer,
  buffer,
  compute,
  constant,
  defined,
  type Equation,
  type Expr,
  int,
  load,
  mul,
  type SizeExpr,
  sizeEquals,
  sizeMul,
  sub,
  sumOfProducts,
  unary,
} from '@tilewright/ir'
import type { EqualSizes, Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { groupsOf, headSize, headsOf } from './attention-heads.js'
import { unflatten } from './reshape.js'
import { agree, expectFloat, expectOneDType, formatShape, shapeError } from './shape-error.js'
import { stacked, stepNumbers, stepsOf } from './steps.js'

export interface LinearAttentionOperands {
  /** [batch, length, heads · size], as the key and the value are with heads of their own. */
  readonly query: TensorType
  readonly key: TensorType
  readonly value: TensorType
  /** [batch, heads, key size, value size]; zeros where undefined. */
  readonly past?: TensorType | undefined
  /** Logarithm of what is kept of the state: [batch, length, heads], or for each element of a key. */
  readonly decay?: TensorType | undefined
  /** How much of what differs from the state is written: [batch, length, heads], or one for all heads. */
  readonly beta?: TensorType | undefined
}

export interface LinearAttentionAttributes {
  readonly queryHeads: number
  readonly keyHeads: number
  /** 1 / √size where undefined. */
  readonly scale: number | undefined
}

const name = 'LinearAttention'

/**
 * LinearAttention (ONNX): gated with a decay, of the delta rule with a beta. Operands are those given, in the order of
 * `LinearAttentionOperands`. Throws `CompileError` `graph/shape`, `graph/dtype`, and as `stepsOf`.
 */
export function linearAttentionOp(operands: LinearAttentionOperands, attributes: LinearAttentionAttributes): Operation {
  const { query, key, value, past, decay, beta } = operands
  const parts = [query, key, value, ...(decay === undefined ? [] : [decay]), ...(beta === undefined ? [] : [beta])]
  for (const type of parts) {
    expectFloat(name, type)
    if (type.shape.length !== 3)
      throw shapeError(name, `an operand of ${formatShape(type.shape)}`, 'operands have rank 3')
  }
  expectOneDType(name, parts)
  if (past !== undefined) expectFloat(name, past)
  const q = headsOf(name, query, attributes.queryHeads)
  const [k, v] = [headsOf(name, key, attributes.keyHeads), headsOf(name, value, attributes.keyHeads)]
  const groups = groupsOf(name, q, k)
  const steps = stepsOf(name, q.length)
  const scale = attributes.scale ?? 1 / Math.sqrt(headSize(name, q))
  const state = [q.batch, k.heads, k.size, v.size]
  const isPerHead = sizeEquals(decay?.shape[2] ?? k.heads, k.heads)
  const betas = beta?.shape[2] === 1 ? 1 : k.heads
  const fits = (type: TensorType | undefined, shape: readonly SizeExpr[]): readonly EqualSizes[] => {
    if (type === undefined) return []
    const message = `an operand of ${formatShape(type.shape)} where ${formatShape(shape)} is needed`
    if (type.shape.length !== shape.length) throw shapeError(name, message)
    return shape.flatMap((extent, d) => agree(name, message, extent, type.shape[d]))
  }
  return {
    name,
    outputs: [
      { dtype: query.dtype, shape: [q.batch, q.length, sizeMul(q.heads, v.size)] },
      { dtype: (past ?? query).dtype, shape: state },
    ],
    equalSizes: [
      ...fits(key, [q.batch, q.length, sizeMul(k.heads, q.size)]),
      ...fits(value, [q.batch, q.length, sizeMul(k.heads, v.size)]),
      ...fits(past, state),
      ...fits(decay, [q.batch, q.length, isPerHead ? k.heads : sizeMul(k.heads, k.size)]),
      ...fits(beta, [q.batch, q.length, betas]),
    ],
    define: (inputs, [output, present]) => {
      const given = inputs.values()
      const take = (type: TensorType | undefined): Buffer | undefined => (type && given.next().value) || undefined
      const [qs, ks, vs] = [query, key, value].map((type) => defined(take(type), 'three operands'))
      const [pasts, decays, rates] = [past, decay, beta].map(take)
      const equations: Equation[] = []
      const made = (hint: string, shape: readonly SizeExpr[], body: (...index: readonly Expr[]) => Expr): Buffer => {
        const target = buffer(hint, 'f32', shape, 'storage')
        equations.push(compute(target, body))
        return target
      }
      let now = made('state', state, (...index) => (pasts === undefined ? constant('f32', 0) : load(pasts, index)))
      const results = stepNumbers(steps, equations).map((step) => {
        const t = load(step, [int(0)])
        const before = now
        const keyAt = (b: Expr, h: Expr, d: Expr): Expr => k.at(defined(ks, 'keys'), b, h, t, d)
        const kept = (b: Expr, h: Expr, d: Expr, e: Expr): Expr => {
          const old = load(before, [b, h, d, e])
          if (decays === undefined) return old
          const factor = isPerHead ? load(decays, [b, t, h]) : k.at(decays, b, h, t, d)
          return mul(unary('exp', factor), old)
        }
        const recalled = buffer('recalled', 'f32', [q.batch, k.heads, v.size], 'storage')
        if (rates !== undefined) {
          const sum = sumOfProducts(recalled, [{ hint: 'd', extent: k.size }], ([b, h, e], [d]) => [
            keyAt(at(b), at(h), at(d)),
            kept(at(b), at(h), at(d), at(e)),
          ])
          equations.push(sum)
        }
        const written = (b: Expr, h: Expr, e: Expr): Expr => {
          const element = v.at(defined(vs, 'values'), b, h, t, e)
          if (rates === undefined) return element
          return mul(load(rates, [b, t, betas === 1 ? int(0) : h]), sub(element, load(recalled, [b, h, e])))
        }
        const after = made('state', state, (...index) => {
          const [b, h, d, e] = index
          return add(kept(at(b), at(h), at(d), at(e)), mul(keyAt(at(b), at(h), at(d)), written(at(b), at(h), at(e))))
        })
        now = after
        const result = buffer('result', 'f32', [q.batch, k.heads, groups, v.size], 'storage')
        const product = sumOfProducts(result, [{ hint: 'd', extent: k.size }], ([b, h, g, e], [d]) => [
          q.at(defined(qs, 'queries'), at(b), add(mul(at(h), int(groups)), at(g)), t, at(d)),
          load(after, [at(b), at(h), at(d), at(e)]),
        ])
        equations.push(product)
        return result
      })
      const rows = stacked(results, [q.batch, k.heads, groups, v.size], equations)
      equations.push(
        compute(defined(output, 'an output'), (...index) => {
          if (rows === undefined) return constant('f32', 0)
          const [b, t, c] = index
          const element = load(rows, [at(t), at(b), ...unflatten(at(c), [k.heads, groups, v.size])])
          return mul(constant('f32', scale), element)
        }),
      )
      if (present !== undefined) equations.push(compute(present, (...index) => load(now, index)))
      return equations
    },
  }
}

const at = (position: Expr | undefined): Expr => defined(position, 'an axis of attention')
