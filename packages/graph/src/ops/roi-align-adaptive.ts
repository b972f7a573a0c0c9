/**
 * RoiAlign whose samples are as many as its regions are large: data, of which no domain can be made. But neighbours along
 * rows and columns are independent, and samples more than half an element apart, so that few of them touch an element: their
 * share of each element follows from its place, and the mean is two sums of products.
 */
import {
  add,
  all,
  type Buffer,
  binary,
  buffer,
  cast,
  computeType,
  constant,
  defined,
  div,
  type Equation,
  type Expr,
  load,
  lt,
  mul,
  reduce,
  type SizeExpr,
  select,
  sub,
  sumOfProducts,
  unary,
} from '@tilewright/ir'
import { kept, nearby } from './sampling.js'

/** Samples that may touch an element, with one to spare at either end. */
const candidates = 6
/** Samples of a result along a dimension, at most: beyond, f32 does not tell one from the next. */
const mostSamples = 2 ** 23

const f32 = (value: number): Expr => constant('f32', value)

/** The part of a region that is one result, along one dimension. */
export interface Part {
  readonly start: Expr
  readonly extent: Expr
}

export interface AdaptiveMean {
  readonly x: Buffer
  /** The image of each region. */
  readonly images: Buffer
  readonly out: Buffer
  readonly partOf: (dimension: number, region: Expr, result: Expr) => Part
  /** What a place gives to the elements of a dimension of this extent. */
  readonly neighbours: (
    place: Expr,
    extent: SizeExpr,
  ) => { readonly taps: readonly { readonly at: Expr; readonly weight: Expr }[]; readonly inside: Expr }
}

export function adaptiveMean({ x, images, out, partOf, neighbours }: AdaptiveMean): readonly Equation[] {
  const [batch, , height, width] = x.shape
  const [regions, channels, rows] = out.shape
  const of = (extent: SizeExpr | undefined): SizeExpr => defined(extent, 'four dimensions')
  const shares = [of(height), of(width)].map((extent, d) => {
    const share = buffer('share', 'f32', [of(regions), of(out.shape[2 + d]), extent], 'storage')
    return reduce({
      outputs: [share],
      domain: [{ hint: 'sample', extent: candidates }],
      identity: [f32(0)],
      value: ([region, result, element], [sample]) => {
        const [r, p, e] = [defined(region, 'region'), defined(result, 'result'), defined(element, 'element')]
        const part = partOf(d, r, p)
        const wanted = unary('ceil', part.extent)
        const count = binary('max', wanted, f32(1))
        const step = div(part.extent, count)
        // One before the first that is an element or less away.
        const near = sub(unary('ceil', sub(div(sub(sub(cast('f32', e), f32(1)), part.start), step), f32(0.5))), f32(1))
        const own = add(binary('max', near, f32(0)), cast('f32', defined(sample, 'sample')))
        const place = nearby(add(part.start, mul(add(own, f32(0.5)), step)), extent)
        const { taps, inside } = neighbours(place, extent)
        const touched = taps
          .map(({ at, weight }) => select(binary('eq', at, e), weight, f32(0)))
          .reduce((sum, weight) => add(sum, weight))
        const isSample = all([lt(f32(0), part.extent), lt(own, wanted), lt(own, f32(mostSamples)), inside])
        return [select(isSample, div(touched, count), f32(0))]
      },
      combine: ([a], [b]) => [add(defined(a, 'left'), defined(b, 'right'))],
      commutative: true,
    })
  })
  const [byRow, byColumn] = shares.map(({ outputs }) => defined(outputs[0], 'one result'))
  const strips = buffer('strips', 'f32', [of(regions), of(channels), of(rows), of(width)], 'storage')
  const type = computeType(out.dtype)
  const ofRows = sumOfProducts(strips, [{ hint: 'h', extent: of(height) }], ([r, c, p, w], [h]) => {
    const [region, channel] = [defined(r, 'region'), defined(c, 'channel')]
    const [result, column, row] = [defined(p, 'result'), defined(w, 'column'), defined(h, 'row')]
    const image = kept(load(images, [region]), of(batch))
    return [load(defined(byRow, 'rows'), [region, result, row]), cast('f32', load(x, [image, channel, row, column]))]
  })
  const ofColumns = sumOfProducts(out, [{ hint: 'w', extent: of(width) }], ([r, c, p, q], [w]) => {
    const [region, channel] = [defined(r, 'region'), defined(c, 'channel')]
    const [row, result, column] = [defined(p, 'result'), defined(q, 'result'), defined(w, 'column')]
    return [
      cast(type, load(defined(byColumn, 'columns'), [region, result, column])),
      cast(type, load(strips, [region, channel, row, column])),
    ]
  })
  return [...shares, ofRows, ofColumns]
}
