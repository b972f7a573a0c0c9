// Steps that compute each element from those at its place: activations, arithmetic, comparisons, choices, conversions.
import { attribute } from '@tilewright/onnx'
import {
  type Attributes,
  type GrowingModel,
  isFloat,
  mostExact,
  oneOf,
  type Pick,
  type Step,
  sameShape,
  type Value,
} from './growing-model.js'

/** The value as f32. */
export function floated(g: GrowingModel, x: Value): Value {
  if (isFloat(x)) return x
  const within = x.dtype === 'bool' ? x : g.bounded(x, mostExact)
  return g.node('Cast', [within], { ...within, dtype: 'f32' }, { to: attribute.int(1) })
}

/** |x| + 1: where logarithms, roots and quotients are tame. */
export function awayFromZero(g: GrowingModel, x: Value): Value {
  const magnitude = g.node('Abs', [x], x)
  return g.node('Add', [magnitude, g.scalar(1, x.dtype)], { ...x, bound: x.bound + 1 })
}

interface Activation {
  readonly since?: number
  readonly exact?: boolean
  /** Of the argument. */
  readonly most?: number
  readonly bound?: (bound: number) => number
  readonly attributes?: Attributes
}

const same = (bound: number): number => bound
const activations: Readonly<Record<string, Activation>> = {
  Relu: { exact: true },
  Abs: { exact: true },
  Neg: { exact: true },
  Identity: { exact: true },
  LeakyRelu: { attributes: { alpha: attribute.float(0.25) } },
  Elu: { attributes: { alpha: attribute.float(1.5) }, bound: (bound) => bound + 1.5 },
  Sigmoid: { bound: () => 1 },
  HardSigmoid: { attributes: { alpha: attribute.float(0.3), beta: attribute.float(0.4) }, bound: () => 1 },
  HardSwish: { since: 14 },
  Tanh: { bound: () => 1 },
  Softplus: { bound: (bound) => bound + 1 },
  Gelu: { since: 20, attributes: { approximate: attribute.string('none') } },
  Erf: { bound: () => 1 },
  Exp: { most: 4, bound: Math.exp },
}

export const activated: Step = (g, value, pick) => {
  const x = floated(g, value)
  const names = Object.keys(activations)
  const name = names[pick(names.length)] ?? 'Relu'
  const { since = 0, exact = false, most = 1000, bound = same, attributes = {} } = activations[name] ?? {}
  if (g.opset < since) return undefined
  const within = g.bounded(x, most)
  const tanh = name === 'Gelu' && pick(2) === 0 ? { approximate: attribute.string('tanh') } : attributes
  return g.node(name, [within], { ...within, bound: bound(within.bound), exact: exact && x.exact }, tanh)
}

/** Roots, logarithms, reciprocals and powers, where they are tame. */
export const tamed: Step = (g, value, pick) => {
  const x = floated(g, value)
  const inexact = { exact: false }
  const positive = (): Value => awayFromZero(g, x)
  switch (oneOf(pick, 'Sqrt', 'Log', 'Reciprocal', 'power', 'root', 'floor')) {
    case 'Sqrt': {
      const from = positive()
      return g.node('Sqrt', [from], { ...from, ...inexact, bound: Math.sqrt(from.bound) })
    }
    case 'Log': {
      const from = positive()
      return g.node('Log', [from], { ...from, ...inexact, bound: Math.log(from.bound) })
    }
    case 'Reciprocal':
      return g.node('Reciprocal', [positive()], { ...x, ...inexact, bound: 1 })
    case 'power': {
      const from = g.bounded(x, 8)
      const exponent = oneOf(pick, 2, 3, 1, 0)
      return g.node('Pow', [from, g.scalar(exponent, oneOf(pick, 'f32', 'i32'))], { ...from, bound: 8 ** exponent })
    }
    case 'root': {
      const from = positive()
      return g.node('Pow', [from, g.scalar(0.5)], { ...from, ...inexact, bound: Math.sqrt(from.bound) })
    }
    case 'floor': {
      if (!x.exact) return undefined
      const quarter = g.node('Mul', [x, g.scalar(0.25)], { ...x, exact: false })
      return g.node(oneOf(pick, 'Floor', 'Ceil'), [quarter], { ...x, bound: x.bound / 4 + 1 })
    }
  }
}

/** A constant that broadcasts to the value: whole in some fixed dimensions, of extent 1 in the others. */
function spread(g: GrowingModel, x: Value, pick: Pick): Value {
  const whole = pick(16)
  const shape = x.shape.map((extent, d) => (typeof extent === 'number' && (whole >> d) % 2 === 0 ? extent : 1))
  return g.constant(shape.slice(pick(2)), x.dtype === 'bool' ? 'f32' : x.dtype)
}

const partner = (g: GrowingModel, x: Value, pick: Pick): Value =>
  (pick(3) === 0 ? g.twinOf(x) : undefined) ?? spread(g, x, pick)

