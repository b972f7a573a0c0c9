// Steps around sums of products: convolutions of every form, and products of matrices.
import {
  addOp,
  convOp,
  convTransposeOp,
  gemmOp,
  matmulOp,
  mulOp,
  reluOp,
  sliceOp,
  type Tensor,
  transposeOp,
} from '@tilewright/graph'
import type { SizeExpr } from '@tilewright/ir'
import { reduced } from './folds.js'
import { type GrowingGraph, manyElements, oneOf, type Pick, type Step } from './growing-graph.js'

/** A window along one dimension. Where the extent is symbolic, there is a result an element, and none without any. */
interface WindowChoice {
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly begin: number
  readonly end: number
}

function windowAlong(extent: SizeExpr, form: { readonly kernel?: number; readonly stride: number }, pick: Pick) {
  if (typeof extent !== 'number') {
    const kernel = form.kernel ?? oneOf(pick, 1, 3)
    const pad = (kernel - 1) / 2
    return { kernel, stride: 1, dilation: 1, begin: pad, end: pad }
  }
  const [kernel, dilation, begin] = [form.kernel ?? 1 + pick(3), pick(4) === 0 ? 2 : 1, pick(2)]
  // The window fits.
  const end = Math.max(pick(3), (kernel - 1) * dilation + 1 - extent - begin)
  return { kernel, stride: form.stride, dilation, begin, end }
}

const listsOf = (windows: readonly WindowChoice[]) => ({
  strides: windows.map(({ stride }) => stride),
  dilations: windows.map(({ dilation }) => dilation),
  pads: [...windows.map(({ begin }) => begin), ...windows.map(({ end }) => end)],
  autoPad: 'NOTSET' as const,
})

/** A convolution of one or two dimensions; of anything but images and signals, a product. */
export const convolved: Step = (g, value, pick) => {
  const [, channels, ...spatial] = value.shape
  if (typeof channels !== 'number' || spatial.length === 0) return multiplied(g, value, pick)
  const form = oneOf(pick, 'plain', 'plain', 'wide', 'wide', '1x1', '1x1', 'depthwise', 'grouped', 'strided')
  const group = form === 'depthwise' ? channels : form === 'grouped' && channels % 2 === 0 ? 2 : 1
  const isWide = form === 'wide' && 17 * g.countOf(value) <= 4 * manyElements * channels
  const features = isWide ? 17 + pick(4) : group * (1 + pick(3))
  const shape = { stride: form === 'strided' ? 2 : 1, ...(form === '1x1' ? { kernel: 1 } : {}) }
  const windows = spatial.map((extent) =>
    form === '1x1' ? { kernel: 1, stride: 1, dilation: 1, begin: 0, end: 0 } : windowAlong(extent, shape, pick),
  )
  const kernel = windows.map((one) => one.kernel)
  const filter = g.constant([features, channels / group, ...kernel])
  const depth = kernel.reduce((product, extent) => product * extent, channels / group)
  const x = g.within(value, 2 * depth + 1)
  const bias = pick(2) === 0 ? [g.constant([features])] : []
  const attributes = { ...listsOf(windows), group }
  return g.apply(convOp(x, filter, bias[0], attributes), [x, filter, ...bias], 2 * depth * g.boundOf(x) + 2)
}

/** A transposed convolution of one or two dimensions; of anything but images and signals, a product. */
export const deconvolved: Step = (g, value, pick) => {
  const [, channels, ...spatial] = value.shape
  if (typeof channels !== 'number' || spatial.length === 0) return multiplied(g, value, pick)
  if (4 * g.countOf(value) > manyElements) return convolved(g, value, pick)
  const group = channels % 2 === 0 && pick(3) === 0 ? 2 : 1
  const features = group * (1 + pick(3))
  const windows = spatial.map(() => {
    const [stride, pad] = [1 + pick(2), pick(2)]
    // Something is left of a single element, and of none no less than nothing.
    return { kernel: stride + pad + pick(2), stride, dilation: stride === 1 ? 1 + pick(2) : 1, begin: pad, end: 0 }
  })
  const kernel = windows.map((one) => one.kernel)
  const filter = g.constant([channels, features / group, ...kernel])
  const depth = kernel.reduce((product, extent) => product * extent, channels / group)
  const x = g.within(value, 2 * depth + 1)
  const bias = pick(2) === 0 ? [g.constant([features])] : []
  const attributes = { ...listsOf(windows), group, outputPadding: spatial.map(() => 0), outputShape: undefined }
  return g.apply(convTransposeOp(x, filter, bias[0], attributes), [x, filter, ...bias], 2 * depth * g.boundOf(x) + 2)
}

