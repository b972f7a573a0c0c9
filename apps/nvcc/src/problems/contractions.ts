// Products of matrices and convolutions.
import {
  convIntegerOp,
  convOp,
  type Graph,
  gemmOp,
  matmulIntegerOp,
  matmulOp,
  type TensorDType,
} from '@tilewright/graph'
import type { SizeExpr } from '@tilewright/ir'
import type { Choose } from '../choose.js'
import { extent, surroundings } from './surroundings.js'

/** A product of matrices, perhaps many, perhaps of transposed ones. */
function productOf(choose: Choose, dtype: TensorDType): Graph {
  const around = surroundings(choose)
  const { operand, apply, finish } = around
  const [m, n, k] = [extent(choose, 'm'), extent(choose, 'n'), extent(choose, 'k')]
  if (choose(true, false)) {
    const batch = choose([], [extent(choose, 'b')], [choose(2, 8, 12)])
    const [a, b] = [operand(dtype, [...batch, m, k]), operand(dtype, [...choose([], batch), k, n])]
    return finish(apply(matmulOp(a, b), [a, b]))
  }
  const [transA, transB] = [choose(true, false), choose(true, false)]
  const [a, b] = [operand(dtype, transA ? [k, m] : [m, k]), operand(dtype, transB ? [n, k] : [k, n])]
  return finish(apply(gemmOp(a, b, undefined, { alpha: choose(1, 2), beta: 1, transA, transB }), [a, b]))
}

export const product = (choose: Choose): Graph => productOf(choose, choose('f32', 'f32', 'f16', 'bf16', 'i32'))
export const floatProduct = (choose: Choose): Graph => productOf(choose, 'f32')
export const halfProduct = (choose: Choose): Graph => productOf(choose, choose('f16', 'bf16'))
export const narrowProduct = (choose: Choose): Graph => choose(halfProduct, byteProduct)(choose)

/** A product of quantised matrices, or a convolution of quantised images. */
function byteProduct(choose: Choose): Graph {
  const { operand, apply, finish } = surroundings(choose)
  const quantized = (shape: readonly SizeExpr[]) => {
    const type = operand(choose('i8', 'u8'), shape)
    return { type, zeroPoint: choose(undefined, 0, 7) }
  }
  if (choose(true, true, false)) {
    const [m, n, k] = [extent(choose, 'm'), extent(choose, 'n'), extent(choose, 'k')]
    const [a, b] = [quantized([...choose([], [2]), m, k]), quantized([k, n])]
    return finish(apply(matmulIntegerOp(a, b), [a.type, b.type]))
  }
  const [channels, side, taps] = [choose(16, 32, 61), choose(14, 28, 57), choose(1, 3)]
  const [x, w] = [
    quantized([choose(1, 2, extent(choose, 'b')), channels, side, side]),
    quantized([choose(16, 24, 64), channels, taps, taps]),
  ]
  const stride = choose(1, 2)
  const attributes = { ...{ group: 1, strides: [stride, stride], dilations: [1, 1] }, autoPad: 'NOTSET' } as const
  const pads = Array.from({ length: 4 }, () => taps >> 1)
  return finish(apply(convIntegerOp(x, w, { ...attributes, pads }), [x.type, w.type]))
}

/** A convolution of one or two dimensions: whole, in groups, or of each channel alone. */
export function convolution(choose: Choose): Graph {
  const around = surroundings(choose)
  const { operand, input, apply, finish } = around
  const rank = choose(1, 2, 2, 2)
  const dtype = choose('f32', 'f32', 'f16', 'bf16')
  const [groupChannels, groupFeatures] = [choose(1, 3, 4, 16), choose(1, 2, 8, 32)]
  const group = choose(1, 1, 2, 24)
  const [stride, dilation] = [choose(1, 1, 2), choose(1, 1, 2)]
  const kernel = Array.from({ length: rank }, () => choose(2, 3, 3, 5, 7))
  const spatial = kernel.map(() => choose(14, 28, 56, 57, 112))
  const batch = choose(1, 1, 2, extent(choose, 'b'))
  const x = operand(dtype, [batch, groupChannels * group, ...spatial])
  const w = input(dtype, [groupFeatures * group, groupChannels, ...kernel])
  const bias = choose(true, false) ? [input(dtype, [groupFeatures * group])] : []
  const attributes = {
    group,
    strides: kernel.map(() => stride),
    dilations: kernel.map(() => dilation),
    pads: [...kernel, ...kernel].map((taps) => choose(0, taps >> 1)),
    autoPad: 'NOTSET',
  } as const
  return finish(apply(convOp(x, w, bias[0], attributes), [x, w, ...bias]))
}