export const binary: Step = (g, value, pick) => {
  const x = value.dtype === 'bool' ? floated(g, value) : value
  const y = partner(g, x, pick)
  const op = oneOf(pick, 'Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Mod', 'Mean', 'Sum')
  const most = x.exact ? 2 ** 20 : 1000
  const [a, b] = [g.bounded(x, most), g.bounded(y, op === 'Mul' ? 8 : most)]
  const made = { ...x, exact: x.exact && y.exact }
  switch (op) {
    case 'Add':
    case 'Sub':
      return g.node(op, pick(2) === 0 ? [a, b] : [b, a], { ...made, bound: a.bound + b.bound })
    case 'Mul':
      return g.node(op, [a, b], { ...made, bound: a.bound * b.bound })
    case 'Div':
      return g.node(op, [a, awayFromZero(g, b)], { ...made, exact: !isFloat(x), bound: a.bound })
    case 'Mod': {
      if (!made.exact) return undefined
      const divisor = awayFromZero(g, b)
      const signed = pick(2) === 0 ? divisor : g.node('Neg', [divisor], divisor)
      const fmod = isFloat(x) ? 1 : pick(2)
      return g.node(op, [a, signed], { ...made, bound: signed.bound }, { fmod: attribute.int(fmod) })
    }
    case 'Max':
    case 'Min': {
      const bound = Math.max(a.bound, b.bound, 2)
      const third = pick(2) === 0 ? [spread(g, x, pick)] : []
      return g.node(op, [a, b, ...third], { ...made, bound })
    }
    case 'Mean':
    case 'Sum': {
      if (!isFloat(x)) return undefined
      const exact = made.exact && op === 'Sum'
      return g.node(op, [a, b, spread(g, x, pick)], { ...made, exact, bound: a.bound + b.bound + 2 })
    }
  }
}

/** A condition of the value's shape. */
export function condition(g: GrowingModel, value: Value, pick: Pick): Value {
  if (value.dtype === 'bool') {
    const other = g.twinOf(value) ?? value
    const op = oneOf(pick, 'Not', 'And', 'Or', 'Xor', 'Equal')
    return g.node(op, op === 'Not' ? [value] : [value, other], value)
  }
  const x = value.exact ? value : undefined
  const made = { ...value, dtype: 'bool', bound: 1, exact: true } as const
  // Where rounding decides nothing.
  if (x === undefined) return g.node('Less', [g.bounded(value, 1000), g.scalar(2000)], made)
  const y = partner(g, x, pick)
  const op = oneOf(pick, 'Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual')
  return g.node(op, [x, y.exact ? y : spread(g, x, pick)], made)
}

export const compared: Step = (g, x, pick) => condition(g, x, pick)

/** One of two values at each place. */
export const chosen: Step = (g, x, pick) => {
  const y = partner(g, x, pick)
  const source = g.live.findLast(
    (one) => one.exact && sameShape(one.shape, x.shape) && (one.dtype === 'bool' || pick(2) === 0),
  )
  if (x.dtype === 'bool') return undefined
  const made = { ...x, bound: Math.max(x.bound, y.bound), exact: x.exact && y.exact }
  return g.node(
    'Where',
    pick(2) === 0 ? [condition(g, source ?? x, pick), x, y] : [condition(g, source ?? x, pick), y, x],
    made,
  )
}

const types = { f32: 1, i32: 6, i64: 7, bool: 9 } as const

/** Between element types; at times through a narrow one that holds the value. */
export const converted: Step = (g, value, pick) => {
  const to = oneOf(pick, 'f32', 'i32', 'i64', 'bool', 'f16', 'bf16')
  if (to === 'f32') return floated(g, value)
  if (!value.exact) return undefined
  if (to === 'f16' || to === 'bf16') {
    if (to === 'bf16' && g.opset < 13) return undefined
    const x = g.bounded(floated(g, value), to === 'f16' ? 2048 : 256)
    const half = g.between('Cast', x, { to: attribute.int(to === 'f16' ? 10 : 16) })
    return g.node('Cast', [half], x, { to: attribute.int(1) })
  }
  const x = to === 'bool' ? value : value.dtype === 'bool' ? value : g.bounded(value, mostExact)
  const made = { ...x, dtype: to, bound: to === 'bool' ? 1 : x.bound } as const
  const like = g.live.find((one) => one.dtype === to)
  if (like !== undefined && g.opset >= 15 && pick(2) === 0) return g.node('CastLike', [x, like], made)
  return g.node('Cast', [x], made, { to: attribute.int(types[to]) })
}

/** x · gate(x), as SiLU is: two readers that meet again. */
export const gated: Step = (g, value) => {
  const x = g.bounded(floated(g, value), 100)
  const gate = g.node('Sigmoid', [x], { ...x, bound: 1, exact: false })
  return g.node('Mul', [x, gate], { ...x, exact: false })
}

/** Dropout of inference, PRelu and Clip with one limit. */
export const limited: Step = (g, value, pick) => {
  const x = floated(g, value)
  switch (oneOf(pick, 'Dropout', 'PRelu', 'Clip')) {
    case 'Dropout':
      return g.node('Dropout', [x], x)
    case 'PRelu': {
      const within = g.bounded(x, x.exact ? 2 ** 20 : 1000)
      return g.node('PRelu', [within, spread(g, x, pick)], { ...within, bound: 2 * within.bound })
    }
    case 'Clip':
      return g.node('Clip', pick(2) === 0 ? [x, g.scalar(-1)] : [x, '', g.scalar(1)], x)
  }
}
