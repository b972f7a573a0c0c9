/**
 * Where the positions of a resized dimension lie in the original one: Resize's coordinate transformations.
 *
 * Every one of them is linear in the position o. It is kept as a fraction of integers, so that rounding it is exact on
 * every device: floats that should be whole may come out just below.
 */
import {
  add,
  binary,
  type Expr,
  int,
  mul,
  type SizeExpr,
  select,
  sizeBinary,
  sizeSub,
  sizeValue,
  sub,
  UnsupportedError,
} from '@tilewright/ir'

export type CoordinateMode =
  | 'half_pixel'
  | 'half_pixel_symmetric'
  | 'pytorch_half_pixel'
  | 'align_corners'
  | 'asymmetric'
  | 'tf_crop_and_resize'

export interface ResizedDimension {
  readonly input: SizeExpr
  readonly output: SizeExpr
  /** output / input before rounding, where it is a number. Undefined: exactly output / input. */
  readonly scale: number | undefined
  /** The part of the dimension that is resized, 0..1 being all of it: for `tf_crop_and_resize`. */
  readonly roi: readonly [start: number, end: number]
}

/** numerator / denominator; the denominator is positive. */
export interface Fraction {
  readonly numerator: Expr
  readonly denominator: Expr
}

/** The place in the original dimension of position `at`. Throws `UnsupportedError` `graph/symbolic-shape`. */
export function originalPosition(mode: CoordinateMode, dimension: ResizedDimension, at: Expr): Fraction {
  const { input, output } = dimension
  if (typeof input === 'number' && typeof output === 'number') {
    const { first, step } = staticLine(mode, input, output, dimension.scale ?? output / input, dimension.roi)
    const line = lattice(first, step, output)
    return { numerator: add(mul(at, int(line.step)), int(line.first)), denominator: int(line.denominator) }
  }
  return symbolicLine(mode, dimension, at)
}

/** x(o) = first + o · step, as ONNX says it. */
function staticLine(
  mode: CoordinateMode,
  input: number,
  output: number,
  scale: number,
  [start, end]: readonly [number, number],
): { readonly first: number; readonly step: number } {
  const center = { first: 0.5 / scale - 0.5, step: 1 / scale }
  switch (mode) {
    case 'asymmetric':
      return { first: 0, step: 1 / scale }
    case 'half_pixel':
      return center
    case 'pytorch_half_pixel':
      return output > 1 ? center : { first: 0, step: 0 }
    case 'half_pixel_symmetric':
      // The middle of the result lies on the middle of the input.
      return { first: input / 2 - 0.5 + (1 - output) / (2 * scale), step: 1 / scale }
    case 'align_corners':
      return { first: 0, step: output > 1 ? (input - 1) / (output - 1) : 0 }
    case 'tf_crop_and_resize':
      return output > 1
        ? { first: start * (input - 1), step: ((end - start) * (input - 1)) / (output - 1) }
        : { first: ((start + end) * (input - 1)) / 2, step: 0 }
  }
}

/** Denominators that are tried: scales are quotients of small numbers, rounded to f32. */
const mostDenominator = 4096
/** What rounding a scale to f32 does to it, relatively. */
const scaleError = 2 ** -22
/** Twice a numerator is computed in i32. */
const mostNumerator = 2 ** 29

/** The line through integers over a common denominator: the smallest that fits, else the finest power of two. */
function lattice(
  first: number,
  step: number,
  count: number,
): { readonly first: number; readonly step: number; readonly denominator: number } {
  const reach = Math.max(1, Math.abs(first), Math.abs(first + step * count), Math.abs(step))
  const largest = Math.floor(mostNumerator / reach)
  const isWhole = (value: number): boolean =>
    Math.abs(value - Math.round(value)) <= scaleError * Math.max(1, Math.abs(value))
  for (let denominator = 1; denominator <= Math.min(mostDenominator, largest); denominator++) {
    if (isWhole(first * denominator) && isWhole(step * denominator)) return scaled(first, step, denominator)
  }
  return scaled(first, step, 2 ** Math.floor(Math.log2(largest)))
}

const scaled = (first: number, step: number, denominator: number) => ({
  first: Math.round(first * denominator),
  step: Math.round(step * denominator),
  denominator,
})

/** As `staticLine`, with the scale output / input or a quotient of small numbers. */
function symbolicLine(mode: CoordinateMode, { input, output, scale }: ResizedDimension, at: Expr): Fraction {
  const [over, under] = scale === undefined ? [output, input] : quotientOf(scale)
  const [p, q] = [sizeValue(over), sizeValue(under)]
  const last = sizeValue(sizeSub(input, 1))
  const twice = mul(at, int(2))
  const center = { numerator: sub(mul(add(twice, int(1)), q), p), denominator: mul(p, int(2)) }
  switch (mode) {
    case 'asymmetric':
      return { numerator: mul(at, q), denominator: p }
    case 'half_pixel':
      return center
    case 'pytorch_half_pixel': {
      const isMany = binary('lt', int(1), sizeValue(output))
      return { numerator: select(isMany, center.numerator, int(0)), denominator: center.denominator }
    }
    case 'half_pixel_symmetric': {
      const fromMiddle = sub(add(twice, int(1)), sizeValue(output))
      return { numerator: add(mul(fromMiddle, q), mul(last, p)), denominator: mul(p, int(2)) }
    }
    case 'align_corners':
      return { numerator: mul(at, last), denominator: sizeValue(sizeBinary('max', sizeSub(output, 1), 1)) }
    case 'tf_crop_and_resize':
      throw new UnsupportedError({
        code: 'graph/symbolic-shape',
        message: 'Resize: tf_crop_and_resize of a dimension whose size depends on the run',
        help: 'fix the sizes of the model',
      })
  }
}

/** A scale as a quotient of small integers. Throws `UnsupportedError` `graph/symbolic-shape` where it is none. */
export function quotientOf(scale: number): readonly [number, number] {
  const { step, denominator } = lattice(0, scale, 1)
  if (denominator <= mostDenominator && Math.abs(step / denominator - scale) <= scaleError * scale) {
    return [step, denominator]
  }
  throw new UnsupportedError({
    code: 'graph/symbolic-shape',
    message: `Resize: a dimension whose size depends on the run is scaled by ${scale}`,
    help: 'fix the sizes of the model, or scale by a quotient of small integers',
  })
}
