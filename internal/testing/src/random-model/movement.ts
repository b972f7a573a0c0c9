// Steps that move elements: shapes, slices, joins, gathers, and what computes shapes in the model.
import { attribute } from '@tilewright/onnx'
import { floated } from './arithmetic.js'
import { transposed } from './contractions.js'
import {
  type Extent,
  isFixed,
  isFloat,
  manyElements,
  oneOf,
  type Pick,
  type Step,
  sameShape,
  type Value,
} from './growing-model.js'

const some = (x: Value, pick: Pick, wanted: (extent: Extent, d: number) => boolean): number | undefined => {
  const axes = x.shape.flatMap((extent, d) => (wanted(extent, d) ? [d] : []))
  return axes.length === 0 ? undefined : axes[pick(axes.length)]
}
const fixedAxis = (x: Value, pick: Pick): number | undefined => some(x, pick, (extent) => typeof extent === 'number')
const fixed = (x: Value, axis: number): number => {
  const extent = x.shape[axis]
  return typeof extent === 'number' ? extent : 1
}
const fromEnd = (axis: number, rank: number, pick: Pick): number => (pick(2) === 0 ? axis - rank : axis)

export const turned: Step = (g, x, pick) => {
  const perm = x.shape.map((_, d) => d)
  const first = pick(Math.max(1, perm.length))
  const rotated = [...perm.slice(first), ...perm.slice(0, first)]
  return x.shape.length < 2 ? undefined : transposed(g, x, pick(3) === 0 ? perm.toReversed() : rotated)
}

export const sliced: Step = (g, x, pick) => {
  const axis = fixedAxis(x, pick)
  if (axis === undefined || fixed(x, axis) === 0) return undefined
  const extent = fixed(x, axis)
  const at = g.ints([fromEnd(axis, x.shape.length, pick)])
  if (pick(3) === 0) {
    const step = 1 + pick(2)
    const made = { ...x, shape: x.shape.with(axis, Math.ceil(extent / step)) }
    return g.node('Slice', [x, g.ints([-1]), g.ints([-extent - 1]), at, g.ints([-step])], made)
  }
  const begin = pick(extent)
  const end = begin + 1 + pick(extent - begin)
  const step = 1 + pick(2)
  const made = { ...x, shape: x.shape.with(axis, Math.ceil((end - begin) / step)) }
  const last = end === extent ? oneOf(pick, end, 2 ** 31 - 1, extent + 5) : end - extent
  return g.node('Slice', [x, g.ints([begin]), g.ints([last]), at, g.ints([step])], made)
}

export const padded: Step = (g, x, pick) => {
  const mode = oneOf(pick, 'constant', 'constant', 'reflect', 'edge')
  if (x.dtype === 'bool' || x.shape.length === 0) return undefined
  const most = x.shape.map((extent) => (typeof extent === 'number' && extent > 2 ? 2 : 0))
  if (most.every((count) => count === 0) || 4 * g.countOf(x) > 4 * manyElements) return undefined
  const [begin, end] = [most.map((count) => pick(count + 1)), most.map((count) => pick(count + 1))]
  const cut = mode === 'constant' && pick(4) === 0
  const pads = [...begin.map((count) => (cut ? -Math.min(count, 1) : count)), ...end]
  const shape = x.shape.map((extent, d) =>
    typeof extent === 'number' ? extent + (pads[d] ?? 0) + (pads[d + x.shape.length] ?? 0) : extent,
  )
  const value = mode === 'constant' && pick(2) === 0 ? [g.scalar(2, x.dtype)] : []
  const made = { ...x, shape, bound: Math.max(x.bound, 2) }
  return g.node('Pad', [x, g.ints(pads), ...value], made, { mode: attribute.string(mode) })
}

