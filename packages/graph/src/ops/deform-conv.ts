/** DeformConv: a convolution whose windows take their elements from places that are data. */
import {
  add,
  type Buffer,
  buffer,
  type Compute,
  cast,
  compute,
  computeType,
  defined,
  div,
  type Equation,
  type Expr,
  int,
  load,
  mul,
  type SizeExpr,
  sizeEquals,
  sizeValue,
  sub,
  sumOfProducts,
} from '@tilewright/ir'
import type { EqualSizes, Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import type { ConvAttributes } from './conv.js'
import { flatten, reshapeEquation } from './reshape.js'
import { linearTapsOrZero, nearby, weightedSum } from './sampling.js'
import { agree, expectFloat, expectOneDType, extentError, formatShape, shapeError } from './shape-error.js'
import { type Window, windowOf } from './window.js'

export interface DeformConvAttributes extends Omit<ConvAttributes, 'autoPad'> {
  /** Parts of the channels that have offsets of their own. */
  readonly offsetGroup: number
}

export interface DeformConvOperands {
  readonly x: TensorType
  readonly w: TensorType
  readonly offset: TensorType
  readonly bias: TensorType | undefined
  readonly mask: TensorType | undefined
}

/**
 * DeformConv (ONNX): x [N, C, …spatial], w [M, C/group, …kernel], offset [N, offsetGroup · elements of the kernel · rank,
 * …outputs], optional bias [M], optional mask [N, offsetGroup · elements of the kernel, …outputs]. What is between elements
 * is interpolated, what is outside is zero. Throws `CompileError` `graph/shape`,
 * `graph/dtype`.
 */
export function deformConvOp(operands: DeformConvOperands, attributes: DeformConvAttributes): Operation {
  const { x, w, offset, bias, mask } = operands
  const given = [x, w, offset, bias, mask].filter((type) => type !== undefined)
  expectOneDType('DeformConv', given)
  expectFloat('DeformConv', x)
  const { group, offsetGroup } = attributes
  const [batch, channels, ...spatial] = x.shape
  const [features, groupChannels, ...extents] = w.shape
  const fail = (why: string): Error =>
    shapeError('DeformConv', `input ${formatShape(x.shape)}, weights ${formatShape(w.shape)}, group ${group}: ${why}`)
  if (batch === undefined || spatial.length === 0) throw fail('the input needs rank 3 or more')
  if (typeof features !== 'number' || typeof groupChannels !== 'number') throw fail('the weights need a fixed shape')
  const kernel = extents.flatMap((extent) => (typeof extent === 'number' ? [extent] : []))
  if (kernel.length !== spatial.length) throw fail('weights and input differ in rank')
  if (group < 1 || features % group !== 0) throw fail('group does not divide the features')
  const wanted = groupChannels * group
  if (!sizeEquals(channels ?? 0, wanted)) {
    throw extentError('DeformConv', `${formatShape(x.shape)} has not the ${wanted} channels of the weights`, [channels])
  }
  if (offsetGroup < 1 || wanted % offsetGroup !== 0) throw fail(`${offsetGroup} groups of offsets`)
  if (bias !== undefined && !(bias.shape.length === 1 && bias.shape[0] === features)) {
    throw fail(`the bias has shape ${formatShape(bias.shape)}`)
  }
  const window = windowOf('DeformConv', spatial, { ...attributes, kernel, autoPad: 'NOTSET', ceilMode: false })
  const taps = offsetGroup * kernel.reduce((product, extent) => product * extent, 1)
  const outputs = [batch, features, ...window.outputs]
  const equalSizes = [
    ...fits('offsets', offset, [batch, taps * kernel.length, ...window.outputs]),
    ...(mask === undefined ? [] : fits('the mask', mask, [batch, taps, ...window.outputs])),
  ]
  return {
    name: 'DeformConv',
    outputs: [{ dtype: x.dtype, shape: outputs }],
    equalSizes,
    define: ([source, weights, moves, ...others], [output]) => {
      const [input, filter, shifts] = [defined(source, 'x'), defined(weights, 'w'), defined(moves, 'offset')]
      const out = defined(output, 'y')
      const added = bias === undefined ? undefined : others[0]
      const factors = mask === undefined ? undefined : others[bias === undefined ? 0 : 1]
      const type = computeType(out.dtype)
      const made = (hint: string, shape: readonly SizeExpr[]): Buffer => buffer(hint, out.dtype, shape, 'storage')

      const places = placesOf(shifts, spatial, offsetGroup, window)
      const columns = made('columns', [batch, wanted, ...kernel, ...window.outputs])
      const sampled = compute(columns, (image, channel, ...rest) => {
        const [n, c] = [defined(image, 'image'), defined(channel, 'channel')]
        const [element, at] = [rest.slice(0, kernel.length), rest.slice(kernel.length)]
        const part = div(c, int(wanted / offsetGroup))
        const around = places.map(({ output: place }, d) =>
          linearTapsOrZero(load(place, [n, part, ...element, ...at]), defined(spatial[d], 'an extent')),
        )
        const value = weightedSum(around, (index) => cast('f32', load(input, [n, c, ...index])))
        const tap = flatten([part, ...element], [offsetGroup, ...kernel])
        return cast(type, factors === undefined ? value : mul(value, cast('f32', load(factors, [n, tap, ...at]))))
      })

      const summed = added === undefined ? out : made('sum', outputs)
      const product = group === 1 ? summed : made('product', [batch, group, features / group, ...window.outputs])
      const domain = [groupChannels, ...kernel].map((extent, d) => ({ hint: d === 0 ? 'c' : `k${d - 1}`, extent }))
      const contraction = sumOfProducts(product, domain, (axes, [channel, ...element]) => {
        const [n, first, second] = [defined(axes[0], 'image'), defined(axes[1], 'feature or group'), axes[2]]
        const c = defined(channel, 'channel')
        const at = axes.slice(group === 1 ? 2 : 3)
        const [f, from] =
          group === 1
            ? [first, c]
            : [
                add(mul(first, int(features / group)), defined(second, 'feature')),
                add(mul(first, int(groupChannels)), c),
              ]
        return [load(filter, [f, c, ...element]), load(columns, [n, from, ...element, ...at])]
      })
      const equations: Equation[] = [...places, sampled, contraction]
      if (product !== summed) equations.push(reshapeEquation(summed, product))
      if (added !== undefined) {
        equations.push(
          compute(out, (n, f, ...at) => {
            const feature = defined(f, 'feature')
            return add(load(summed, [defined(n, 'image'), feature, ...at]), load(added, [feature]))
          }),
        )
      }
      return equations
    },
  }
}

/** Where each element of each window lies: [N, offsetGroup, …kernel, …outputs], a buffer a dimension. */
function placesOf(
  shifts: Buffer,
  spatial: readonly SizeExpr[],
  offsetGroup: number,
  window: Window,
): readonly Compute[] {
  const { kernel, strides, dilations, begins, outputs } = window
  const shape = [defined(shifts.shape[0], 'images'), offsetGroup, ...kernel, ...outputs]
  return kernel.map((_, d) =>
    compute(buffer('place', 'f32', shape, 'storage'), (image, part, ...rest) => {
      const [element, at] = [rest.slice(0, kernel.length), rest.slice(kernel.length)]
      const index = [defined(part, 'part'), ...element, int(d)]
      const shift = load(shifts, [
        defined(image, 'image'),
        flatten(index, [offsetGroup, ...kernel, kernel.length]),
        ...at,
      ])
      const start = mul(defined(at[d], 'a result'), int(strides[d] ?? 1))
      const tap = mul(defined(element[d], 'an element'), int(dilations[d] ?? 1))
      const regular: Expr = sub(add(start, tap), sizeValue(begins[d] ?? 0))
      return nearby(add(cast('f32', regular), cast('f32', shift)), defined(spatial[d], 'an extent'))
    }),
  )
}

/** Throws `CompileError` `graph/shape` where a tensor is known to have another shape. */
function fits(what: string, { shape }: TensorType, wanted: readonly SizeExpr[]): readonly EqualSizes[] {
  const message = `${what} ${formatShape(shape)} where ${formatShape(wanted)} are wanted`
  if (shape.length !== wanted.length) throw shapeError('DeformConv', message)
  return shape.flatMap((extent, d) => agree('DeformConv', message, extent, defined(wanted[d], 'as many dimensions')))
}
