/**
 * Convolution as a contraction: every result folds its window of the input, times the filter. How that is scheduled (as a
 * product of matrices whose columns are never written, directly, …) is nobody's business here.
 */
import {
  add,
  buffer,
  compute,
  computeType,
  constant,
  defined,
  div,
  int,
  load,
  mod,
  mul,
  select,
  sizeEquals,
  sumOfProducts,
  type Var,
  variable,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { expectOneDType, extentError, formatShape, shapeError } from './shape-error.js'
import { type WindowAttributes, windowOf, windowPosition } from './window.js'

export interface ConvAttributes extends Omit<WindowAttributes, 'kernel' | 'ceilMode'> {
  readonly group: number
}

/**
 * Conv (ONNX): x [N, C, …spatial], w [M, C/group, …kernel], optional bias [M]; any number of spatial dimensions.
 * Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function convOp(
  x: TensorType,
  w: TensorType,
  bias: TensorType | undefined,
  attributes: ConvAttributes,
): Operation {
  expectOneDType('Conv', bias === undefined ? [x, w] : [x, w, bias])
  const [batch, channels, ...spatial] = x.shape
  const [features, groupChannels, ...kernel] = w.shape
  const { group } = attributes
  const fail = (why: string): Error =>
    shapeError('Conv', `input ${formatShape(x.shape)}, weights ${formatShape(w.shape)}, group ${group}: ${why}`)
  if (batch === undefined || channels === undefined || spatial.length === 0)
    throw fail('the input needs rank 3 or more')
  if (typeof features !== 'number' || typeof groupChannels !== 'number') throw fail('the weights need a fixed shape')
  const extents = kernel.flatMap((extent) => (typeof extent === 'number' ? [extent] : []))
  if (extents.length !== spatial.length) throw fail('weights and input differ in rank')
  if (group < 1 || features % group !== 0) throw fail('group does not divide the features')
  if (!sizeEquals(channels, groupChannels * group)) {
    const message = `${formatShape(x.shape)} has not the ${groupChannels * group} channels of the weights`
    throw extentError('Conv', message, [channels])
  }
  if (bias !== undefined && !(bias.shape.length === 1 && bias.shape[0] === features)) {
    throw fail(`the bias has shape ${formatShape(bias.shape)}`)
  }
  const window = windowOf('Conv', spatial, { ...attributes, kernel: extents, ceilMode: false })
  const groupFeatures = features / group

  return {
    name: 'Conv',
    outputs: [{ dtype: x.dtype, shape: [batch, features, ...window.outputs] }],
    weighted: { features: 0, withBias: () => convOp(x, w, { dtype: x.dtype, shape: [features] }, attributes) },
    define: ([source, weights, offset], [output]) => {
      const [input, filter, out] = [defined(source, 'x'), defined(weights, 'w'), defined(output, 'y')]
      // With one feature a group, the feature is the group.
      const isSplit = group > 1 && groupFeatures > 1
      const shape = isSplit ? [batch, group, groupFeatures, ...window.outputs] : out.shape
      const plain = !isSplit && offset === undefined
      const product = plain ? out : buffer('product', out.dtype, shape, 'storage')
      const zero = constant(computeType(input.dtype), 0)
      const channel = { hint: 'c', extent: groupChannels }
      const taps = extents.map((extent, d) => ({ hint: `k${d}`, extent }))
      const contraction = sumOfProducts(product, [channel, ...taps], (axes, [c, ...element]) => {
        const at = axes.slice(isSplit ? 3 : 2)
        const feature = isSplit ? add(mul(axisOf(axes, 1), int(groupFeatures)), axisOf(axes, 2)) : axisOf(axes, 1)
        const { index, inside } = windowPosition(window, spatial, at, element)
        const within = defined(c, 'channel')
        const from = group === 1 ? within : add(mul(axisOf(axes, 1), int(groupChannels)), within)
        return [
          load(filter, [feature, within, ...element]),
          select(inside, load(input, [axisOf(axes, 0), from, ...index]), zero),
        ]
      })
      if (plain) return [contraction]
      const axes = product.shape.map((_, d) => variable(`j${d}`))
      const result = compute(
        out,
        (image, feature, ...at) => {
          const [n, f] = [defined(image, 'n'), defined(feature, 'feature')]
          const within = isSplit ? [div(f, int(groupFeatures)), mod(f, int(groupFeatures))] : [f]
          const value = load(product, [n, ...within, ...at])
          return offset === undefined ? value : add(value, load(offset, [f]))
        },
        isSplit
          ? [
              {
                input: product,
                axes,
                index: [
                  axisOf(axes, 0),
                  add(mul(axisOf(axes, 1), int(groupFeatures)), axisOf(axes, 2)),
                  ...axes.slice(3),
                ],
              },
            ]
          : [],
      )
      return [contraction, result]
    },
  }
}

const axisOf = (axes: readonly Var[], d: number): Var => defined(axes[d], `axis ${d}`)
