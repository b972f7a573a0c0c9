// Steps that fold: reductions, softmax, normalisations, pools, prefix sums.
import { attribute } from '@tilewright/onnx'
import { awayFromZero, floated } from './arithmetic.js'
import {
  type Attributes,
  type Extent,
  isFloat,
  mostExact,
  oneOf,
  type Pick,
  type Step,
  type Value,
} from './growing-model.js'

const flag = (set: boolean): ReturnType<typeof attribute.int> => attribute.int(set ? 1 : 0)

/** Some axes, at least one, at times counted from the end. */
function someAxes(x: Value, pick: Pick): readonly number[] {
  const rank = x.shape.length
  const mask = 1 + pick(2 ** rank - 1)
  return x.shape.flatMap((_, d) => ((mask >> d) % 2 === 1 ? [d] : []))
}

const fromEnd = (axis: number, x: Value, pick: Pick): number => (pick(2) === 0 ? axis - x.shape.length : axis)

function foldedShape(x: Value, axes: readonly number[], keeps: boolean): readonly Extent[] {
  return x.shape.flatMap((extent, d) => (axes.includes(d) ? (keeps ? [1] : []) : [extent]))
}

const foldNames = ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'SumSquare', 'L1', 'L2', 'LogSum', 'LogSumExp'] as const

export const reduced: Step = (g, value, pick) => {
  if (value.shape.length === 0) return undefined
  const fold = foldNames[pick(foldNames.length)] ?? 'Sum'
  const isWhole = fold === 'Sum' || fold === 'Max' || fold === 'Min'
  const x = isWhole && value.dtype !== 'bool' ? value : floated(g, value)
  const axes = someAxes(x, pick)
  const count = Math.max(1, ...[axes.reduce((product, d) => product * g.extentOf(x.shape[d] ?? 1), 1)])
  if (fold === 'Prod' && count > 16) return undefined
  // Of nothing these are infinite, or undefined.
  const isOfSums = fold === 'Sum' || fold === 'SumSquare' || fold === 'L1' || fold === 'L2' || fold === 'Prod'
  if (!isOfSums && axes.some((d) => x.shape[d] === 'n' || x.shape[d] === 0)) return undefined
  const { most, bound, exact } = rangeOf(fold, count, x)
  const within = fold === 'LogSum' ? awayFromZero(g, g.bounded(x, 1000)) : g.bounded(x, most)
  const keeps = pick(2) === 0
  const made = { ...within, shape: foldedShape(x, axes, keeps), bound: bound(within.bound), exact: x.exact && exact }
  const named = axes.map((axis) => fromEnd(axis, x, pick))
  const byInput = g.opset >= 18 || (fold === 'Sum' && g.opset >= 13)
  const isAll = axes.length === x.shape.length && pick(2) === 0
  const keepdims = flag(keeps)
  if (isAll) return g.node(`Reduce${fold}`, [x === within ? x : within], made, { keepdims })
  if (byInput) return g.node(`Reduce${fold}`, [within, g.ints(named)], made, { keepdims })
  return g.node(`Reduce${fold}`, [within], made, { keepdims, axes: attribute.ints(named) })
}

interface Range {
  /** Of the argument. */
  readonly most: number
  readonly bound: (bound: number) => number
  readonly exact: boolean
}

function rangeOf(fold: (typeof foldNames)[number], count: number, x: Value): Range {
  const exactly = isFloat(x) ? mostExact : 2 ** 29
  const sum = (bound: number): number => bound * count
  switch (fold) {
    case 'Sum':
    case 'L1':
      return { most: x.exact ? Math.floor(exactly / count) : 1000, bound: sum, exact: true }
    case 'Max':
    case 'Min':
      return { most: exactly, bound: (bound) => bound, exact: true }
    case 'Mean':
      return { most: 1000, bound: (bound) => bound, exact: false }
    case 'Prod':
      return { most: 2, bound: () => 2 ** count, exact: true }
    case 'SumSquare':
      return { most: Math.floor(Math.sqrt(exactly / count)), bound: (bound) => bound * bound * count, exact: true }
    case 'L2':
      return { most: 1000, bound: sum, exact: false }
    case 'LogSum':
      return { most: 1000, bound: (bound) => Math.log(bound * count) + 1, exact: false }
    case 'LogSumExp':
      return { most: 20, bound: (bound) => bound + Math.log(count), exact: false }
  }
}

