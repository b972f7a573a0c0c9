/**
 * Transposed convolution as a contraction. With stride s, result o = s·q + r reads the taps k = s·t + (r + pad) mod s alone:
 *
 *     y[s·q + r] = Σ_t  w[s·t + (r + pad) mod s] · x[q + (r + pad) / s - t]
 *
 * So the results of one remainder r are an ordinary convolution of stride 1, and no tap is multiplied with a zero that the
 * stride put in. The remainders become axes of the product; the result interleaves them.
 */
import {
  add,
  all,
  binary,
  buffer,
  ceilDiv,
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
  sizeAdd,
  sizeEquals,
  sizeMul,
  sizeRange,
  sizeSub,
  sizeValue,
  sub,
  sumOfProducts,
  UnsupportedError,
  variable,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import type { ConvAttributes } from './conv.js'
import { expectOneDType, extentError, formatShape, shapeError } from './shape-error.js'

export interface ConvTransposeAttributes extends ConvAttributes {
  /** Added to the end of each spatial dimension of the result. */
  readonly outputPadding: readonly number[]
  /** Extents of the result's spatial dimensions, from which the padding follows. */
  readonly outputShape: readonly number[] | undefined
}

/** One spatial dimension. */
interface Dimension {
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  /** What is cut off before the first result. */
  readonly begin: number
  readonly input: SizeExpr
  readonly output: SizeExpr
}

/**
 * ConvTranspose (ONNX): x [N, C, …spatial], w [C, M/group, …kernel], optional bias [M].
 * Throws `CompileError` `graph/shape`, `graph/dtype`; `UnsupportedError` `graph/symbolic-shape` for a fixed result of a
 * symbolic input.
 */
export function convTransposeOp(
  x: TensorType,
  w: TensorType,
  bias: TensorType | undefined,
  attributes: ConvTransposeAttributes,
): Operation {
  expectOneDType('ConvTranspose', bias === undefined ? [x, w] : [x, w, bias])
  const [batch, channels, ...spatial] = x.shape
  const [filterChannels, groupFeatures, ...extents] = w.shape
  const { group } = attributes
  const fail = (why: string): Error =>
    shapeError(
      'ConvTranspose',
      `input ${formatShape(x.shape)}, weights ${formatShape(w.shape)}, group ${group}: ${why}`,
    )
  if (batch === undefined || channels === undefined || spatial.length === 0)
    throw fail('the input needs rank 3 or more')
  if (typeof filterChannels !== 'number' || typeof groupFeatures !== 'number')
    throw fail('the weights need a fixed shape')
  const kernel = extents.flatMap((extent) => (typeof extent === 'number' ? [extent] : []))
  if (kernel.length !== spatial.length) throw fail('weights and input differ in rank')
  if (group < 1 || filterChannels % group !== 0) throw fail('group does not divide the channels')
  if (!sizeEquals(channels, filterChannels)) {
    throw extentError('ConvTranspose', `${formatShape(x.shape)} has not ${filterChannels} channels`, [channels])
  }
  const features = groupFeatures * group
  if (bias !== undefined && !(bias.shape.length === 1 && bias.shape[0] === features)) {
    throw fail(`the bias has shape ${formatShape(bias.shape)}`)
  }
  const dimensions = dimensionsOf(spatial, kernel, attributes)
  const shape = [batch, features, ...dimensions.map((dimension) => dimension.output)]

  return {
    name: 'ConvTranspose',
    outputs: [{ dtype: x.dtype, shape }],
    // With groups, a feature is told by a channel and a dimension of the weights together.
    ...(group === 1 && {
      weighted: {
        features: 1,
        withBias: () => convTransposeOp(x, w, { dtype: x.dtype, shape: [features] }, attributes),
      },
    }),
    define: ([source, weights, offset], [output]) => {
      const [input, filter, out] = [defined(source, 'x'), defined(weights, 'w'), defined(output, 'y')]
      const groups = group === 1 ? [] : [group]
      const groupChannels = filterChannels / group
      // Remainders have an axis where there is more than one and the taps can be told by them.
      const isPhased = ({ stride, dilation }: Dimension): boolean => stride > 1 && dilation === 1
      const phased = dimensions.filter(isPhased)
      const productShape = [
        batch,
        ...groups,
        ...phased.map(({ stride }) => stride),
        groupFeatures,
        ...dimensions.map((one) => (isPhased(one) ? ceilDiv(one.output, one.stride) : one.output)),
      ]
      const product = buffer('product', out.dtype, productShape, 'storage')
      const zero = constant(computeType(input.dtype), 0)

      /** The axes of the product by what they mean. */
      const parts = <T>(axes: readonly T[]) => {
        const remainders = axes.slice(1 + groups.length, 1 + groups.length + phased.length)
        const [feature, ...at] = axes.slice(1 + groups.length + phased.length)
        return {
          image: defined(axes[0], 'n'),
          group: groups.length === 0 ? undefined : defined(axes[1], 'group'),
          remainderOf: (one: Dimension): T | undefined => remainders[phased.indexOf(one)],
          feature: defined(feature, 'feature'),
          at,
        }
      }
      const taps = dimensions.map((one, d) => ({
        hint: `k${d}`,
        extent: isPhased(one) ? Math.ceil(one.kernel / one.stride) : one.kernel,
      }))
      const contraction = sumOfProducts(
        product,
        [{ hint: 'c', extent: groupChannels }, ...taps],
        (axes, [c, ...ts]) => {
          const { image, group: g, remainderOf, feature, at } = parts<Expr>(axes)
          const within = defined(c, 'channel')
          const channel = g === undefined ? within : add(mul(g, int(groupChannels)), within)
          const reads = dimensions.map((one, d) =>
            tapOf(one, remainderOf(one) ?? int(0), defined(at[d], 'position'), defined(ts[d], 'tap'), isPhased(one)),
          )
          return [
            select(
              all(reads.flatMap((read) => read.hasTap)),
              load(filter, [channel, feature, ...reads.map((read) => read.tap)]),
              zero,
            ),
            select(
              all(reads.flatMap((read) => read.inside)),
              load(input, [image, channel, ...reads.map((read) => read.index)]),
              zero,
            ),
          ]
        },
      )

      const axes = productShape.map((_, d) => variable(`j${d}`))
      const inverse = parts<Expr>(axes)
      const result = compute(
        out,
        (image, feature, ...at) => {
          const [n, f] = [defined(image, 'n'), defined(feature, 'feature')]
          const position = (one: Dimension, d: number): Expr => defined(at[d], `position ${one.kernel}`)
          const index = [
            n,
            ...(group === 1 ? [] : [div(f, int(groupFeatures))]),
            ...dimensions.flatMap((one, d) => (isPhased(one) ? [mod(position(one, d), int(one.stride))] : [])),
            group === 1 ? f : mod(f, int(groupFeatures)),
            ...dimensions.map((one, d) => (isPhased(one) ? div(position(one, d), int(one.stride)) : position(one, d))),
          ]
          const value = load(product, index)
          return offset === undefined ? value : add(value, load(offset, [f]))
        },
        [
          {
            input: product,
            axes,
            index: [
              inverse.image,
              inverse.group === undefined
                ? inverse.feature
                : add(mul(inverse.group, int(groupFeatures)), inverse.feature),
              ...dimensions.map((one, d) => {
                const position = defined(inverse.at[d], 'position')
                const remainder = inverse.remainderOf(one)
                return remainder === undefined ? position : add(mul(position, int(one.stride)), remainder)
              }),
            ],
          },
        ],
      )
      return [contraction, result]
    },
  }
}

interface TapRead {
  readonly tap: Expr
  readonly hasTap: readonly Expr[]
  readonly index: Expr
  readonly inside: readonly Expr[]
}

/** What tap number `t` reads for the result at `position` (of its remainder, where the dimension is phased). */
function tapOf(one: Dimension, remainder: Expr, position: Expr, t: Expr, isPhased: boolean): TapRead {
  const { kernel, stride, dilation, begin, input } = one
  const within = (index: Expr): readonly Expr[] => [binary('le', int(0), index), lt(index, sizeValue(input))]
  if (isPhased) {
    const count = Math.ceil(kernel / stride)
    const shifted = add(remainder, int(begin))
    // Counted from the last tap, so that positions grow with t.
    const tap = add(mul(sub(int(count - 1), t), int(stride)), mod(shifted, int(stride)))
    // Without padding, all remainders read the same elements.
    const ahead = begin === 0 ? position : add(position, div(shifted, int(stride)))
    const index = add(sub(ahead, int(count - 1)), t)
    const hasTap = kernel % stride === 0 ? [] : [lt(tap, int(kernel))]
    // A single tap without padding stays inside: results beyond the last whole block are the only ones to reach out.
    const isInside = count === 1 && begin === 0 && sizeEquals(ceilDiv(one.output, stride), input)
    return { tap, hasTap, index, inside: isInside ? [] : within(index) }
  }
  if (stride === 1) {
    const tap = sub(int(kernel - 1), t)
    const index = add(sub(position, int((kernel - 1) * dilation - begin)), mul(t, int(dilation)))
    return { tap, hasTap: [], index, inside: within(index) }
  }
  const scaled = sub(add(position, int(begin)), mul(t, int(dilation)))
  const index = div(scaled, int(stride))
  const isWhole = binary('eq', mod(scaled, int(stride)), int(0))
  return { tap: t, hasTap: [], index, inside: [binary('le', int(0), scaled), isWhole, lt(index, sizeValue(input))] }
}

/** Extents and padding of the result. */
function dimensionsOf(
  spatial: readonly SizeExpr[],
  kernel: readonly number[],
  attributes: ConvTransposeAttributes,
): readonly Dimension[] {
  const { strides, dilations, pads, autoPad, outputPadding, outputShape } = attributes
  const rank = spatial.length
  const wrong = [strides, dilations, outputPadding, outputShape ?? strides].some((list) => list.length !== rank)
  if (wrong || pads.length !== 2 * rank) {
    throw shapeError('ConvTranspose', `attributes do not fit ${rank} spatial dimensions`)
  }
  if (
    [...kernel, ...strides, ...dilations].some((value) => value < 1) ||
    [...pads, ...outputPadding].some((p) => p < 0)
  ) {
    throw shapeError('ConvTranspose', 'kernel, strides and dilations must be at least 1, pads at least 0')
  }
  return spatial.map((input, d): Dimension => {
    const [k, stride, dilation] = [kernel[d] ?? 1, strides[d] ?? 1, dilations[d] ?? 1]
    const reach = (k - 1) * dilation + 1
    const beyond = reach - stride + (outputPadding[d] ?? 0)
    const same = autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER'
    const wanted = outputShape?.[d]
    // stride · (input - 1) + reach + output padding, less what is cut off.
    const scaled = sizeMul(input, stride)
    if (wanted !== undefined || same) {
      const output = wanted ?? scaled
      if (wanted !== undefined && typeof scaled !== 'number') {
        throw new UnsupportedError({
          code: 'graph/symbolic-shape',
          message: `ConvTranspose: output_shape ${wanted} for the symbolic dimension ${d}`,
          help: 'give pads instead of output_shape, or fix the size',
        })
      }
      const total = Math.max(0, beyond + (wanted === undefined ? 0 : Number(scaled) - wanted))
      const begin = autoPad === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2)
      return { kernel: k, stride, dilation, begin, input, output }
    }
    const [begin, end] = autoPad === 'VALID' ? [0, 0] : [pads[d] ?? 0, pads[rank + d] ?? 0]
    const rest = beyond - begin - end
    const output = rest < 0 ? sizeSub(scaled, -rest) : sizeAdd(scaled, rest)
    if (sizeRange(output).max < 0) {
      throw shapeError('ConvTranspose', `pads of ${begin} and ${end} leave nothing of dimension ${d}`)
    }
    return { kernel: k, stride, dilation, begin, input, output }
  })
}
