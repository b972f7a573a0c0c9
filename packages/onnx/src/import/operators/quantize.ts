/** Quantisation of ONNX: to integers and back, and products of quantised tensors. */
import {
  convIntegerOp,
  dequantizeLinearOp,
  dynamicQuantizeLinearOp,
  matmulIntegerOp,
  type Operation,
  type Parameter,
  type QuantizedDType,
  qLinearConvOp,
  qLinearMatmulOp,
  quantizeLinearOp,
  type ScaledOperand,
  type Tensor,
  type TensorDType,
} from '@tilewright/graph'
import { dataTypeOf } from '../../data-type.js'
import { dtypeGap, isGraphDType } from '../constant-data.js'
import type { NodeContext } from '../node-context.js'
import { apply, type Imported, type OnnxOperator, unary } from '../operator.js'
import { scalarOf } from '../scalar-of.js'
import { checkKernelShape } from './linear.js'
import { windowAttributes } from './window-attributes.js'

export const quantizeOperators: Readonly<Record<string, OnnxOperator>> = {
  QuantizeLinear: {
    import: (context) => {
      const dtype = quantizedDType(context, declaredDType(context) ?? context.optional(2)?.dtype ?? 'u8')
      return converted(context, dtype, (...operands) => quantizeLinearOp(...operands))
    },
  },
  DequantizeLinear: {
    import: (context) => {
      const dtype = declaredDType(context) ?? context.input(1).dtype
      return converted(context, dtype, (...operands) => dequantizeLinearOp(...operands))
    },
  },
  DynamicQuantizeLinear: unary((x) => dynamicQuantizeLinearOp(x)),
  MatMulInteger: {
    import: (context) => {
      const [a, b] = [context.input(0), context.input(1)]
      const [aZero, bZero] = [context.optional(2), context.optional(3)]
      const operation = matmulIntegerOp(
        { type: a, zeroPoint: optionalParameter(aZero) },
        { type: b, zeroPoint: optionalParameter(bZero) },
      )
      return applied(operation, [a, b], [aZero, bZero])
    },
  },
  ConvInteger: {
    import: (context) => {
      const [x, w] = [context.input(0), context.input(1)]
      const [xZero, wZero] = [context.optional(2), context.optional(3)]
      const operation = convIntegerOp(
        { type: x, zeroPoint: optionalParameter(xZero) },
        { type: w, zeroPoint: optionalParameter(wZero) },
        convAttributes(context, x, w),
      )
      return applied(operation, [x, w], [xZero, wZero])
    },
  },
  QLinearMatMul: {
    import: (context) => {
      const { left, right, result, parameters } = scaledOperands(context)
      return applied(qLinearMatmulOp(left, right, result), [context.input(0), context.input(3)], parameters)
    },
  },
  QLinearConv: {
    import: (context) => {
      const [x, w, bias] = [context.input(0), context.input(3), context.optional(8)]
      const { left, right, result, parameters } = scaledOperands(context)
      const operation = qLinearConvOp(left, right, bias, result, convAttributes(context, x, w))
      return applied(operation, [x, w, bias], parameters)
    },
  },
}

/** A parameter as a number where it is one that is known when compiling. */
const parameter = (tensor: Tensor): Parameter => scalarOf(tensor) ?? tensor

const optionalParameter = (tensor: Tensor | undefined): Parameter | undefined =>
  tensor === undefined ? undefined : parameter(tensor)

/** An operation on tensors and those of its parameters that are no numbers. */
function applied(
  operation: Operation,
  tensors: readonly (Tensor | undefined)[],
  parameters: readonly (Tensor | undefined)[],
): Imported {
  const operands = parameters.filter((tensor) => tensor !== undefined && typeof parameter(tensor) === 'object')
  return apply(operation, [...tensors, ...operands])
}

function converted<T extends TensorDType>(
  context: NodeContext,
  dtype: T,
  operation: (
    x: Tensor,
    scale: Parameter,
    zeroPoint: Parameter | undefined,
    attributes: { readonly axis: number; readonly blockSize: number; readonly dtype: T },
  ) => Operation,
): Imported {
  const [x, scale, zeroPoint] = [context.input(0), context.input(1), context.optional(2)]
  const attributes = { axis: context.int('axis', 1), blockSize: context.int('block_size', 0), dtype }
  return applied(operation(x, parameter(scale), optionalParameter(zeroPoint), attributes), [x], [scale, zeroPoint])
}

/** The element type that the attribute `output_dtype` names; 0 stands for none. Throws `UnsupportedError` `onnx/dtype`. */
function declaredDType(context: NodeContext): TensorDType | undefined {
  const dtype = dataTypeOf(context.int('output_dtype', 0))
  if (dtype === undefined || isGraphDType(dtype)) return dtype
  throw dtypeGap(dtype, context.where)
}

/** Throws `UnsupportedError` `onnx/dtype` for other types than int8 and uint8. */
function quantizedDType(context: NodeContext, dtype: TensorDType): QuantizedDType {
  if (dtype === 'i8' || dtype === 'u8') return dtype
  throw dtypeGap(dtype, context.where)
}

/** The operands of QLinearMatMul and QLinearConv, and their parameters in the order of the operations' inputs. */
function scaledOperands(context: NodeContext) {
  const operand = (first: number): ScaledOperand => ({
    type: context.input(first),
    scale: parameter(context.input(first + 1)),
    zeroPoint: parameter(context.input(first + 2)),
  })
  const [scale, zeroPoint] = [context.input(6), context.input(7)]
  return {
    left: operand(0),
    right: operand(3),
    result: {
      dtype: quantizedDType(context, zeroPoint.dtype),
      scale: parameter(scale),
      zeroPoint: parameter(zeroPoint),
    },
    parameters: [context.input(2), context.input(5), context.input(1), context.input(4), scale, zeroPoint],
  }
}

function convAttributes(context: NodeContext, x: Tensor, w: Tensor) {
  checkKernelShape(context, w)
  return { ...windowAttributes(context, Math.max(0, x.shape.length - 2)), group: context.int('group', 1) }
}