export const reshaped: Step = (g, x, pick) => {
  const [first, ...rest] = x.shape
  const after = rest.flatMap((extent) => (typeof extent === 'number' ? [extent] : []))
  if (first === undefined || after.length < rest.length || after.includes(0)) return undefined
  const count = after.reduce((product, extent) => product * extent, 1)
  switch (oneOf(pick, 'flat', 'split', 'Flatten', 'computed', 'Squeeze')) {
    case 'flat':
      return g.node('Reshape', [x, g.ints([0, count])], { ...x, shape: [first, count] })
    case 'split': {
      const half = count % 2 === 0 ? 2 : 1
      return g.node('Reshape', [x, g.ints([0, half, count / half])], { ...x, shape: [first, half, count / half] })
    }
    case 'Flatten':
      return g.node('Flatten', [x], { ...x, shape: [first, count] }, { axis: attribute.int(1) })
    case 'computed': {
      const shape = g.node('Shape', [x], { dtype: 'i64', shape: [x.shape.length], bound: 2 ** 20, exact: true })
      const zero = g.ints([0])
      const leading = g.node('Gather', [shape, zero], { ...shape, shape: [1] }, { axis: attribute.int(0) })
      const wanted = g.node(
        'Concat',
        [leading, g.ints([1, count])],
        { ...shape, shape: [3] },
        { axis: attribute.int(0) },
      )
      return g.node('Reshape', [x, wanted], { ...x, shape: [first, 1, count] })
    }
    case 'Squeeze': {
      const at = pick(x.shape.length + 1)
      const wide = g.node('Unsqueeze', [x, g.ints([at])], { ...x, shape: x.shape.toSpliced(at, 0, 1) })
      const one = some(x, pick, (extent) => extent === 1)
      if (one === undefined) return wide.shape.length > 4 ? g.node('Squeeze', [wide, g.ints([at])], x) : wide
      return g.node('Squeeze', [x, g.ints([fromEnd(one, x.shape.length, pick)])], {
        ...x,
        shape: x.shape.toSpliced(one, 1),
      })
    }
  }
}

export const joined: Step = (g, x, pick) => {
  const axis = fixedAxis(x, pick)
  if (axis === undefined || 2 * g.countOf(x) > 2 * manyElements) return undefined
  const others = g.live.filter(
    (one) =>
      one.dtype === x.dtype &&
      one.shape.length === x.shape.length &&
      sameShape(one.shape.with(axis, 0), x.shape.with(axis, 0)) &&
      typeof one.shape[axis] === 'number',
  )
  const y = others[pick(Math.max(1, others.length))] ?? x
  const made = { ...x, bound: Math.max(x.bound, y.bound), exact: x.exact && y.exact }
  const shape = x.shape.with(axis, fixed(x, axis) + fixed(y, axis))
  return g.node('Concat', [x, y], { ...made, shape }, { axis: attribute.int(fromEnd(axis, x.shape.length, pick)) })
}

/** Parts, of which one is read and one is a result. */
export const parted: Step = (g, x, pick) => {
  const axis = fixedAxis(x, pick)
  if (axis === undefined || fixed(x, axis) < 2) return undefined
  const first = 1 + pick(fixed(x, axis) - 1)
  const sizes = [first, fixed(x, axis) - first]
  const made = sizes.map((size) => ({ ...x, shape: x.shape.with(axis, size) }))
  const parts = g.nodes('Split', [x, g.ints(sizes)], made, { axis: attribute.int(axis) })
  return parts[pick(2)]
}

export const expanded: Step = (g, x, pick) => {
  if (2 * g.countOf(x) > 2 * manyElements) return undefined
  const axis = some(x, pick, (extent) => extent === 1)
  if (axis !== undefined && pick(2) === 0) {
    const to = x.shape.map((_, d) => (d === axis ? 3 : 1))
    return g.node('Expand', [x, g.ints(to)], { ...x, shape: x.shape.with(axis, 3) })
  }
  const along = fixedAxis(x, pick)
  if (along === undefined || (x.dtype === 'bool' && pick(2) === 0)) return undefined
  const repeats = x.shape.map((_, d) => (d === along ? 2 : 1))
  return g.node('Tile', [x, g.ints(repeats)], { ...x, shape: x.shape.with(along, 2 * fixed(x, along)) })
}

export const blocked: Step = (g, value, pick) => {
  const [batch = 1, channels, h, w] = value.shape
  if (value.shape.length !== 4 || typeof channels !== 'number' || typeof h !== 'number' || typeof w !== 'number') {
    return undefined
  }
  const x = floated(g, value)
  const blocksize = attribute.int(2)
  if (channels % 4 === 0) {
    const mode = attribute.string(oneOf(pick, 'DCR', 'CRD'))
    return g.node('DepthToSpace', [x], { ...x, shape: [batch, channels / 4, 2 * h, 2 * w] }, { blocksize, mode })
  }
  if (h % 2 !== 0 || w % 2 !== 0) return resized(g, x, pick)
  return g.node('SpaceToDepth', [x], { ...x, shape: [batch, channels * 4, h / 2, w / 2] }, { blocksize })
}

