/** Sums of products of queries and keys, where a thread makes each by itself. */
import {
  type Attention,
  defined,
  type Expr,
  type KernelBuilder,
  sizeBinary,
  sizeDiv,
  substitute,
  type Value,
  type Var,
  value,
} from '@tilewright/ir'
import { type Bound, loopOver } from '../matmul/contraction.js'

/** Elements of the depth that one iteration takes, so that loads become vectors. */
const depthStep = 4

/** Values for the axes of an attention and its key. */
export type Bindings = ReadonlyMap<Var, Expr>

/** Dot products by one thread, from memory: one for each query and key that `keys` bind. */
export function dotProducts(
  g: KernelBuilder,
  { depth, product }: Attention,
  keys: readonly Bindings[],
): readonly Value[] {
  const sums = g.privateBuffer('dots', 'f32', [keys.length])
  for (const j of keys.keys()) sums.set([j], 0)
  const inner = defined(depth.at(-1), 'a product has a depth')
  const advance = (outer: Bound, first: Value, count: number): void => {
    for (const [j, known] of keys.entries()) {
      const terms = Array.from({ length: count }, (_, d) =>
        value(substitute(product, new Map([...known, ...outer, [inner.var, first.add(d).expr]]))),
      )
      sums.update([j], (old) => terms.reduce((sum, term) => sum.add(term), old))
    }
  }
  loopOver(g, depth.slice(0, -1), (outer) => {
    const whole = sizeDiv(inner.extent, depthStep)
    g.loop('depth', whole, (d) => advance(outer, d.mul(depthStep), depthStep))
    g.loop('last', sizeBinary('mod', inner.extent, depthStep), (d) =>
      advance(outer, g.size(whole).mul(depthStep).add(d), 1),
    )
  })
  return keys.map((_, j) => g.let('dot', sums.at(j)))
}
