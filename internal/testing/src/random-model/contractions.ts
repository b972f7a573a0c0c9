// Steps around sums of products: convolutions, their transposes, and products of matrices.
import { attribute } from '@tilewright/onnx'
import { floated } from './arithmetic.js'
import { type GrowingModel, manyElements, mostExact, oneOf, type Step, type Value } from './growing-model.js'

/** The value, clipped so that a sum of `depth` products with weights is exact where the value is. */
export const within = (g: GrowingModel, x: Value, depth: number): Value =>
  g.bounded(x, Math.max(2, Math.floor((x.exact ? mostExact : 1000) / (2 * depth + 2))))

interface Window {
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly begin: number
  readonly end: number
}

const windowAttributes = (windows: readonly Window[]) => ({
  kernel_shape: attribute.ints(windows.map(({ kernel }) => kernel)),
  strides: attribute.ints(windows.map(({ stride }) => stride)),
  dilations: attribute.ints(windows.map(({ dilation }) => dilation)),
  pads: attribute.ints([...windows.map(({ begin }) => begin), ...windows.map(({ end }) => end)]),
})

/** Images and signals of fixed extents, or undefined. */
function spatialOf(x: Value): { readonly channels: number; readonly extents: readonly number[] } | undefined {
  const [, channels, ...spatial] = x.shape
  const extents = spatial.flatMap((extent) => (typeof extent === 'number' ? [extent] : []))
  if (typeof channels !== 'number' || extents.length < spatial.length) return undefined
  return extents.length === 1 || extents.length === 2 ? { channels, extents } : undefined
}

export const convolved: Step = (g, value, pick) => {
  const found = spatialOf(value)
  if (found === undefined) return undefined
  const { channels, extents } = found
  const group = oneOf(pick, 1, 1, channels, channels % 2 === 0 ? 2 : 1)
  const features = group * (1 + pick(group === 1 ? 6 : 2))
  if ((g.countOf(value) / channels) * features > 2 * manyElements) return undefined
  const windows = extents.map((extent): Window => {
    const [kernel, dilation, begin] = [1 + pick(3), pick(4) === 0 ? 2 : 1, pick(2)]
    const end = Math.max(pick(3), (kernel - 1) * dilation + 1 - extent - begin)
    return { kernel, stride: 1 + pick(2), dilation, begin, end }
  })
  const depth = windows.reduce((product, { kernel }) => product * kernel, channels / group)
  const x = within(g, floated(g, value), depth)
  const weights = g.constant([features, channels / group, ...windows.map(({ kernel }) => kernel)])
  const bias = pick(2) === 0 ? [g.constant([features])] : []
  const auto = pick(4) === 0
  const shape = [
    x.shape[0] ?? 1,
    features,
    ...extents.map((extent, d) => {
      const { kernel, stride, dilation, begin, end } = windows[d] ?? noWindow
      if (auto) return Math.ceil(extent / stride)
      return Math.floor((extent + begin + end - (kernel - 1) * dilation - 1) / stride) + 1
    }),
  ]
  const { pads, ...rest } = windowAttributes(windows)
  const padding = auto ? { auto_pad: attribute.string(oneOf(pick, 'SAME_UPPER', 'SAME_LOWER')) } : { pads }
  const made = { ...x, shape, bound: 2 * depth * x.bound + 2 }
  return g.node('Conv', [x, weights, ...bias], made, { ...rest, ...padding, group: attribute.int(group) })
}

export const deconvolved: Step = (g, value, pick) => {
  const found = spatialOf(value)
  if (found === undefined || 4 * g.countOf(value) > manyElements) return undefined
  const { channels, extents } = found
  const group = channels % 2 === 0 && pick(3) === 0 ? 2 : 1
  const features = group * (1 + pick(3))
  const windows = extents.map((): Window => {
    const [stride, begin] = [1 + pick(2), pick(2)]
    return { kernel: stride + begin + pick(2), stride, dilation: stride === 1 ? 1 + pick(2) : 1, begin, end: 0 }
  })
  const more = windows.map(({ stride }) => pick(stride))
  const depth = windows.reduce((product, { kernel }) => product * kernel, channels / group)
  const x = within(g, floated(g, value), depth)
  const weights = g.constant([channels, features / group, ...windows.map(({ kernel }) => kernel)])
  const bias = pick(2) === 0 ? [g.constant([features])] : []
  const shape = [
    x.shape[0] ?? 1,
    features,
    ...extents.map((extent, d) => {
      const { kernel, stride, dilation, begin, end } = windows[d] ?? noWindow
      return (extent - 1) * stride + (kernel - 1) * dilation + 1 + (more[d] ?? 0) - begin - end
    }),
  ]
  const made = { ...x, shape, bound: 2 * depth * x.bound + 2 }
  const attributes = { ...windowAttributes(windows), group: attribute.int(group), output_padding: attribute.ints(more) }
  return g.node('ConvTranspose', [x, weights, ...bias], made, attributes)
}

