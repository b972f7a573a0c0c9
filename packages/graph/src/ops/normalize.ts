/** Normalisation by mean and variance: given ones, or those of rows. */
import {
  add,
  type Buffer,
  buffer,
  compute,
  constant,
  defined,
  div,
  type Equation,
  type Expr,
  int,
  load,
  mul,
  type SizeExpr,
  sizeEquals,
  sub,
  unary,
} from '@tilewright/ir'
import type { ChannelwiseOperator, Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { broadcastTo, loadBroadcast } from './broadcast.js'
import { axesFrom, foldRows, type Rows, rowLength, rowsAlong } from './rows.js'
import { expectFloat, extentError, formatShape, shapeError } from './shape-error.js'

export interface EpsilonAttribute {
  /** Added to a variance, so that its root is never 0. */
  readonly epsilon: number
}

/**
 * BatchNormalization (ONNX) with given statistics: x [N, C, …] (or [N]); scale, bias, mean, variance [C]. Factor and offset
 * of each channel are equations of their own, which constant statistics make constant.
 * Throws `CompileError` `graph/shape`, `graph/dtype` unless floating point.
 */
export function batchNormalizationOp(
  x: TensorType,
  perChannel: { readonly [name in 'scale' | 'bias' | 'mean' | 'variance']: TensorType },
  { epsilon }: EpsilonAttribute,
): Operation {
  // A vector is one channel.
  const channels = x.shape.length === 1 ? 1 : x.shape[1]
  if (channels === undefined) throw shapeError('BatchNormalization', 'the input is a scalar')
  expectFloat('BatchNormalization', x)
  for (const [name, type] of Object.entries(perChannel)) expectVector('BatchNormalization', name, type, channels)
  const channelwise: ChannelwiseOperator = {
    define: (parameters, factor, offset) => {
      const at = (position: number, c: Expr): Expr => load(defined(parameters[position], 'a statistic'), [c])
      return [
        compute(factor, (...[c = int(0)]) => div(at(0, c), unary('sqrt', add(at(3, c), constant('f32', epsilon))))),
        compute(offset, (...[c = int(0)]) => sub(at(1, c), mul(at(2, c), load(factor, [c])))),
      ]
    },
  }
  return {
    name: 'BatchNormalization',
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    channelwise,
    define: ([source, ...statistics], [output]) => {
      const [input, out] = [defined(source, 'x'), defined(output, 'y')]
      const factor = buffer('factor', 'f32', [channels], 'storage')
      const offset = buffer('offset', 'f32', [channels], 'storage')
      return [
        ...channelwise.define(statistics, factor, offset),
        compute(out, (...axes) => {
          const c = axes[1] ?? int(0)
          return add(mul(load(input, axes), load(factor, [c])), load(offset, [c]))
        }),
      ]
    },
  }
}

export interface LayerNormalizationAttributes extends EpsilonAttribute {
  /** All dimensions from this one on are a row. */
  readonly axis: number
  /** Whether means and inverse deviations are wanted as second and third output. */
  readonly statistics: boolean
}

/**
 * LayerNormalization (ONNX): each row to mean 0 and variance 1, times scale, plus bias, both broadcast to x.
 * Throws `CompileError` `graph/shape`, `graph/dtype` unless floating point.
 */
export function layerNormalizationOp(
  x: TensorType,
  scale: TensorType,
  bias: TensorType | undefined,
  { epsilon, axis, statistics }: LayerNormalizationAttributes,
): Operation {
  const name = 'LayerNormalization'
  expectFloat(name, x)
  const equalSizes = (bias === undefined ? [scale] : [scale, bias]).flatMap((type) => {
    expectFloat(name, type)
    return broadcastTo(name, x.shape, type.shape)
  })
  const rows = rowsAlong(x.shape, axesFrom(name, x, axis), statistics)
  const ofRows: TensorType = { dtype: 'f32', shape: rows.shape }
  return {
    name,
    outputs: [{ dtype: x.dtype, shape: x.shape }, ...(statistics ? [ofRows, ofRows] : [])],
    equalSizes,
    define: ([source, factor, offset], [output, mean, inverse]) => {
      const [input, out] = [defined(source, 'x'), defined(output, 'y')]
      const moments = momentsOf(input, rows, epsilon, mean, inverse)
      const result = compute(out, (...at) => {
        const scaled = mul(moments.normalized(at), loadBroadcast(defined(factor, 'scale'), at))
        return offset === undefined ? scaled : add(scaled, loadBroadcast(offset, at))
      })
      return [...moments.equations, result]
    },
  }
}

/**
 * InstanceNormalization (ONNX): x [N, C, …spatial], each plane to mean 0 and variance 1, times scale [C], plus bias [C].
 * Throws `CompileError` `graph/shape`, `graph/dtype` unless floating point.
 */
export function instanceNormalizationOp(
  x: TensorType,
  scale: TensorType,
  bias: TensorType,
  { epsilon }: EpsilonAttribute,
): Operation {
  const name = 'InstanceNormalization'
  expectFloat(name, x)
  const [, channels, ...spatial] = x.shape
  if (channels === undefined || spatial.length === 0) {
    throw shapeError(name, `input ${formatShape(x.shape)} needs rank 3 or more`)
  }
  expectVector(name, 'scale', scale, channels)
  expectVector(name, 'bias', bias, channels)
  const rows = rowsAlong(
    x.shape,
    spatial.map((_, d) => d + 2),
  )
  return normalizedChannels(name, x, rows, epsilon, (c) => c)
}

export interface GroupNormalizationAttributes extends EpsilonAttribute {
  readonly groups: number
}

/**
 * GroupNormalization (ONNX): x [N, C, …spatial], as many channels together as `groups` says to mean 0 and variance 1, times
 * scale, plus bias, both [C] or [groups]. Throws `CompileError` `graph/shape`, `graph/dtype` unless floating point.
 */
export function groupNormalizationOp(
  x: TensorType,
  scale: TensorType,
  bias: TensorType,
  { epsilon, groups }: GroupNormalizationAttributes,
): Operation {
  const name = 'GroupNormalization'
  const [batch, channels, ...spatial] = x.shape
  if (batch === undefined || typeof channels !== 'number' || groups < 1 || channels % groups !== 0) {
    throw shapeError(name, `${groups} groups of the channels of ${formatShape(x.shape)}`)
  }
  const inGroup = channels / groups
  const isPerGroup = sizeEquals(scale.shape[0] ?? 1, groups)
  expectFloat(name, x)
  expectVector(name, 'scale', scale, isPerGroup ? groups : channels)
  expectVector(name, 'bias', bias, isPerGroup ? groups : channels)
  const groupOf = (channel: Expr): Expr => div(channel, int(inGroup))
  const rows: Rows = {
    shape: [batch, groups],
    domain: [inGroup, ...spatial],
    index: ([n, group], [within, ...at]) => [
      defined(n, 'n'),
      add(mul(defined(group, 'group'), int(inGroup)), defined(within, 'channel')),
      ...at,
    ],
    rowOf: ([n, channel]) => [defined(n, 'n'), groupOf(defined(channel, 'channel'))],
  }
  return normalizedChannels(name, x, rows, epsilon, isPerGroup ? groupOf : (channel) => channel)
}

/** y = normalised x times scale, plus bias, both of the channel's `parameter`. */
function normalizedChannels(
  name: string,
  x: TensorType,
  rows: Rows,
  epsilon: number,
  parameter: (channel: Expr) => Expr,
): Operation {
  return {
    name,
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    define: ([source, scale, bias], [output]) => {
      const moments = momentsOf(defined(source, 'x'), rows, epsilon)
      const result = compute(defined(output, 'y'), (...at) => {
        const index = [parameter(defined(at[1], 'channel'))]
        return add(
          mul(moments.normalized(at), load(defined(scale, 'scale'), index)),
          load(defined(bias, 'bias'), index),
        )
      })
      return [...moments.equations, result]
    },
  }
}

/**
 * Mean and inverse deviation of each row, and elements normalised by them. The variance is that of the differences from the
 * mean: squares of the elements themselves would cancel.
 */
export function momentsOf(
  input: Buffer,
  rows: Rows,
  epsilon: number,
  mean: Buffer = buffer('mean', 'f32', rows.shape, 'storage'),
  inverse: Buffer = buffer('inverse', 'f32', rows.shape, 'storage'),
): { readonly equations: readonly Equation[]; readonly normalized: (at: readonly Expr[]) => Expr } {
  const total = buffer('total', 'f32', rows.shape, 'storage')
  const squares = buffer('squares', 'f32', rows.shape, 'storage')
  const difference = (at: readonly Expr[]): Expr => sub(load(input, at), load(mean, rows.rowOf(at)))
  const sum = { identity: constant('f32', 0), combine: add }
  return {
    equations: [
      foldRows(total, rows, { ...sum, value: (at) => load(input, at) }),
      compute(mean, (...row) => div(load(total, row), rowLength(rows))),
      foldRows(squares, rows, { ...sum, value: (at) => mul(difference(at), difference(at)) }),
      compute(inverse, (...row) => {
        const variance = div(load(squares, row), rowLength(rows))
        return div(constant('f32', 1), unary('sqrt', add(variance, constant('f32', epsilon))))
      }),
    ],
    normalized: (at) => mul(difference(at), load(inverse, rows.rowOf(at))),
  }
}

/** Throws unless `type` is a floating-point vector with one element for each of `count`. */
function expectVector(operator: string, name: string, type: TensorType, count: SizeExpr): void {
  expectFloat(operator, type)
  const [length, ...rest] = type.shape
  if (length === undefined || rest.length > 0) throw shapeError(operator, `${name} of shape ${formatShape(type.shape)}`)
  if (!sizeEquals(length, count)) {
    throw extentError(operator, `${name} of shape ${formatShape(type.shape)} for ${formatShape([count])}`, [
      length,
      count,
    ])
  }
}
