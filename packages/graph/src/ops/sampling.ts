/** Samples between the elements of a tensor: along each dimension some positions with weights. */
import {
  add,
  all,
  binary,
  cast,
  constant,
  type Expr,
  int,
  lt,
  mul,
  type SizeExpr,
  select,
  sizeSub,
  sizeValue,
  sub,
  unary,
} from '@tilewright/ir'

/** One position of a dimension that is read. */
export interface Tap {
  readonly at: Expr
  /** Undefined where it is the only one. */
  readonly weight: Expr | undefined
  /** Whether the tensor has the position: elsewhere it counts as zero. Undefined where it always has. */
  readonly inside?: Expr
}

/** The sum over all combinations of taps, in f32; `read` gives the element at an index, and is not evaluated outside. */
export function weightedSum(dimensions: readonly (readonly Tap[])[], read: (index: readonly Expr[]) => Expr): Expr {
  const visit = (d: number, index: readonly Expr[], inside: readonly Expr[]): Expr => {
    const taps = dimensions[d]
    if (taps === undefined) {
      const value = read(index)
      return select(all(inside), value, constant('f32', 0))
    }
    return taps
      .map(({ at, weight, inside: own }) => {
        const value = visit(d + 1, [...index, at], own === undefined ? inside : [...inside, own])
        return weight === undefined ? value : mul(weight, value)
      })
      .reduce((sum, term) => add(sum, term))
  }
  return visit(0, [], [])
}

export interface Located {
  /** The position rounded down. */
  readonly low: Expr
  /** What is left above it, 0 to 1. */
  readonly ratio: Expr
}

export function located(position: Expr): Located {
  const low = unary('floor', position)
  return { low: cast('i32', low), ratio: sub(position, low) }
}

export const isInside = (at: Expr, extent: SizeExpr): Expr => all([binary('le', int(0), at), lt(at, sizeValue(extent))])

/** A position kept within a dimension, so that what is outside reads an element that is there. */
export const kept = (at: Expr, extent: SizeExpr): Expr =>
  binary('max', binary('min', at, sizeValue(sizeSub(extent, 1))), int(0))

/** The two neighbours of a position; what is outside counts as zero. */
export function linearTapsOrZero(position: Expr, extent: SizeExpr): readonly Tap[] {
  const { low, ratio } = located(position)
  const high = add(low, int(1))
  return [
    { at: kept(low, extent), weight: sub(constant('f32', 1), ratio), inside: isInside(low, extent) },
    { at: kept(high, extent), weight: ratio, inside: isInside(high, extent) },
  ]
}

/** A position in f32, kept so near to a dimension that whole numbers hold it: farther away all is the same. */
export function nearby(position: Expr, extent: SizeExpr): Expr {
  const last = cast('f32', sizeValue(extent))
  return binary('max', binary('min', position, add(last, constant('f32', 4))), constant('f32', -4))
}

/** Weights of the four elements around a position that is `ratio` above the second: Keys' kernel with coefficient `a`. */
export function cubicWeights(ratio: Expr, a: number): readonly Expr[] {
  const f32 = (value: number): Expr => constant('f32', value)
  /** ((a·t + b)·t + c)·t + d. */
  const cubic = (t: Expr, ...[c3, c2, c1, c0]: readonly [number, number, number, number]): Expr =>
    add(mul(add(mul(add(mul(f32(c3), t), f32(c2)), t), f32(c1)), t), f32(c0))
  const near = (t: Expr): Expr => cubic(t, a + 2, -(a + 3), 0, 1)
  const far = (t: Expr): Expr => cubic(t, a, -5 * a, 8 * a, -4 * a)
  const before = sub(f32(1), ratio)
  return [far(add(ratio, f32(1))), near(ratio), near(before), far(add(before, f32(1)))]
}
