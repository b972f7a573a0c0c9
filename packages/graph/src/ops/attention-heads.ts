/** Queries, keys and values as heads: [batch, heads, length, size], or [batch, length, heads · size] with a count of heads. */
import {
  add,
  type Buffer,
  defined,
  type Expr,
  load,
  mul,
  type SizeExpr,
  sizeDiv,
  sizeEquals,
  sizeValue,
} from '@tilewright/ir'
import type { TensorType } from '../tensor.js'
import { extentError, formatShape, shapeError } from './shape-error.js'

export interface Heads {
  readonly batch: SizeExpr
  readonly heads: SizeExpr
  readonly length: SizeExpr
  readonly size: SizeExpr
  /** An element. */
  readonly at: (source: Buffer, batch: Expr, head: Expr, position: Expr, element: Expr) => Expr
}

/** A tensor as heads; `count` of them where it has rank 3. Throws `CompileError` `graph/shape`. */
export function headsOf(operator: string, { shape }: TensorType, count: number | undefined): Heads {
  const [batch, first, second, third] = shape
  if (batch !== undefined && first !== undefined && second !== undefined && third !== undefined && shape.length === 4) {
    return { batch, heads: first, length: second, size: third, at: (source, ...at) => load(source, at) }
  }
  if (batch === undefined || first === undefined || second === undefined || shape.length !== 3) {
    throw shapeError(operator, `${formatShape(shape)} has rank ${shape.length}`, 'operands have rank 3 or 4')
  }
  if (count === undefined || count < 1)
    throw shapeError(operator, `how many heads ${formatShape(shape)} has is not given`)
  if (typeof second === 'number' && second % count !== 0) {
    throw shapeError(operator, `${formatShape(shape)} has not ${count} heads of one size`)
  }
  const size = sizeDiv(second, count)
  return {
    batch,
    heads: count,
    length: first,
    size,
    at: (source, b, head, position, element) => load(source, [b, position, add(mul(head, sizeValue(size)), element)]),
  }
}

/** How many heads of the query share a head of keys. Throws `CompileError` `graph/shape`. */
export function groupsOf(operator: string, query: Heads, key: Heads): number {
  if (sizeEquals(query.heads, key.heads)) return 1
  const [all, few] = [query.heads, key.heads]
  if (typeof all === 'number' && typeof few === 'number' && few > 0 && all % few === 0) return all / few
  throw extentError(operator, `${formatShape([all])} heads do not share ${formatShape([few])}`, [all, few])
}

/** The number of elements of a head. Throws `UnsupportedError` `graph/symbolic-shape` where a run decides it. */
export function headSize(operator: string, { size }: Heads): number {
  if (typeof size === 'number') return size
  throw extentError(operator, 'heads of a size that a run decides need a scale', [defined(size, 'a size')])
}
