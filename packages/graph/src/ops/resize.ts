/** Resize: samples between the elements of a tensor. */
import {
  add,
  type Buffer,
  binary,
  cast,
  compute,
  computeType,
  constant,
  defined,
  div,
  type Expr,
  int,
  load,
  lt,
  mul,
  type SizeExpr,
  select,
  sizeDiv,
  sizeEquals,
  sizeMul,
  sizeSub,
  sizeValue,
  sub,
  type Var,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { type CoordinateMode, originalPosition, quotientOf, type ResizedDimension } from './resize-positions.js'
import { cubicWeights } from './sampling.js'
import { formatShape, shapeError } from './shape-error.js'

export type NearestMode = 'round_prefer_floor' | 'round_prefer_ceil' | 'floor' | 'ceil'

export type Interpolation =
  | { readonly kind: 'nearest'; readonly rounding: NearestMode }
  | { readonly kind: 'linear' }
  /** Keys' kernel with coefficient `a`; positions outside may be left out of the mean instead of repeating the edge. */
  | { readonly kind: 'cubic'; readonly a: number; readonly excludeOutside: boolean }

export interface ResizeAttributes {
  /** The new extent of each dimension: given, or as the input's times a number. */
  readonly dimensions: readonly (
    | { readonly kind: 'size'; readonly size: SizeExpr }
    | { readonly kind: 'scale'; readonly scale: number }
  )[]
  readonly coordinates: CoordinateMode
  readonly interpolation: Interpolation
  /** The part of each dimension that is resized, for `tf_crop_and_resize`. */
  readonly roi: readonly (readonly [start: number, end: number])[]
  /** What stands outside of the input, for `tf_crop_and_resize`. */
  readonly extrapolation: number
}

/** Resize (ONNX), without antialiasing. Throws `CompileError` `graph/shape`, `UnsupportedError` `graph/symbolic-shape`. */
export function resizeOp(input: TensorType, attributes: ResizeAttributes): Operation {
  const { dimensions, coordinates, roi } = attributes
  if (dimensions.length !== input.shape.length || roi.length !== input.shape.length) {
    throw shapeError('Resize', `scales or sizes of ${dimensions.length} dimensions for ${formatShape(input.shape)}`)
  }
  const resized = input.shape.map((extent, d): ResizedDimension => {
    const wanted = defined(dimensions[d], 'one entry a dimension')
    const part = defined(roi[d], 'one entry a dimension')
    if (wanted.kind === 'size') return { input: extent, output: wanted.size, scale: undefined, roi: part }
    if (!(wanted.scale > 0)) throw shapeError('Resize', `a scale of ${wanted.scale}`)
    return { input: extent, output: scaledExtent(extent, wanted.scale), scale: wanted.scale, roi: part }
  })
  const moved = resized.flatMap((dimension, d) => (isKept(dimension, coordinates) ? [] : [{ d, dimension }]))
  return {
    name: 'Resize',
    outputs: [{ dtype: input.dtype, shape: resized.map(({ output }) => output) }],
    define: ([x], [output]) => {
      const source = defined(x, 'one input')
      return [compute(defined(output, 'one output'), (...axes) => sample(source, axes, moved, attributes))]
    },
  }
}

/** floor(extent · scale), in f32 where the extent is known. */
function scaledExtent(extent: SizeExpr, scale: number): SizeExpr {
  if (typeof extent === 'number') return Math.floor(Math.fround(extent * scale))
  const [over, under] = quotientOf(scale)
  return sizeDiv(sizeMul(extent, over), under)
}

/** Whether a dimension stays as it is. */
function isKept({ input, output, scale, roi }: ResizedDimension, mode: CoordinateMode): boolean {
  const isWhole = mode !== 'tf_crop_and_resize' || (roi[0] === 0 && roi[1] === 1)
  return isWhole && sizeEquals(input, output) && (scale ?? 1) === 1
}

interface Moved {
  readonly d: number
  readonly dimension: ResizedDimension
}

/** One position of a dimension that is read, and its weight. */
interface Tap {
  readonly at: Expr
  readonly weight: Expr
}

function sample(
  source: Buffer,
  axes: readonly Var[],
  moved: readonly Moved[],
  { coordinates, interpolation, extrapolation }: ResizeAttributes,
): Expr {
  const type = computeType(source.dtype)
  const outside: Expr[] = []
  const index: Expr[] = [...axes]
  const taps: { readonly d: number; readonly taps: readonly Tap[] }[] = []
  for (const { d, dimension } of moved) {
    const last = sizeSub(dimension.input, 1)
    const { numerator, denominator } = originalPosition(coordinates, dimension, defined(axes[d], 'one axis each'))
    const top = mul(sizeValue(last), denominator)
    if (coordinates === 'tf_crop_and_resize') outside.push(lt(numerator, int(0)), lt(top, numerator))
    const clamped = binary('min', binary('max', numerator, int(0)), top)
    if (interpolation.kind === 'nearest') index[d] = rounded(interpolation.rounding, clamped, denominator)
    else if (interpolation.kind === 'linear') taps.push({ d, taps: linearTaps(clamped, denominator, last) })
    else taps.push({ d, taps: cubicTaps(interpolation, numerator, denominator, last) })
  }
  const value = taps.length === 0 ? load(source, index) : cast(type, weighted(source, index, taps))
  const [first, ...others] = outside
  if (first === undefined) return value
  return select(
    others.reduce((a, b) => binary('or', a, b), first),
    cast(type, constant('f32', extrapolation)),
    value,
  )
}

/** A fraction that is not negative, rounded to a position. */
function rounded(rounding: NearestMode, numerator: Expr, denominator: Expr): Expr {
  const twice = (value: Expr): Expr => mul(value, int(2))
  switch (rounding) {
    case 'floor':
      return div(numerator, denominator)
    case 'ceil':
      return div(add(numerator, sub(denominator, int(1))), denominator)
    case 'round_prefer_ceil':
      return div(add(twice(numerator), denominator), twice(denominator))
    case 'round_prefer_floor':
      return div(add(twice(numerator), sub(denominator, int(1))), twice(denominator))
  }
}

/** The sum over all combinations of taps, one dimension inside another. */
function weighted(
  source: Buffer,
  index: readonly Expr[],
  [first, ...others]: readonly { readonly d: number; readonly taps: readonly Tap[] }[],
): Expr {
  if (first === undefined) return cast('f32', load(source, index))
  return first.taps
    .map(({ at, weight }) => mul(weight, weighted(source, index.with(first.d, at), others)))
    .reduce((sum, term) => add(sum, term))
}

const one = constant('f32', 1)

function linearTaps(numerator: Expr, denominator: Expr, last: SizeExpr): readonly Tap[] {
  const low = div(numerator, denominator)
  const ratio = ratioOf(numerator, low, denominator)
  const high = binary('min', add(low, int(1)), sizeValue(last))
  return [
    { at: low, weight: sub(one, ratio) },
    { at: high, weight: ratio },
  ]
}

/** What is left of a fraction above its whole part. */
function ratioOf(numerator: Expr, whole: Expr, denominator: Expr): Expr {
  return div(cast('f32', sub(numerator, mul(whole, denominator))), cast('f32', denominator))
}

function cubicTaps(
  { a, excludeOutside }: Extract<Interpolation, { kind: 'cubic' }>,
  numerator: Expr,
  denominator: Expr,
  last: SizeExpr,
): readonly Tap[] {
  const truncated = div(numerator, denominator)
  const low = select(lt(numerator, mul(truncated, denominator)), sub(truncated, int(1)), truncated)
  const ratio = ratioOf(numerator, low, denominator)
  const weights = cubicWeights(ratio, a)
  const taps = weights.map((weight, i): Tap => ({ at: add(low, int(i - 1)), weight }))
  const isOutside = (at: Expr): Expr => binary('or', lt(at, int(0)), lt(sizeValue(last), at))
  const kept = taps.map(({ at, weight }) =>
    excludeOutside ? select(isOutside(at), constant('f32', 0), weight) : weight,
  )
  const total = kept.reduce((sum, weight) => add(sum, weight))
  return taps.map(({ at }, i) => {
    const weight = defined(kept[i], 'one weight a tap')
    return {
      at: binary('min', binary('max', at, int(0)), sizeValue(last)),
      weight: excludeOutside ? div(weight, total) : weight,
    }
  })
}
