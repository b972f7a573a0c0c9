/**
 * Products of quantised tensors: MatMulInteger, ConvInteger, QLinearMatMul, QLinearConv. Each is the product of the
 * operands, less their zero points, in i32, and what scales it back: the product is that of other matrices or windows, so
 * that whatever schedules those schedules these.
 */
import { type Buffer, buffer, type Compute, cast, compute, defined, div, load, mul } from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { type ConvAttributes, convOp } from './conv.js'
import { matmulOp } from './matmul.js'
import {
  centered,
  expectQuantized,
  expectZeroPoint,
  type Parameter,
  type Placed,
  placed,
  type QuantizedDType,
  type Read,
  readersOf,
  saturated,
} from './quantization.js'

/** A quantised operand of a product. */
export interface QuantizedOperand {
  readonly type: TensorType
  readonly zeroPoint: Parameter | undefined
}

export interface ScaledOperand extends QuantizedOperand {
  readonly scale: Parameter
}

/** How a result is scaled back. */
export interface ScaledResult {
  readonly dtype: QuantizedDType
  readonly scale: Parameter
  readonly zeroPoint: Parameter | undefined
}

const asInteger = ({ shape }: TensorType): TensorType => ({ dtype: 'i32', shape })

/**
 * MatMulInteger (ONNX): the product of two matrices less their zero points, in int32. Zero points are one element, or one
 * a row of `a` and a column of `b`. Inputs: a, b, and the zero points that are operands. Throws `CompileError`
 * `graph/shape`, `graph/dtype`.
 */
export function matmulIntegerOp(a: QuantizedOperand, b: QuantizedOperand): Operation {
  const inner = matmulOp(asInteger(a.type), asInteger(b.type))
  return productLessZeroPoints('MatMulInteger', inner, [a, b], [-2, -1])
}

/**
 * ConvInteger (ONNX): the convolution of x less its zero point with w less its own (one element, or one a feature), in
 * int32; what pads x is its zero point. Inputs: x, w, and the zero points that are operands. Throws `CompileError`
 * `graph/shape`, `graph/dtype`.
 */
export function convIntegerOp(x: QuantizedOperand, w: QuantizedOperand, attributes: ConvAttributes): Operation {
  const inner = convOp(asInteger(x.type), asInteger(w.type), undefined, attributes)
  return productLessZeroPoints('ConvInteger', inner, [x, w], [1, 0])
}

/**
 * QLinearMatMul (ONNX): the product of two quantised matrices, quantised. Parameters are one element, or one a row of `a`
 * and of the result, and a column of `b`. Inputs: a, b, the zero points of both, the scales of both, scale and zero point
 * of the result; of the parameters those that are operands. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function qLinearMatmulOp(a: ScaledOperand, b: ScaledOperand, y: ScaledResult): Operation {
  const name = 'QLinearMatMul'
  const inner = productLessZeroPoints(name, matmulOp(asInteger(a.type), asInteger(b.type)), [a, b], [-2, -1])
  const row = b.type.shape.length === 1 ? -1 : -2
  return scaledBack(name, inner, 2 + operandCount([a, b]), [a.scale, b.scale], y, [row, -1, row])
}

/**
 * QLinearConv (ONNX): the convolution of quantised tensors, quantised. Parameters are one element, those of w also one a
 * feature; the bias is int32, in steps of both scales. Inputs: x, w, the bias, then parameters as those of QLinearMatMul.
 * Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function qLinearConvOp(
  x: ScaledOperand,
  w: ScaledOperand,
  bias: TensorType | undefined,
  y: ScaledResult,
  attributes: ConvAttributes,
): Operation {
  const name = 'QLinearConv'
  const extra = bias === undefined ? 0 : 1
  const convolution = convOp(asInteger(x.type), asInteger(w.type), bias, attributes)
  const inner = productLessZeroPoints(name, convolution, [x, w], [1, 0], extra)
  return scaledBack(name, inner, 2 + extra + operandCount([x, w]), [x.scale, w.scale], y, [1, 1, 1])
}

const operandCount = (operands: readonly QuantizedOperand[]): number =>
  operands.filter(({ zeroPoint }) => typeof zeroPoint === 'object').length

/**
 * `inner`, a product of i32 tensors and `extra` others, of quantised tensors less their zero points. Zero points in a list
 * run along `axes` of the tensors.
 */
function productLessZeroPoints(
  name: string,
  inner: Operation,
  operands: readonly [QuantizedOperand, QuantizedOperand],
  axes: readonly [number, number],
  extra = 0,
): Operation {
  const zeroPoints = operands.map(({ type, zeroPoint }, i): Placed | undefined => {
    expectZeroPoint(name, zeroPoint, expectQuantized(name, type))
    return zeroPoint === undefined ? undefined : placed(name, zeroPoint, type.shape, axes[i] ?? 0)
  })
  return {
    name,
    outputs: inner.outputs,
    equalSizes: [...(inner.equalSizes ?? []), ...zeroPoints.flatMap((one) => one?.equalSizes ?? [])],
    define: ([left, right, ...others], outputs) => {
      const readers = readersOf(zeroPoints, others.slice(extra))
      const factors = [defined(left, 'the left operand'), defined(right, 'the right operand')].map((operand, i) =>
        lessZeroPoint(operand, readers[i]),
      )
      const wholes = factors.map(({ output }) => output)
      return [...factors, ...inner.define([...wholes, ...others.slice(0, extra)], outputs)]
    },
  }
}

function lessZeroPoint(operand: Buffer, zeroPoint: Read | undefined): Compute {
  const whole = buffer(operand.hint, 'i32', operand.shape, 'storage')
  return compute(whole, (...axes) => centered(load(operand, axes), zeroPoint?.(axes)))
}

/** `inner`, which takes `innerCount` inputs and gives int32, times both scales and quantised. */
function scaledBack(
  name: string,
  inner: Operation,
  innerCount: number,
  scales: readonly [Parameter, Parameter],
  { dtype, scale, zeroPoint }: ScaledResult,
  axes: readonly [left: number, right: number, result: number],
): Operation {
  expectZeroPoint(name, zeroPoint, dtype)
  const { shape } = defined(inner.outputs[0], 'a product')
  const place = (parameter: Parameter, axis: number): Placed => placed(name, parameter, shape, axis)
  const parameters = [
    place(scales[0], axes[0]),
    place(scales[1], axes[1]),
    place(scale, axes[2]),
    zeroPoint === undefined ? undefined : place(zeroPoint, axes[2]),
  ]
  return {
    name,
    outputs: [{ dtype, shape }],
    equalSizes: [...(inner.equalSizes ?? []), ...parameters.flatMap((one) => one?.equalSizes ?? [])],
    define: (inputs, [output]) => {
      const [left, right, result, zero] = readersOf(parameters, inputs.slice(innerCount))
      const sums = buffer('sums', 'i32', shape, 'storage')
      const quantised = compute(defined(output, 'one output'), (...at) => {
        const of = (read: Read | undefined) => cast('f32', defined(read, 'a scale')(at))
        const factor = div(mul(of(left), of(right)), of(result))
        return saturated(mul(cast('f32', load(sums, at)), factor), zero?.(at), dtype)
      })
      return [...inner.define(inputs.slice(0, innerCount), [sums]), quantised]
    },
  }
}