const resized: Step = (g, value, pick) => {
  const [batch = 1, channels = 1, h, w] = value.shape
  if (typeof h !== 'number' || typeof w !== 'number' || 6 * g.countOf(value) > 4 * manyElements) return undefined
  const x = g.bounded(value, 1000)
  const mode = oneOf(pick, 'nearest', 'linear')
  const shape = [batch, channels, 2 * h, 3 * w]
  const scales = g.node(
    'Cast',
    [g.ints([1, 1, 2, 3])],
    { dtype: 'f32', shape: [4], bound: 3, exact: true },
    {
      to: attribute.int(1),
    },
  )
  const attributes = {
    mode: attribute.string(mode),
    coordinate_transformation_mode: attribute.string(oneOf(pick, 'half_pixel', 'asymmetric', 'align_corners')),
    ...(mode === 'nearest' ? { nearest_mode: attribute.string(oneOf(pick, 'floor', 'round_prefer_floor')) } : {}),
  }
  return g.node('Resize', [x, '', scales], { ...x, shape, exact: false }, attributes)
}

/** By constant indices, by computed ones, element by element, or by tuples. */
export const gathered: Step = (g, x, pick) => {
  const axis = fixedAxis(x, pick)
  if (axis === undefined || fixed(x, axis) === 0) return undefined
  const extent = fixed(x, axis)
  const index = (i: number): number => ((i * 5 + pick(3)) % extent) - (pick(3) === 0 ? extent : 0)
  const at = { axis: attribute.int(fromEnd(axis, x.shape.length, pick)) }
  switch (oneOf(pick, 'list', 'scalar', 'computed', 'elements', 'tuples')) {
    case 'list': {
      const made = { ...x, shape: x.shape.with(axis, 3) }
      return g.node('Gather', [x, g.ints([index(0), index(1), index(2)])], made, at)
    }
    case 'scalar':
      return g.node('Gather', [x, g.scalar(index(1), 'i64')], { ...x, shape: x.shape.toSpliced(axis, 1) }, at)
    case 'computed': {
      const source = g.live.find((one) => one.exact && isFloat(one) && one.shape.length === 1)
      if (source === undefined || extent < 3) return undefined
      const small = g.node('Clip', [source, g.scalar(-3), g.scalar(2)], { ...source, bound: 3 })
      const indices = g.node('Cast', [small], { ...small, dtype: 'i32' }, { to: attribute.int(6) })
      return g.node('Gather', [x, indices], { ...x, shape: x.shape.toSpliced(axis, 1, ...indices.shape) }, at)
    }
    case 'elements': {
      if (!isFixed(x.shape)) return undefined
      const shape = x.shape.with(axis, 2)
      const chosen = g.constant(shape, 'i64')
      if (extent < 3) return undefined
      return g.node('GatherElements', [x, chosen], { ...x, shape }, at)
    }
    case 'tuples': {
      const [first, second] = x.shape
      if (typeof first !== 'number' || first < 3) return undefined
      const pairs = typeof second === 'number' && second >= 3 && pick(2) === 0
      const indices = g.constant([2, pairs ? 2 : 1], 'i64')
      return g.node('GatherND', [x, indices], { ...x, shape: [2, ...x.shape.slice(pairs ? 2 : 1)] })
    }
  }
}

export const masked: Step = (g, x, pick) => {
  if (g.opset < 14 || x.shape.length < 2 || x.dtype === 'i32') return undefined
  const k = pick(2) === 0 ? [g.scalar(pick(3) - 1, 'i64')] : []
  return g.node('Trilu', [x, ...k], x, { upper: attribute.int(pick(2)) })
}

/** Numbers that are made in the model: ranges, filled tensors, positions. */
export const counted: Step = (g, x, pick) => {
  const axis = some(x, pick, () => true)
  if (axis === undefined) return undefined
  const shape = g.node('Shape', [x], { dtype: 'i64', shape: [x.shape.length], bound: 2 ** 20, exact: true })
  const size = g.node('Gather', [shape, g.scalar(axis, 'i64')], { ...shape, shape: [] }, { axis: attribute.int(0) })
  const extent = x.shape[axis] ?? 1
  const bound = Math.max(1, g.extentOf(extent))
  switch (oneOf(pick, 'Range', 'ConstantOfShape', 'OneHot')) {
    case 'Range':
      return g.node('Range', [g.scalar(0, 'i64'), size, g.scalar(1, 'i64')], { ...size, shape: [extent], bound })
    case 'ConstantOfShape': {
      const value = attribute.tensor({ dtype: 'f32', dims: [1], data: Float32Array.of(1.5) })
      return g.node('ConstantOfShape', [shape], { ...x, dtype: 'f32', bound: 1.5, exact: false }, { value })
    }
    case 'OneHot': {
      const range = g.node('Range', [g.scalar(0, 'i64'), size, g.scalar(1, 'i64')], { ...size, shape: [extent], bound })
      const values = g.constant([2])
      const made = { ...values, shape: [extent, 4] }
      return g.node('OneHot', [range, g.scalar(4, 'i64'), values], made, { axis: attribute.int(-1) })
    }
  }
}
