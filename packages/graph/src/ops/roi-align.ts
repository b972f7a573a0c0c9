/** RoiAlign: regions of images, each brought to one size. */
import {
  add,
  all,
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
  mul,
  reduce,
  type SizeExpr,
  select,
  sizeValue,
  sub,
  type Var,
} from '@tilewright/ir'
import type { EqualSizes, Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { adaptiveMean, type Part } from './roi-align-adaptive.js'
import { kept, located, nearby, type Tap, weightedSum } from './sampling.js'
import { agree, expectFloat, expectOneDType, formatShape, shapeError } from './shape-error.js'

export interface RoiAlignAttributes {
  readonly mode: 'avg' | 'max'
  /** Rows and columns of a result. */
  readonly output: readonly [number, number]
  /** Samples of a result along each dimension; adaptive, of means alone, as many as it has elements, rounded up. */
  readonly samples: number | 'adaptive'
  /** Elements of x by unit of the regions. */
  readonly scale: number
  /** Whether the middle of an element is at a half; otherwise it is at 0, and a region has an extent of 1 at least. */
  readonly halfPixel: boolean
}

/** Elements that a place is between, and whether it counts at all. */
interface Neighbours {
  readonly taps: readonly { readonly at: Expr; readonly weight: Expr }[]
  readonly inside: Expr
}

const f32 = (value: number): Expr => constant('f32', value)

/**
 * RoiAlign (ONNX): of x [N, C, H, W] the regions rois [R, 4] (first column and row, last column and row) of the images
 * `images` [R], each [C, …output]. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function roiAlignOp(
  x: TensorType,
  rois: TensorType,
  images: TensorType,
  attributes: RoiAlignAttributes,
): Operation {
  expectOneDType('RoiAlign', [x, rois])
  expectFloat('RoiAlign', x)
  const { output: results, samples, mode } = attributes
  const [batch, channels, ...spatial] = x.shape
  const [regions] = rois.shape
  const message = `regions ${formatShape(rois.shape)} of images ${formatShape(images.shape)} of ${formatShape(x.shape)}`
  const isRanked = spatial.length === 2 && rois.shape.length === 2 && rois.shape[1] === 4 && images.shape.length === 1
  if (!isRanked || batch === undefined || channels === undefined || regions === undefined) {
    throw shapeError('RoiAlign', message)
  }
  if (typeof samples === 'number' ? samples < 1 : mode === 'max') {
    throw shapeError('RoiAlign', `mode ${mode} of ${samples} samples a side`)
  }
  if (results.some((extent) => extent < 1)) {
    throw shapeError('RoiAlign', `results of ${formatShape(results)}`)
  }
  const equalSizes: readonly EqualSizes[] = agree('RoiAlign', message, regions, images.shape[0])
  return {
    name: 'RoiAlign',
    outputs: [{ dtype: x.dtype, shape: [regions, channels, ...results] }],
    equalSizes,
    define: ([source, boxes, indices], [output]) => {
      const [input, corners] = [defined(source, 'x'), defined(boxes, 'rois')]
      const [image, out] = [defined(indices, 'batch_indices'), defined(output, 'one output')]
      const type = computeType(out.dtype)
      const partOf = (d: number, region: Expr, result: Expr): Part => {
        const corner = (position: number): Expr => cast('f32', load(corners, [region, int(position)]))
        return partBetween(corner(1 - d), corner(3 - d), result, results[d] ?? 1, attributes)
      }
      if (samples === 'adaptive') return adaptiveMean({ x: input, images: image, out, partOf, neighbours })
      const places = results.map((extent, d): Compute => {
        const at = buffer('place', 'f32', [regions, extent, samples], 'storage')
        return compute(at, (region, result, sample) => {
          const [r, p, i] = [defined(region, 'region'), defined(result, 'result'), defined(sample, 'sample')]
          const part = partOf(d, r, p)
          const within = div(mul(add(cast('f32', i), f32(0.5)), part.extent), f32(samples))
          return nearby(add(part.start, within), defined(spatial[d], 'rows and columns'))
        })
      })
      const folded = mode === 'avg' ? buffer('sum', type, out.shape, 'storage') : out
      const samplesOf = reduce({
        outputs: [folded],
        domain: results.map((_, d) => ({ hint: `s${d}`, extent: samples })),
        identity: [constant(type, mode === 'avg' ? 0 : Number.NEGATIVE_INFINITY)],
        value: ([region, channel, ...axes], own) => {
          const [r, c] = [defined(region, 'region'), defined(channel, 'channel')]
          const sampled = places.map(({ output: place }, d) => {
            const at = load(place, [r, defined(axes[d], 'a result'), defined(own[d], 'a sample')])
            return neighbours(at, defined(spatial[d], 'rows and columns'))
          })
          const n = kept(load(image, [r]), batch)
          const read = (index: readonly Expr[]): Expr => cast('f32', load(input, [n, c, ...index]))
          const taps = sampled.map((one) => one.taps)
          const value = mode === 'avg' ? weightedSum(taps, read) : largestTerm(taps, read)
          return [cast(type, select(all(sampled.map((one) => one.inside)), value, f32(0)))]
        },
        combine: ([a], [b]) => [(mode === 'avg' ? add : larger)(defined(a, 'left'), defined(b, 'right'))],
        commutative: true,
      })
      if (mode === 'max') return [...places, samplesOf]
      const count = constant(type, samples ** results.length)
      return [...places, samplesOf, compute(out, (...axes: readonly Var[]) => div(load(folded, axes), count))]
    },
  }
}

const larger = (a: Expr, b: Expr): Expr => binary('max', a, b)

/** The result `p` of `extent` in a region from `first` to `last`, among the elements. */
function partBetween(first: Expr, last: Expr, p: Expr, extent: number, attributes: RoiAlignAttributes): Part {
  const { scale, halfPixel } = attributes
  const shifted = (corner: Expr): Expr => sub(mul(corner, f32(Math.fround(scale))), f32(halfPixel ? 0.5 : 0))
  const start = shifted(first)
  const whole = sub(shifted(last), start)
  const one = div(halfPixel ? whole : larger(whole, f32(1)), f32(extent))
  return { start: add(start, mul(cast('f32', p), one)), extent: one }
}

/** The elements around a place; one that is more than an element outside is zero, a nearer one is the edge. */
function neighbours(place: Expr, extent: SizeExpr): Neighbours {
  const length = cast('f32', sizeValue(extent))
  const inside = all([binary('le', f32(-1), place), binary('le', place, length)])
  const { low, ratio } = located(larger(binary('min', place, sub(length, f32(1))), f32(0)))
  const taps = [
    { at: kept(low, extent), weight: sub(f32(1), ratio) },
    { at: kept(add(low, int(1)), extent), weight: ratio },
  ]
  return { taps, inside }
}

/** The largest of the weighted elements: ONNX's maximum is not that of the interpolated values. */
function largestTerm(dimensions: readonly (readonly Tap[])[], read: (index: readonly Expr[]) => Expr): Expr {
  const terms = dimensions.reduce<readonly { readonly index: readonly Expr[]; readonly weight: Expr }[]>(
    (some, taps) =>
      some.flatMap(({ index, weight }) =>
        taps.map((tap) => ({ index: [...index, tap.at], weight: mul(weight, tap.weight ?? f32(1)) })),
      ),
    [{ index: [], weight: f32(1) }],
  )
  return terms.map(({ index, weight }) => mul(weight, read(index))).reduce(larger)
}