/** Where the largest or smallest element stands. */
export const located: Step = (g, value, pick) => {
  if (!value.exact || value.shape.length === 0) return undefined
  const x = value.dtype === 'bool' || value.dtype === 'i64' ? floated(g, value) : value
  const axis = pick(x.shape.length)
  // The extremum of nothing is nowhere.
  if (typeof x.shape[axis] !== 'number') return undefined
  const keeps = pick(2) === 0
  const made = {
    ...x,
    dtype: 'i64',
    shape: foldedShape(x, [axis], keeps),
    bound: g.extentOf(x.shape[axis] ?? 1),
  } as const
  const attributes = { axis: attribute.int(fromEnd(axis, x, pick)), keepdims: flag(keeps) }
  return g.node(oneOf(pick, 'ArgMax', 'ArgMin'), [x], made, { ...attributes, select_last_index: flag(pick(2) === 0) })
}

export const softmaxed: Step = (g, value, pick) => {
  if (value.shape.length === 0) return undefined
  const x = g.bounded(floated(g, value), 30)
  const axis = attribute.int(fromEnd(pick(x.shape.length), x, pick))
  const op = oneOf(pick, 'Softmax', 'Softmax', 'LogSoftmax')
  return g.node(op, [x], { ...x, exact: false, bound: op === 'Softmax' ? 1 : 40 + Math.log(1000) }, { axis })
}

/** Normalisations; small variances would make much of rounding, so that epsilon is large. */
export const normalized: Step = (g, value, pick) => {
  const x = g.bounded(floated(g, value), 50)
  const [, channels] = x.shape
  const epsilon = attribute.float(0.125)
  const made = { ...x, exact: false, bound: 500 }
  const last = x.shape.at(-1)
  const perChannel = (): readonly Value[] =>
    typeof channels === 'number' ? [g.positive([channels]), g.constant([channels])] : []
  switch (oneOf(pick, 'layer', 'batch', 'instance', 'group', 'lrn', 'lp')) {
    case 'layer': {
      if (g.opset < 17 || typeof last !== 'number') return undefined
      const bias = pick(2) === 0 ? [g.constant([last])] : []
      const axis = attribute.int(pick(2) === 0 ? -1 : x.shape.length - 1)
      return g.node('LayerNormalization', [x, g.positive([last]), ...bias], made, { axis, epsilon })
    }
    case 'batch': {
      if (typeof channels !== 'number') return undefined
      const operands = [x, ...perChannel(), g.constant([channels]), g.positive([channels])]
      return g.node('BatchNormalization', operands, made, { epsilon })
    }
    case 'instance':
      if (typeof channels !== 'number' || x.shape.length < 3) return undefined
      return g.node('InstanceNormalization', [x, ...perChannel()], made, { epsilon })
    case 'group': {
      if (g.opset < 21 || typeof channels !== 'number' || x.shape.length < 3) return undefined
      const num_groups = attribute.int(channels % 2 === 0 ? oneOf(pick, 1, 2, channels) : oneOf(pick, 1, channels))
      return g.node('GroupNormalization', [x, ...perChannel()], made, { epsilon, num_groups })
    }
    case 'lrn': {
      if (x.shape.length !== 4) return undefined
      const attributes = { alpha: attribute.float(0.01), beta: attribute.float(0.75), bias: attribute.float(1.5) }
      return g.node('LRN', [x], made, { ...attributes, size: attribute.int(oneOf(pick, 1, 3, 5)) })
    }
    case 'lp': {
      if (x.shape.length === 0) return undefined
      const axis = attribute.int(fromEnd(pick(x.shape.length), x, pick))
      return g.node(
        'LpNormalization',
        [awayFromZero(g, x)],
        { ...made, bound: 1 },
        { axis, p: attribute.int(1 + pick(2)) },
      )
    }
  }
}

