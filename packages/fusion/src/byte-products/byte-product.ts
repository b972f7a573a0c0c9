/**
 * A sum of products of bytes less their zero points, which 8 bits cannot hold, as a product of the bytes themselves:
 *
 *     x'[i, k] = x[i, k] - z;  w'[k, j] = w[k, j] - v[j];  y[i, j] = sum k: x'[i, k] · w'[k, j]
 *  => p[i, j] = sum k: x[i, k] · w[k, j];  a[i] = sum k: x[i, k];  b[j] = sum k: w[k, j]
 *     y[i, j] = (p[i, j] - v[j] · a[i]) - z · (b[j] - K · v[j])
 *
 * in i32, where it is the same modulo 2^32, and each part is a sum of as many products as the first was. Where a zero point
 * is 0 its sum is none; that of constant weights is computed once. What pads a factor is its zero point then: zero less
 * than nothing is no byte.
 */
import {
  add,
  type Buffer,
  bindVars,
  buffer,
  compute,
  constant,
  defined,
  type Equation,
  type Expr,
  elementCount,
  int,
  load,
  mul,
  plainFold,
  type Reduce,
  reduce,
  select,
  sizeValue,
  someExpr,
  sub,
  substitute,
  sumOfProducts,
  type Var,
} from '@tilewright/ir'

/** What computes a buffer; undefined for what is given. */
export type ProducerOf = (buffer: Buffer) => Equation | undefined

/**
 * The equations that take the place of a sum of products of bytes less zero points, the product of the bytes first; undefined
 * for other equations.
 */
export function byteProduct(equation: Equation, producerOf: ProducerOf): readonly [Reduce, ...Equation[]] | undefined {
  if (equation.kind !== 'reduce' || plainFold(equation) !== 'sum') return undefined
  const [[value], [output]] = [equation.value, equation.outputs]
  if (value?.kind !== 'binary' || value.op !== 'mul' || value.dtype !== 'i32' || output === undefined) return undefined
  const [left, right] = [lessZero(value.left, producerOf), lessZero(value.right, producerOf)]
  const varies = (zero: Expr | undefined): boolean =>
    zero !== undefined && equation.domain.some((axis) => someExpr(zero, (node) => node === axis.var))
  if (left === undefined || right === undefined || varies(left.zero) || varies(right.zero)) return undefined
  const isPlain = left.zero === undefined && right.zero === undefined
  const product = isPlain ? output : buffer('product', 'i32', output.shape, 'storage')
  const bytes = sumOfProducts(product, domainOf(equation), (axes, at) => {
    const bindings = new Map([...bindVars(equation.axes, axes), ...bindDomain(equation, at)])
    return [substitute(left.byte, bindings), substitute(right.byte, bindings)]
  })
  if (isPlain) return [bytes]
  const ofLeft = right.zero && sumOfBytes(equation, left.byte)
  const ofRight = left.zero && sumOfBytes(equation, right.byte)
  const count = sizeValue(elementCount(equation.domain.map(({ extent }) => extent)))
  const result = compute(output, (...axes) => {
    const bindings = bindVars(equation.axes, axes)
    const at = (expr: Expr): Expr => substitute(expr, bindings)
    const whole = load(product, axes)
    const less = ofLeft && right.zero ? sub(whole, mul(at(right.zero), at(ofLeft.read))) : whole
    if (ofRight === undefined || left.zero === undefined) return less
    const other = right.zero ? sub(at(ofRight.read), mul(count, at(right.zero))) : at(ofRight.read)
    return sub(less, mul(at(left.zero), other))
  })
  return [bytes, ...[ofLeft, ofRight].flatMap((sum) => sum?.equation ?? []), result]
}

/** A factor: a byte as an i32, and what is subtracted from it, the same for all of the sum. */
interface LessZero {
  readonly byte: Expr
  readonly zero: Expr | undefined
}

function lessZero(expr: Expr, producerOf: ProducerOf): LessZero | undefined {
  switch (expr.kind) {
    case 'load': {
      if (expr.buffer.dtype === 'i8') return { byte: expr, zero: undefined }
      const producer = expr.buffer.dtype === 'i32' ? producerOf(expr.buffer) : undefined
      if (producer?.kind !== 'compute') return undefined
      return lessZero(substitute(producer.value, bindVars(producer.axes, expr.index)), producerOf)
    }
    case 'cast': {
      const { value } = expr
      return value.kind === 'load' && value.buffer.dtype === 'u8' ? { byte: expr, zero: undefined } : undefined
    }
    case 'binary': {
      const from = expr.op === 'sub' ? lessZero(expr.left, producerOf) : undefined
      return from === undefined || from.zero !== undefined ? undefined : { byte: from.byte, zero: expr.right }
    }
    case 'select': {
      const from = expr.else.kind === 'const' && expr.else.value === 0 ? lessZero(expr.then, producerOf) : undefined
      return from && { ...from, byte: select(expr.cond, from.byte, from.zero ?? int(0)) }
    }
    default:
      return undefined
  }
}

const domainOf = ({ domain }: Reduce) => domain.map(({ var: { hint }, extent }) => ({ hint, extent }))

const bindDomain = ({ domain }: Reduce, at: readonly Var[]): ReadonlyMap<Var, Expr> =>
  bindVars(
    domain.map((axis) => axis.var),
    at,
  )

/** The sum of the bytes of one factor, over the axes that it has; and what reads it by the axes of the product. */
function sumOfBytes(equation: Reduce, byte: Expr): { readonly equation: Reduce; readonly read: Expr } {
  const { shape } = defined(equation.outputs[0], 'a sum')
  const own = equation.axes.flatMap((axis, d) =>
    someExpr(byte, (node) => node === axis) ? [{ axis, extent: shape[d] ?? 1 }] : [],
  )
  const sums = buffer(
    'sums',
    'i32',
    own.map(({ extent }) => extent),
    'storage',
  )
  const axesOfSums = own.map(({ axis }) => axis)
  return {
    read: load(sums, axesOfSums),
    equation: reduce({
      outputs: [sums],
      domain: domainOf(equation),
      identity: [constant('i32', 0)],
      value: (axes, at) => [substitute(byte, new Map([...bindDomain(equation, at), ...bindVars(axesOfSums, axes)]))],
      combine: ([before], [after]) => [add(defined(before, 'a sum'), defined(after, 'a sum'))],
      commutative: true,
    }),
  }
}
