/**
 * Convolution as implicit GEMM (Hidet, section 6.3): im2col, a matrix product, and a reshape with the bias. Fusion makes
 * the first a prologue and the last an epilogue of the product, so that neither matrix is ever written to memory.
 */
import {
  add,
  buffer,
  compute,
  computeType,
  constant,
  defined,
  div,
  type Expr,
  elementCount,
  int,
  load,
  matmul,
  mod,
  mul,
  select,
  sizeEquals,
  variable,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { flatten, unflatten } from './reshape.js'
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
  const positions = elementCount(window.outputs)
  const depth = groupChannels * extents.reduce((product, extent) => product * extent, 1)

  return {
    name: 'Conv',
    outputs: [{ dtype: x.dtype, shape: [batch, features, ...window.outputs] }],
    define: ([source, weights, offset], [output]) => {
      const [input, filter, out] = [defined(source, 'x'), defined(weights, 'w'), defined(output, 'y')]
      // Without groups there is no group axis: its index would be 0 everywhere.
      const groups = group === 1 ? [] : [group]
      const groupOf = (axes: readonly Expr[]): Expr => axes[1] ?? int(0)
      const columns = buffer(
        'columns',
        x.dtype === 'i64' ? 'i32' : x.dtype,
        [batch, ...groups, depth, positions],
        'storage',
      )
      const product = buffer('product', out.dtype, [batch, ...groups, groupFeatures, positions], 'storage')
      const zero = constant(computeType(input.dtype), 0)

      const im2col = compute(columns, (...axes) => {
        const [k, p] = [defined(axes.at(-2), 'k'), defined(axes.at(-1), 'p')]
        const [channel, ...element] = unflatten(k, [groupChannels, ...extents])
        const { index, inside } = windowPosition(window, spatial, unflatten(p, window.outputs), element)
        const from = add(
          mul(groups.length === 0 ? int(0) : groupOf(axes), int(groupChannels)),
          defined(channel, 'channel'),
        )
        return select(inside, load(input, [defined(axes[0], 'n'), from, ...index]), zero)
      })
      const gemm = matmul(
        product,
        depth,
        (axes, m, k) => {
          const feature = add(mul(groupOf(axes), int(groupFeatures)), m)
          return load(filter, [feature, ...unflatten(k, [groupChannels, ...extents])])
        },
        (axes, k, n) => load(columns, [...axes, k, n]),
      )
      const axes = product.shape.map((_, d) => variable(`j${d}`))
      const [n, m, p] = [defined(axes[0], 'n'), defined(axes.at(-2), 'm'), defined(axes.at(-1), 'p')]
      const result = compute(
        out,
        (image, feature, ...at) => {
          const f = defined(feature, 'feature')
          const within: readonly Expr[] =
            groups.length === 0 ? [f] : [div(f, int(groupFeatures)), mod(f, int(groupFeatures))]
          const value = load(product, [defined(image, 'n'), ...within, flatten(at, window.outputs)])
          return offset === undefined ? value : add(value, load(offset, [f]))
        },
        [
          {
            input: product,
            axes,
            index: [
              n,
              add(mul(groups.length === 0 ? int(0) : groupOf(axes), int(groupFeatures)), m),
              ...unflatten(p, window.outputs),
            ],
          },
        ],
      )
      return [im2col, gemm, result]
    },
  }
}