const noWindow: Window = { kernel: 1, stride: 1, dilation: 1, begin: 0, end: 0 }

/** By weights, by itself transposed, or a general product. */
export const multiplied: Step = (g, value, pick) => {
  const depth = value.shape.at(-1)
  if (value.shape.length < 2 || typeof depth !== 'number') return undefined
  const x = within(g, floated(g, value), depth)
  const rank = x.shape.length
  const columns = 1 + pick(18)
  const made = { ...x, bound: 2 * depth * x.bound + 4 }
  switch (oneOf(pick, 'weights', 'weights', 'batched', 'itself', 'gemm', 'vector')) {
    case 'weights':
      return g.node('MatMul', [x, g.constant([depth, columns])], { ...made, shape: [...x.shape.slice(0, -1), columns] })
    case 'batched': {
      const batch = x.shape.slice(0, -2).map((extent) => (typeof extent === 'number' && pick(2) === 0 ? extent : 1))
      const factor = g.constant([...batch, depth, columns])
      return g.node('MatMul', [x, factor], { ...made, shape: [...x.shape.slice(0, -1), columns] })
    }
    case 'itself':
      return byItself(g, x, depth)
    case 'vector':
      return g.node('MatMul', [x, g.constant([depth])], { ...made, shape: x.shape.slice(0, -1) })
    case 'gemm': {
      if (rank !== 2) return undefined
      const [rows = 1] = x.shape
      const [transA, transB] = [pick(2), pick(2)]
      const a = transA === 0 ? x : transposed(g, x, [1, 0])
      const b = g.constant(transB === 0 ? [depth, columns] : [columns, depth])
      const c = pick(3) === 0 ? [] : [g.constant(oneOf(pick, [columns], [1, columns], [1, 1], []))]
      const attributes = {
        transA: attribute.int(transA),
        transB: attribute.int(transB),
        alpha: attribute.float(oneOf(pick, 1, 2)),
        beta: attribute.float(oneOf(pick, 1, 3)),
      }
      return g.node('Gemm', [a, b, ...c], { ...made, bound: 2 * made.bound + 6, shape: [rows, columns] }, attributes)
    }
  }
}

export function transposed(g: GrowingModel, x: Value, perm: readonly number[]): Value {
  const shape = perm.map((d) => x.shape[d] ?? 1)
  return g.node('Transpose', [x], { ...x, shape }, { perm: attribute.ints(perm) })
}

/** x · xᵀ, as attention has it. */
function byItself(g: GrowingModel, value: Value, depth: number): Value | undefined {
  const rank = value.shape.length
  const rows = value.shape[rank - 2] ?? 1
  if (g.countOf(value) * g.extentOf(rows) > 8 * manyElements) return undefined
  const x = g.bounded(value, value.exact ? Math.max(2, Math.floor(Math.sqrt(mostExact / (depth + 1)))) : 30)
  const perm = x.shape.map((_, d) => (d === rank - 1 ? rank - 2 : d === rank - 2 ? rank - 1 : d))
  const factor = transposed(g, x, perm)
  const shape = [...x.shape.slice(0, -1), rows]
  return g.node('MatMul', [x, factor], { ...x, shape, bound: Math.max(1, depth) * x.bound * x.bound })
}

/** Two layers and what they start from: a block of a residual network. */
export const skipped: Step = (g, value, pick) => {
  const depth = value.shape.at(-1)
  if (value.shape.length < 2 || typeof depth !== 'number' || depth === 0) return undefined
  const square = (from: Value): Value => {
    const x = within(g, from, depth)
    return g.node('MatMul', [x, g.constant([depth, depth])], { ...x, bound: 2 * depth * x.bound })
  }
  const start = floated(g, value)
  const hidden = square(start)
  const active = g.node(oneOf(pick, 'Relu', 'Sigmoid'), [hidden], { ...hidden, exact: false })
  const end = g.bounded(square(active), 1000)
  const from = g.bounded(start, 1000)
  return g.node('Add', [end, from], { ...end, exact: false, bound: end.bound + from.bound })
}
