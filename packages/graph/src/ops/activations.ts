/** Activations: elementwise, one operand, parameters known when compiling (or, for PRelu and Clip, operands too). */
import {
  add,
  binary,
  computeType,
  constant,
  defined,
  div,
  type Expr,
  lt,
  mul,
  type ScalarType,
  select,
  sub,
  unary,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorType } from '../tensor.js'
import { broadcastTo } from './broadcast.js'
import { elementwise } from './elementwise.js'
import { floatOp, log1p } from './functions.js'
import { formatShape, shapeError } from './shape-error.js'

const f32 = (value: number): Expr => constant('f32', value)
const [zero, one] = [f32(0), f32(1)]
const isNegative = (x: Expr): Expr => lt(x, constant(x.dtype, 0))
const scalarType = (operand: TensorType): ScalarType => computeType(deviceDType(operand.dtype))

/** max(x, 0). */
export const reluOp = (operand: TensorType): Operation =>
  elementwise('Relu', [operand], (x) => binary('max', defined(x, 'operand'), constant(scalarType(operand), 0)))

/** x where x > 0, alpha·(eˣ − 1) elsewhere. */
export const elu = (x: Expr, alpha: number): Expr => select(lt(zero, x), x, mul(f32(alpha), sub(unary('exp', x), one)))

/** `elu` of each element. Throws `CompileError` `graph/dtype` unless floating point. */
export const eluOp = (operand: TensorType, { alpha }: { readonly alpha: number }): Operation =>
  floatOp('Elu', (x) => elu(x, alpha))(operand)

/** gamma·x where x > 0, gamma·alpha·(eˣ − 1) elsewhere. Throws `CompileError` `graph/dtype` unless floating point. */
export const seluOp = (
  operand: TensorType,
  { alpha, gamma }: { readonly alpha: number; readonly gamma: number },
): Operation =>
  floatOp('Selu', (x) => mul(f32(gamma), select(lt(zero, x), x, mul(f32(alpha), sub(unary('exp', x), one)))))(operand)

/** x where x > 0, alpha·(e^(x/alpha) − 1) elsewhere. Throws `CompileError` `graph/dtype` unless floating point. */
export const celuOp = (operand: TensorType, { alpha }: { readonly alpha: number }): Operation =>
  floatOp('Celu', (x) => select(lt(zero, x), x, mul(f32(alpha), sub(unary('exp', div(x, f32(alpha))), one))))(operand)

/** 1 / (1 + e^-x), without overflow. */
export function sigmoid(x: Expr): Expr {
  const power = unary('exp', unary('neg', unary('abs', x)))
  return div(select(isNegative(x), power, one), add(one, power))
}

/** `sigmoid` of each element. Throws `CompileError` `graph/dtype` unless floating point. */
export const sigmoidOp: (operand: TensorType) => Operation = floatOp('Sigmoid', sigmoid)

/** x / (1 + e^(−alpha·x)). Throws `CompileError` `graph/dtype` unless floating point. */
export const swishOp = (operand: TensorType, { alpha }: { readonly alpha: number }): Operation =>
  floatOp('Swish', (x) => mul(x, sigmoid(mul(f32(alpha), x))))(operand)

/** x·tanh(ln(1 + eˣ)), as a quotient of polynomials in e^-|x|. Throws `CompileError` `graph/dtype` unless floating point. */
export const mishOp: (operand: TensorType) => Operation = floatOp('Mish', (x) => {
  const power = unary('exp', unary('neg', unary('abs', x)))
  const twice = mul(f32(2), power)
  const square = mul(power, power)
  const above = select(isNegative(x), add(twice, square), add(one, twice))
  const rest = select(isNegative(x), f32(2), mul(f32(2), square))
  return mul(x, div(above, add(above, rest)))
})

/** x / (1 + |x|). Throws `CompileError` `graph/dtype` unless floating point. */
export const softsignOp: (operand: TensorType) => Operation = floatOp('Softsign', (x) =>
  div(x, add(one, unary('abs', x))),
)

/** x where x > alpha, 0 elsewhere. Throws `CompileError` `graph/dtype` unless floating point. */
export const thresholdedReluOp = (operand: TensorType, { alpha }: { readonly alpha: number }): Operation =>
  floatOp('ThresholdedRelu', (x) => select(lt(f32(alpha), x), x, zero))(operand)

