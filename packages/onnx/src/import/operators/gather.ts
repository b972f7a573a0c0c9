/** Operators of ONNX that choose elements by index, and those that follow from positions alone. */
import {
  type CumulateAttributes,
  constantOfShapeOp,
  cumProdOp,
  cumSumOp,
  eyeLikeOp,
  gatherElementsOp,
  gatherNdOp,
  gatherOp,
  type Operation,
  oneHotOp,
  rangeOp,
  type TensorType,
  triluOp,
} from '@tilewright/graph'
import { elementCount, UnsupportedError } from '@tilewright/ir'
import { constantData } from '../constant-data.js'
import { dtypeAttribute } from '../dtype-attribute.js'
import { hostScalar } from '../host-scalar.js'
import { elementOf, saturated } from '../host-values/host-element.js'
import { elementReader } from '../host-values/known-tensor.js'
import type { NodeContext } from '../node-context.js'
import { apply, type Imported, type OnnxOperator } from '../operator.js'
import { invalid } from '../scope.js'

export const gatherOperators: Readonly<Record<string, OnnxOperator>> = {
  Gather: {
    import: (context) => {
      const axis = context.int('axis', 0)
      checkIndices(context, axis)
      return chosen(context, (data, indices) => gatherOp(data, indices, { axis }))
    },
  },
  GatherElements: {
    import: (context) => {
      const axis = context.int('axis', 0)
      checkIndices(context, axis)
      return chosen(context, (data, indices) => gatherElementsOp(data, indices, { axis }))
    },
  },
  GatherND: {
    import: (context) =>
      chosen(context, (data, indices) => gatherNdOp(data, indices, { batchDims: context.int('batch_dims', 0) })),
  },
  ConstantOfShape: {
    hostInputs: [0],
    import: (context) => {
      const given = context.attribute('value')
      const data = given?.kind === 'tensor' ? constantData(given.value, context.where) : undefined
      const element = data === undefined ? 0 : elementOf(data, 0)
      if (element === undefined) {
        const what = `ConstantOfShape of ${data?.dtype}`
        throw new UnsupportedError({ code: 'onnx/operator', message: `${what} is not supported`, where: context.where })
      }
      const type = { dtype: data?.dtype ?? 'f32', shape: context.hostSizes(0) }
      const isInt64 = data?.dtype === 'i64' && typeof element === 'bigint'
      const number = isInt64 ? saturated(element) : Number(element)
      const value = typeof element === 'boolean' ? element : number
      return apply(constantOfShapeOp(type, { value }), [])
    },
  },
  Range: {
    hostInputs: [0, 1, 2],
    import: (context) => {
      const [start, limit, delta] = [hostScalar(context, 0), hostScalar(context, 1), hostScalar(context, 2)]
      if (typeof delta !== 'number') {
        const message = 'Range with a symbolic delta is not supported'
        throw new UnsupportedError({ code: 'onnx/operator', message, where: context.where })
      }
      return apply(rangeOp({ dtype: context.input(0).dtype, start, limit, delta }), [])
    },
  },
  Trilu: {
    hostInputs: [1],
    import: (context) => {
      const data = context.input(0)
      const k = context.optional(1) === undefined ? 0 : (context.hostInts(1)[0] ?? 0)
      return apply(triluOp(data, { k, upper: context.int('upper', 1) !== 0 }), [data])
    },
  },
  OneHot: {
    hostInputs: [1],
    import: (context) => {
      const [indices, values] = [context.input(0), context.input(2)]
      const depth = hostScalar(context, 1)
      return apply(oneHotOp(indices, values, { axis: context.int('axis', -1), depth }), [indices, values])
    },
  },
  CumSum: { hostInputs: [1], import: (context) => cumulated(context, cumSumOp) },
  CumProd: { hostInputs: [1], import: (context) => cumulated(context, cumProdOp) },
  EyeLike: {
    import: (context) => {
      const { dtype, shape } = context.input(0)
      const type = { dtype: dtypeAttribute(context, 'dtype', dtype), shape }
      return apply(eyeLikeOp(type, { k: context.int('k', 0) }), [])
    },
  },
}

function cumulated(
  context: NodeContext,
  operation: (x: TensorType, attributes: CumulateAttributes) => Operation,
): Imported {
  const data = context.input(0)
  const attributes = {
    axis: context.hostInts(1)[0] ?? 0,
    exclusive: context.int('exclusive', 0) !== 0,
    reverse: context.int('reverse', 0) !== 0,
  }
  return apply(operation(data, attributes), [data])
}

function chosen(context: NodeContext, operation: (data: TensorType, indices: TensorType) => Operation): Imported {
  const operands = [context.input(0), context.input(1)] as const
  return apply(operation(...operands), operands)
}

/** Throws `CompileError` `onnx/index` for an index that is known now, and outside of the dimension along `axis`. */
function checkIndices(context: NodeContext, axis: number): void {
  const [data, indices] = [context.input(0), context.input(1)]
  const [extent, count, elementAt] = [data.shape.at(axis), elementCount(indices.shape), elementReader(indices)]
  if (typeof extent !== 'number' || typeof count !== 'number' || elementAt === undefined) return
  for (let i = 0; i < count; i++) {
    const index = elementAt(i)
    if (typeof index !== 'bigint' || (index >= -extent && index < extent)) continue
    const { opType } = context.node
    throw invalid('onnx/index', `index ${index} of ${opType} is not in a dimension of ${extent}`, context.where)
  }
}