/** A product of matrices: by weights, by what is computed from an input, by itself, of one row, or twice by one factor. */
export const multiplied: Step = (g, value, pick) => {
  const whole = endingFixed(g, value)
  const depth = whole?.shape.at(-1)
  if (whole === undefined || typeof depth !== 'number') return reduced(g, value, pick)
  switch (oneOf(pick, 'weights', 'weights', 'wide', 'wide', 'gemm', 'row', 'shared', 'itself')) {
    case 'weights':
      return byFactor(g, whole, g.constant([depth, 1 + pick(9)]))
    case 'wide':
      return byFactor(g, whole, g.constant([depth, 17 + pick(8)]))
    case 'gemm':
      return whole.shape.length === 2 ? general(g, whole, depth, pick) : byFactor(g, whole, g.constant([depth, 4]))
    case 'row': {
      const row = { starts: [0], ends: [1], axes: [whole.shape.length - 2], steps: [1] }
      return byFactor(
        g,
        g.apply(sliceOp(whole, row), [whole], g.boundOf(whole)),
        g.constant([depth, oneOf(pick, 5, 8, 24)]),
      )
    }
    case 'shared': {
      const factor = computedFactor(g, depth, pick)
      byFactor(g, g.apply(reluOp(whole), [whole], g.boundOf(whole)), factor)
      return byFactor(g, whole, factor)
    }
    case 'itself':
      return byItself(g, whole, depth)
  }
}

/** Two products by square weights and what they start from, which nothing reads afterwards: a block of a residual network. */
export const skipped: Step = (g, value, pick) => {
  const whole = endingFixed(g, value)
  const depth = whole?.shape.at(-1)
  if (whole === undefined || typeof depth !== 'number') return multiplied(g, value, pick)
  const square = (x: Tensor): Tensor => byFactor(g, x, g.constant([depth, depth]))
  const start = g.within(square(whole), 2)
  const end = g.within(square(square(start)), 2)
  return g.apply(addOp(end, start), [end, start], g.boundOf(end) + g.boundOf(start))
}

/** The value with a fixed last extent, if it has one among the last two. */
function endingFixed(g: GrowingGraph, x: Tensor): Tensor | undefined {
  const [before, last] = x.shape.slice(-2)
  if (typeof last === 'number') return x
  return typeof before === 'number' ? swapped(g, x) : undefined
}

/** The matrices transposed. */
function swapped(g: GrowingGraph, x: Tensor): Tensor {
  const rank = x.shape.length
  const perm = x.shape.map((_, d) => (d === rank - 1 ? rank - 2 : d === rank - 2 ? rank - 1 : d))
  return g.apply(transposeOp(x, { perm }), [x], g.boundOf(x))
}

function byFactor(g: GrowingGraph, value: Tensor, factor: Tensor): Tensor {
  const depth = g.extentOf(factor.shape.at(-2) ?? 1)
  const x = g.within(value, depth * g.boundOf(factor))
  return g.apply(matmulOp(x, factor), [x, factor], Math.max(1, depth) * g.boundOf(factor) * g.boundOf(x))
}

function general(g: GrowingGraph, value: Tensor, depth: number, pick: Pick): Tensor {
  const [transA, transB, alpha, columns] = [pick(2) === 0, pick(2) === 0, 1 + pick(2), 1 + pick(20)]
  const b = g.constant(transB ? [columns, depth] : [depth, columns])
  const c = g.constant(oneOf(pick, [columns], [1, 1]))
  const x = g.within(value, 4 * depth + 2)
  const a = transA ? swapped(g, x) : x
  const operation = gemmOp(a, b, c, { alpha, beta: 1, transA, transB })
  return g.apply(operation, [a, b, c], 2 * alpha * depth * g.boundOf(x) + 2)
}

/** A right factor that each run computes, of fixed extents. */
function computedFactor(g: GrowingGraph, depth: number, pick: Pick): Tensor {
  const columns = oneOf(pick, 3, 8, 20)
  const given = g.input(`f${g.live.length}`, [columns, depth])
  const scale = g.constant([columns, 1])
  return swapped(g, g.apply(mulOp(given, scale), [given, scale], 4))
}

/** x · xᵀ, as scores of attention are. */
function byItself(g: GrowingGraph, value: Tensor, depth: number): Tensor {
  const x = g.bounded(value, 128)
  return g.countOf(x) > manyElements / 2 ? byFactor(g, x, g.constant([depth, 3])) : byFactor(g, x, swapped(g, x))
}
