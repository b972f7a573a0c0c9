/** GridSample: a tensor sampled at positions that are data. */
import {
  add,
  binary,
  buffer,
  type Compute,
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
  mod,
  mul,
  type SizeExpr,
  select,
  sizeValue,
  sub,
  unary,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { cubicWeights, isInside, kept, located, nearby, type Tap, weightedSum } from './sampling.js'
import { agree, expectFloat, formatShape, shapeError } from './shape-error.js'

export interface GridSampleAttributes {
  readonly mode: 'nearest' | 'linear' | 'cubic'
  /** What stands outside: nothing, the nearest element, or the mirror image. */
  readonly padding: 'zeros' | 'border' | 'reflection'
  /** Whether -1 and 1 are the middles of the outermost elements, or their outer edges. */
  readonly alignCorners: boolean
}

const f32 = (value: number): Expr => constant('f32', value)

/**
 * GridSample (ONNX): x [N, C, …spatial] at the positions of grid [N, …outputs, rank], the last dimension first, where -1 to
 * 1 is the whole of a dimension. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function gridSampleOp(x: TensorType, grid: TensorType, attributes: GridSampleAttributes): Operation {
  const spatial = x.shape.slice(2)
  const outputs = grid.shape.slice(1, -1)
  const message = `${formatShape(x.shape)} is not sampled at ${formatShape(grid.shape)}`
  expectFloat('GridSample', grid)
  if (spatial.length < 1 || grid.shape.length !== x.shape.length || grid.shape.at(-1) !== spatial.length) {
    throw shapeError('GridSample', message)
  }
  const points = [defined(grid.shape[0], 'images'), ...outputs]
  return {
    name: 'GridSample',
    outputs: [{ dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...outputs] }],
    equalSizes: agree('GridSample', message, grid.shape[0], x.shape[0]),
    define: ([source, where], [output]) => {
      const [input, positions] = [defined(source, 'x'), defined(where, 'grid')]
      const found = spatial.map((extent, d): Compute => {
        const at = buffer('position', 'f32', points, 'storage')
        return compute(at, (...axes) =>
          positionIn(load(positions, [...axes, int(spatial.length - 1 - d)]), extent, attributes),
        )
      })
      const sampled = compute(defined(output, 'one output'), (image, channel, ...axes) => {
        const [n, c] = [defined(image, 'image'), defined(channel, 'channel')]
        const taps = found.map(({ output: at }, d) =>
          tapsOf(load(at, [n, ...axes]), defined(spatial[d], 'an extent'), attributes),
        )
        const value = weightedSum(taps, (index) => cast('f32', load(input, [n, c, ...index])))
        return cast(computeType(input.dtype), value)
      })
      return [...found, sampled]
    },
  }
}

/** The position of -1 to 1 among the elements, and what padding makes of one that is outside. */
function positionIn(normal: Expr, extent: SizeExpr, { mode, padding, alignCorners }: GridSampleAttributes): Expr {
  const length = cast('f32', sizeValue(extent))
  const last = sub(length, f32(1))
  const shifted = add(normal, f32(1))
  const exact = alignCorners ? mul(div(shifted, f32(2)), last) : div(sub(mul(shifted, length), f32(1)), f32(2))
  const position = mode === 'nearest' ? unary('round', exact) : exact
  const [lowest, highest] = alignCorners ? [f32(0), last] : [f32(-0.5), sub(length, f32(0.5))]
  const isOutside = binary('or', lt(position, lowest), lt(highest, position))
  switch (padding) {
    case 'zeros':
      return nearby(position, extent)
    case 'border':
      return nearby(select(isOutside, binary('max', binary('min', position, last), f32(0)), position), extent)
    case 'reflection':
      return nearby(select(isOutside, mirrored(position, lowest, highest), position), extent)
  }
}

/** A position mirrored at both ends until it is between them. */
function mirrored(position: Expr, lowest: Expr, highest: Expr): Expr {
  const range = sub(highest, lowest)
  const period = binary('max', mul(range, f32(2)), f32(1))
  const from = sub(position, lowest)
  const offset = sub(from, mul(period, unary('floor', div(from, period))))
  return add(lowest, binary('min', offset, sub(period, offset)))
}

/** An element's position outside as the one that padding reads. */
function paddedTap(
  at: Expr,
  weight: Expr | undefined,
  extent: SizeExpr,
  { padding, alignCorners }: GridSampleAttributes,
): Tap {
  switch (padding) {
    case 'zeros':
      return { at: kept(at, extent), weight, inside: isInside(at, extent) }
    case 'border':
      return { at: kept(at, extent), weight }
    case 'reflection': {
      const [length, two] = [sizeValue(extent), int(2)]
      // Either end element is its own image, or stands beside it.
      const beside = int(alignCorners ? 0 : 1)
      const period = binary('max', mul(two, sub(length, int(alignCorners ? 1 : 0))), int(1))
      const rest = mod(at, period)
      const offset = select(lt(rest, int(0)), add(rest, period), rest)
      const image = sub(sub(period, beside), offset)
      return { at: kept(select(lt(offset, length), offset, image), extent), weight }
    }
  }
}

function tapsOf(position: Expr, extent: SizeExpr, attributes: GridSampleAttributes): readonly Tap[] {
  const { low, ratio } = located(position)
  const tap = (offset: number, weight: Expr | undefined): Tap =>
    paddedTap(add(low, int(offset)), weight, extent, attributes)
  switch (attributes.mode) {
    case 'nearest':
      return [tap(0, undefined)]
    case 'linear':
      return [tap(0, sub(f32(1), ratio)), tap(1, ratio)]
    case 'cubic':
      return cubicWeights(ratio, -0.75).map((weight, i) => tap(i - 1, weight))
  }
}
