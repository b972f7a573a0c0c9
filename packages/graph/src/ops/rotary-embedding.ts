/** RotaryEmbedding: pairs of the elements of a head, turned by the angle of their position. */
import {
  add,
  binary,
  compute,
  defined,
  div,
  type Expr,
  int,
  load,
  lt,
  mod,
  mul,
  type SizeExpr,
  select,
  sizeBinary,
  sizeValue,
  sub,
  unary,
} from '@tilewright/ir'
import type { EqualSizes, Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { agree, expectFloat, expectOneDType, formatShape, shapeError } from './shape-error.js'

export interface RotaryEmbeddingAttributes {
  /** Whether pairs are neighbours; else the second of a pair is half of what is turned further on. */
  readonly interleaved: boolean
  /** Of an input of rank 3. */
  readonly heads: number
  /** How many elements of each head are turned, the first ones; 0 is all. */
  readonly dimensions: number
}

const name = 'RotaryEmbedding'

/**
 * RotaryEmbedding (ONNX): x [N, heads, S, D], or [N, S, heads·D]. Cosines and sines are [N, S, dimensions / 2], or, with
 * `positions` [N, S], [most, dimensions / 2]. Throws `CompileError` `graph/shape`, `graph/dtype` unless floating point.
 */
export function rotaryEmbeddingOp(
  x: TensorType,
  cosines: TensorType,
  sines: TensorType,
  positions: TensorType | undefined,
  { interleaved, heads, dimensions }: RotaryEmbeddingAttributes,
): Operation {
  expectFloat(name, x)
  expectOneDType(name, [x, cosines, sines])
  const { batch, sequence, size, isFlat } = layoutOf(x, heads)
  const turned = dimensions === 0 ? size : dimensions
  if (typeof turned === 'number' && (turned % 2 !== 0 || (typeof size === 'number' && turned > size))) {
    throw shapeError(name, `${turned} elements to turn of heads of ${formatShape([size])}`, 'give an even number')
  }
  const half = sizeBinary('div', turned, 2)
  const angles = positions === undefined ? [batch, sequence, half] : [cosines.shape[0] ?? 0, half]
  const equalSizes = [
    ...agreeing('cosines', cosines, angles),
    ...agreeing('sines', sines, angles),
    ...(positions === undefined ? [] : agreeing('positions', positions, [batch, sequence])),
  ]
  return {
    name,
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    equalSizes,
    define: ([source, cosine, sine, ids], [output]) => {
      const input = defined(source, 'x')
      return [
        compute(defined(output, 'y'), (...axes) => {
          const last = defined(axes.at(-1), 'elements')
          const [n, s] = [defined(axes[0], 'batch'), defined(axes[isFlat ? 1 : 2], 'sequence')]
          const element = isFlat ? mod(last, sizeValue(size)) : last
          const { isFirst, pair, partner } = pairOf(element, half, interleaved)
          const index = ids === undefined ? [n, s, pair] : [load(ids, [n, s]), pair]
          const sinus = load(defined(sine, 'sines'), index)
          const other = load(input, [...axes.slice(0, -1), add(last, sub(partner, element))])
          const own = load(input, axes)
          const rotated = add(
            mul(load(defined(cosine, 'cosines'), index), own),
            mul(select(isFirst, unary('neg', sinus), sinus), other),
          )
          return turned === size ? rotated : select(lt(element, sizeValue(turned)), rotated, own)
        }),
      ]
    },
  }
}

interface Layout {
  readonly batch: SizeExpr
  readonly sequence: SizeExpr
  /** Elements of a head. */
  readonly size: SizeExpr
  /** Whether heads and their elements are one dimension. */
  readonly isFlat: boolean
}

function layoutOf({ shape }: TensorType, heads: number): Layout {
  const [batch = 0, second = 0, third = 0, fourth] = shape
  if (shape.length === 4) return { batch, sequence: third, size: fourth ?? 0, isFlat: false }
  if (shape.length !== 3) throw shapeError(name, `${formatShape(shape)} has neither rank 3 nor rank 4`)
  if (heads < 1 || (typeof third === 'number' && third % heads !== 0)) {
    throw shapeError(name, `${heads} heads of ${formatShape(shape)}`, 'set num_heads')
  }
  return { batch, sequence: second, size: sizeBinary('div', third, heads), isFlat: true }
}

function agreeing(what: string, { shape }: TensorType, wanted: readonly SizeExpr[]): readonly EqualSizes[] {
  const message = `${what} are ${formatShape(shape)}, not ${formatShape(wanted)}`
  if (shape.length !== wanted.length) throw shapeError(name, message)
  return wanted.flatMap((extent, d) => agree(name, message, shape[d], extent))
}

/** The pair of an element, whether it is the first of it, and where the other one stands. */
function pairOf(
  element: Expr,
  half: SizeExpr,
  interleaved: boolean,
): { readonly isFirst: Expr; readonly pair: Expr; readonly partner: Expr } {
  if (interleaved) {
    const isFirst = binary('eq', binary('bit-and', element, int(1)), int(0))
    return { isFirst, pair: div(element, int(2)), partner: binary('bit-xor', element, int(1)) }
  }
  const isFirst = lt(element, sizeValue(half))
  const pair = select(isFirst, element, sub(element, sizeValue(half)))
  return { isFirst, pair, partner: select(isFirst, add(element, sizeValue(half)), pair) }
}