export const cumulated: Step = (g, value, pick) => {
  if (value.shape.length === 0) return undefined
  const x = value.dtype === 'bool' ? floated(g, value) : value
  const axis = pick(x.shape.length)
  const count = Math.max(1, g.extentOf(x.shape[axis] ?? 1))
  const within = g.bounded(x, Math.floor(mostExact / count))
  const at = g.scalar(fromEnd(axis, x, pick), 'i64')
  const attributes = { exclusive: flag(pick(2) === 0), reverse: flag(pick(2) === 0) }
  return g.node('CumSum', [within, at], { ...within, bound: within.bound * count }, attributes)
}

/** A window along one dimension: padding is less than the window, as the runtimes want it. */
interface Window {
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly begin: number
  readonly end: number
}

const pooledExtent = (extent: number, { kernel, stride, dilation, begin, end }: Window, ceils: boolean): number => {
  const steps = (extent + begin + end - (kernel - 1) * dilation - 1) / stride
  const count = (ceils ? Math.ceil(steps) : Math.floor(steps)) + 1
  // A window that would begin in the padding at the end is none.
  return ceils && (count - 1) * stride >= extent + begin ? count - 1 : count
}

export const pooled: Step = (g, value, pick) => {
  const [batch = 1, channels = 1, ...spatial] = value.shape
  if (value.shape.length < 3 || value.shape.length > 4) return undefined
  const x = floated(g, value)
  const form = oneOf(pick, 'MaxPool', 'MaxPool', 'AveragePool', 'LpPool', 'GlobalMaxPool', 'GlobalAveragePool')
  if (form === 'GlobalMaxPool' || form === 'GlobalAveragePool') {
    if (!spatial.every((extent) => typeof extent === 'number')) return undefined
    const exact = x.exact && form === 'GlobalMaxPool'
    return g.node(form, [x], { ...x, exact, shape: [batch, channels, ...spatial.map(() => 1)] })
  }
  const extents = spatial.flatMap((extent) => (typeof extent === 'number' ? [extent] : []))
  if (extents.length < spatial.length || extents.some((extent) => extent < 2)) return undefined
  const hasDilation = form === 'MaxPool' || g.opset >= 19
  const windows = extents.map((extent): Window => {
    const [kernel, stride] = [1 + pick(3), 1 + pick(2)]
    const dilation = hasDilation && pick(4) === 0 ? 2 : 1
    const reach = (kernel - 1) * dilation + 1
    const begin = pick(kernel)
    return { kernel, stride, dilation, begin, end: Math.max(pick(kernel), reach - extent - begin) }
  })
  if (windows.some(({ kernel, end }) => end >= kernel)) return undefined
  const ceils = pick(3) === 0 && (form !== 'LpPool' || g.opset >= 18)
  const shape = [batch, channels, ...extents.map((extent, d) => pooledExtent(extent, windows[d] ?? noWindow, ceils))]
  const attributes: Attributes = {
    kernel_shape: attribute.ints(windows.map(({ kernel }) => kernel)),
    strides: attribute.ints(windows.map(({ stride }) => stride)),
    pads: attribute.ints([...windows.map(({ begin }) => begin), ...windows.map(({ end }) => end)]),
    ...(hasDilation ? { dilations: attribute.ints(windows.map(({ dilation }) => dilation)) } : {}),
    ...(ceils ? { ceil_mode: attribute.int(1) } : {}),
    ...(form === 'AveragePool' ? { count_include_pad: flag(pick(2) === 0) } : {}),
    ...(form === 'LpPool' ? { p: attribute.int(1 + pick(2)) } : {}),
  }
  const within = form === 'LpPool' ? awayFromZero(g, g.bounded(x, 1000)) : x
  const bound = form === 'LpPool' ? 9 * within.bound : x.bound
  return g.node(form, [within], { ...x, exact: x.exact && form === 'MaxPool', bound, shape }, attributes)
}

const noWindow: Window = { kernel: 1, stride: 1, dilation: 1, begin: 0, end: 0 }