/**
 * x nearer to zero by `bias` where its magnitude is above `lambd`, 0 elsewhere. Throws `CompileError` `graph/dtype` unless
 * floating point.
 */
export const shrinkOp = (
  operand: TensorType,
  { lambd, bias }: { readonly lambd: number; readonly bias: number },
): Operation =>
  floatOp('Shrink', (x) =>
    select(lt(x, f32(-lambd)), add(x, f32(bias)), select(lt(f32(lambd), x), sub(x, f32(bias)), zero)),
  )(operand)

/** x where x >= 0, alpha·x elsewhere. Throws `CompileError` `graph/dtype` unless floating point. */
export const leakyReluOp = (operand: TensorType, { alpha }: { readonly alpha: number }): Operation =>
  floatOp('LeakyRelu', (x) => select(isNegative(x), mul(f32(alpha), x), x))(operand)

/** x where x >= 0, slope·x elsewhere; the slope is broadcast to x. Throws `CompileError` `graph/shape`, `graph/dtype`. */
export function preluOp(operand: TensorType, slope: TensorType): Operation {
  broadcastTo('PRelu', operand.shape, slope.shape)
  return elementwise('PRelu', [operand, slope], (x, factor) => {
    const value = defined(x, 'x')
    return select(isNegative(value), mul(defined(factor, 'slope'), value), value)
  })
}

/** alpha·x + beta, kept in 0..1. */
export const hardSigmoid = (x: Expr, alpha: number, beta: number): Expr =>
  binary('min', binary('max', add(mul(f32(alpha), x), f32(beta)), zero), one)

/** alpha·x + beta, kept in 0..1. Throws `CompileError` `graph/dtype` unless floating point. */
export const hardSigmoidOp = (
  operand: TensorType,
  { alpha, beta }: { readonly alpha: number; readonly beta: number },
): Operation => floatOp('HardSigmoid', (x) => hardSigmoid(x, alpha, beta))(operand)

/** x · min(max(x/6 + 1/2, 0), 1). Throws `CompileError` `graph/dtype` unless floating point. */
export const hardSwishOp: (operand: TensorType) => Operation = floatOp('HardSwish', (x) =>
  mul(x, hardSigmoid(x, 1 / 6, 0.5)),
)

/** ln(1 + eˣ), without overflow. */
export const softplus = (x: Expr): Expr =>
  add(binary('max', x, zero), log1p(unary('exp', unary('neg', unary('abs', x)))))

/** `softplus` of each element. Throws `CompileError` `graph/dtype` unless floating point. */
export const softplusOp: (operand: TensorType) => Operation = floatOp('Softplus', softplus)

/** x·Φ(x), or its approximation by tanh. Throws `CompileError` `graph/dtype` unless floating point. */
export const geluOp = (operand: TensorType, { approximate }: { readonly approximate: boolean }): Operation =>
  floatOp('Gelu', (x) => {
    const cubic = mul(f32(Math.sqrt(2 / Math.PI)), add(x, mul(f32(0.044715), mul(mul(x, x), x))))
    const twice = approximate ? unary('tanh', cubic) : unary('erf', mul(x, f32(Math.SQRT1_2)))
    return mul(mul(f32(0.5), x), add(one, twice))
  })(operand)

/** A bound of Clip: a number known when compiling, or an operand of shape []. */
export type ClipBound = number | TensorType | undefined

/**
 * min(max(x, low), high); a bound that is undefined does not bind. Operands are x and the bounds that are tensors.
 * Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function clipOp(
  operand: TensorType,
  { low, high }: { readonly low: ClipBound; readonly high: ClipBound },
): Operation {
  const operands = [low, high].filter((bound) => typeof bound === 'object')
  const other = operands.find((bound) => bound.shape.some((extent) => extent !== 1))
  if (other !== undefined)
    throw shapeError('Clip', `a bound has shape ${formatShape(other.shape)}`, 'bounds are scalars')
  const type = scalarType(operand)
  return elementwise('Clip', [operand, ...operands], (x, ...rest) => {
    const given = [...rest]
    const boundOf = (bound: ClipBound): Expr | undefined =>
      typeof bound === 'number' ? constant(type, bound) : bound && given.shift()
    const [least, most] = [boundOf(low), boundOf(high)]
    const value = defined(x, 'x')
    const raised = least === undefined ? value : binary('max', value, least)
    return most === undefined ? raised : binary('min', raised, most)
  })
}
