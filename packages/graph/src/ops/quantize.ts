/** To quantised integers and back: QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear. */
import {
  binary,
  buffer,
  CompileError,
  cast,
  compute,
  constant,
  defined,
  div,
  load,
  mul,
  reduce,
  select,
  sub,
  unary,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { isFloat, type TensorDType, type TensorType } from '../tensor.js'
import {
  centered,
  expectQuantized,
  expectZeroPoint,
  type Parameter,
  placedInBlocks,
  type QuantizedDType,
  readersOf,
  saturated,
} from './quantization.js'

export interface QuantizeAttributes<T> {
  /** The dimension that lists of parameters run along. */
  readonly axis: number
  /** Elements along the axis that share a parameter; 0 where parameters are one or a list. */
  readonly blockSize: number
  /** Element type of the result. */
  readonly dtype: T
}

/**
 * QuantizeLinear (ONNX): saturate(round(x / scale) + zeroPoint), halves to even. Parameters are one element, a list along
 * `axis`, or one a block. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function quantizeLinearOp(
  x: TensorType,
  scale: Parameter,
  zeroPoint: Parameter | undefined,
  attributes: QuantizeAttributes<QuantizedDType>,
): Operation {
  const { dtype } = attributes
  const name = 'QuantizeLinear'
  if (!isFloat(x) && x.dtype !== 'i32') {
    throw new CompileError({ code: 'graph/dtype', message: `${name} is not defined on ${x.dtype}` })
  }
  expectZeroPoint(name, zeroPoint, dtype)
  const { parameters, equalSizes } = parametersOf(name, x, scale, zeroPoint, attributes)
  return {
    name,
    outputs: [{ dtype, shape: x.shape }],
    equalSizes,
    define: ([source, ...operands], [output]) => {
      const [scaleAt, zeroAt] = readersOf(parameters, operands)
      return [
        compute(defined(output, 'one output'), (...axes) => {
          const value = cast('f32', load(defined(source, 'x'), axes))
          return saturated(div(value, cast('f32', defined(scaleAt, 'a scale')(axes))), zeroAt?.(axes), dtype)
        }),
      ]
    },
  }
}

/**
 * DequantizeLinear (ONNX): (x - zeroPoint) · scale, of int8, uint8 or int32. Parameters are as those of QuantizeLinear.
 * Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function dequantizeLinearOp(
  x: TensorType,
  scale: Parameter,
  zeroPoint: Parameter | undefined,
  attributes: QuantizeAttributes<TensorDType>,
): Operation {
  const name = 'DequantizeLinear'
  if (x.dtype !== 'i32') expectQuantized(name, x)
  expectZeroPoint(name, zeroPoint, x.dtype)
  const { parameters, equalSizes } = parametersOf(name, x, scale, zeroPoint, attributes)
  const result = { dtype: attributes.dtype, shape: x.shape }
  if (!isFloat(result)) {
    throw new CompileError({ code: 'graph/dtype', message: `${name} does not give ${result.dtype}` })
  }
  return {
    name,
    outputs: [result],
    equalSizes,
    define: ([source, ...operands], [output]) => {
      const [scaleAt, zeroAt] = readersOf(parameters, operands)
      return [
        compute(defined(output, 'one output'), (...axes) => {
          const steps = centered(load(defined(source, 'x'), axes), zeroAt?.(axes))
          return mul(cast('f32', steps), cast('f32', defined(scaleAt, 'a scale')(axes)))
        }),
      ]
    },
  }
}

function parametersOf(
  name: string,
  { shape }: TensorType,
  scale: Parameter,
  zeroPoint: Parameter | undefined,
  attributes: { readonly axis: number; readonly blockSize: number },
) {
  const ofScale = placedInBlocks(name, scale, shape, attributes)
  const ofZero = zeroPoint === undefined ? undefined : placedInBlocks(name, zeroPoint, shape, attributes)
  return {
    parameters: [ofScale, ofZero],
    equalSizes: [...ofScale.equalSizes, ...(ofZero?.equalSizes ?? [])],
  }
}

/**
 * DynamicQuantizeLinear (ONNX): quantises to uint8 by a scale and a zero point that fit the elements and zero; both are
 * results too. Where all elements are zero, ONNX divides by zero: the scale is 1 then. Throws `CompileError` `graph/dtype`.
 */
export function dynamicQuantizeLinearOp(x: TensorType): Operation {
  if (x.dtype !== 'f32') {
    throw new CompileError({ code: 'graph/dtype', message: `DynamicQuantizeLinear is not defined on ${x.dtype}` })
  }
  const steps = constant('f32', 255)
  const zero = constant('f32', 0)
  return {
    name: 'DynamicQuantizeLinear',
    outputs: [
      { dtype: 'u8', shape: x.shape },
      { dtype: 'f32', shape: [] },
      { dtype: 'u8', shape: [] },
    ],
    define: ([source], [output, scaleOut, zeroOut]) => {
      const [input, y, scale, zeroPoint] = [
        defined(source, 'x'),
        defined(output, 'y'),
        defined(scaleOut, 'the scale'),
        defined(zeroOut, 'the zero point'),
      ]
      const bound = (name: 'min' | 'max') => {
        const result = buffer(name, 'f32', [], 'storage')
        // Zero is always in the range, so that it is neutral.
        const fold = reduce({
          outputs: [result],
          domain: x.shape.map((extent, d) => ({ hint: `k${d}`, extent })),
          identity: [zero],
          value: (_, at) => [load(input, at)],
          combine: ([left], [right]) => [binary(name, defined(left, 'left'), defined(right, 'right'))],
          commutative: true,
        })
        return { result, fold }
      }
      const [low, high] = [bound('min'), bound('max')]
      return [
        low.fold,
        high.fold,
        compute(scale, () => {
          const range = sub(load(high.result, []), load(low.result, []))
          return select(binary('eq', range, zero), constant('f32', 1), div(range, steps))
        }),
        compute(zeroPoint, () => saturated(div(unary('neg', load(low.result, [])), load(scale, [])), undefined, 'u8')),
        compute(y, (...axes) => saturated(div(load(input, axes), load(scale, [])), load(zeroPoint, []), 'u8')),
      ]
    },
  }
}
