/**
 * Puts producers into their consumer.
 *
 *     b[i] := exp(a[i])    y[i] := a[i] * b[i]
 *  => y[i] := a[i] * exp(a[i])
 */
import {
  type Buffer,
  binary,
  bindVars,
  type Compute,
  constant,
  type Expr,
  rewriteExpr,
  substitute,
} from '@tilewright/ir'

/** The consumer with every load of a producer's output replaced by its value, again until none is left. */
export function compose(consumer: Compute, producers: ReadonlyMap<Buffer, Compute>): Compute {
  const value = inlineLoads(consumer.value, producers)
  return value === consumer.value ? consumer : { ...consumer, value }
}

/**
 * An expression with every load of a producer's output replaced by its value, again until none is left. Loads of one place
 * share the value: a producer that is read twice by each of n others would be written 2^n times.
 */
export function inlineLoads(
  root: Expr,
  producers: ReadonlyMap<Buffer, Compute>,
  memo: Map<Expr, Expr> = new Map(),
): Expr {
  const inline = (expr: Expr): Expr => rewriteExpr(expr, visit, memo)
  const known = new Map<Buffer, { readonly index: readonly Expr[]; readonly value: Expr }[]>()
  const visit = (node: Expr): Expr => {
    if (node.kind !== 'load') return node
    const producer = producers.get(node.buffer)
    if (producer === undefined) return node
    const places = known.get(node.buffer) ?? []
    const before = places.find(({ index }) => index.every((at, d) => at === node.index[d]))
    if (before !== undefined) return before.value
    const value = inline(substitute(wrapped(producer.output, producer.value), bindVars(producer.axes, node.index)))
    known.set(node.buffer, [...places, { index: node.index, value }])
    return value
  }
  return inline(root)
}

/** What a load gives of a value stored to `target`, as far as integers go. */
export function wrapped(target: Buffer, value: Expr): Expr {
  // Elements that are only moved fit already.
  if (value.kind === 'load' && value.buffer.dtype === target.dtype) return value
  if (target.dtype === 'u8') return binary('bit-and', value, constant('u32', 255))
  if (target.dtype !== 'i8') return value
  const bits = constant('i32', 24)
  return binary('shr', binary('shl', value, bits), bits)
}
