/** Arithmetic, comparisons, logic and conversion of ONNX: elementwise, operands broadcast. Functions are in functions.ts. */
import {
  addOp,
  andOp,
  castOp,
  divOp,
  equalOp,
  greaterOp,
  greaterOrEqualOp,
  identityOp,
  isFloat,
  lessOp,
  lessOrEqualOp,
  maxOp,
  meanOp,
  minOp,
  modOp,
  mulOp,
  notOp,
  type Operation,
  orOp,
  powOp,
  subOp,
  sumOp,
  type Tensor,
  type TensorDType,
  type TensorType,
  whereOp,
  xorOp,
} from '@tilewright/graph'
import { dtypeAttribute } from '../dtype-attribute.js'
import { apply, binary, type Imported, type OnnxOperator, unary } from '../operator.js'
import { scalarOf } from '../scalar-of.js'

const variadic = (operation: (...operands: readonly TensorType[]) => Operation): OnnxOperator => ({
  import: (context) => {
    const operands = [context.input(0), ...context.inputs().slice(1)]
    return apply(operation(...operands), operands)
  },
})

/** The exponent, where it is a constant that makes the definition simpler. */
function knownExponent(base: Tensor, exponent: Tensor): number | undefined {
  // A constant of higher rank would add dimensions to the result.
  const known = exponent.shape.length > base.shape.length ? undefined : scalarOf(exponent)
  // Large powers of integers are exact as products only.
  return known !== undefined && (isFloat(base) || [0, 1, 2, 3].includes(known)) ? known : undefined
}

const converted = (value: Tensor, dtype: TensorDType): Imported =>
  value.dtype === dtype ? { kind: 'tensors', tensors: [value] } : apply(castOp(value, dtype), [value])

export const elementwiseOperators: Readonly<Record<string, OnnxOperator>> = {
  Add: binary(addOp),
  Sub: binary(subOp),
  Mul: binary(mulOp),
  Div: binary(divOp),
  Mod: {
    import: (context) => {
      const operands = [context.input(0), context.input(1)] as const
      return apply(modOp(...operands, { truncated: context.int('fmod', 0) !== 0 }), operands)
    },
  },
  Max: variadic(maxOp),
  Min: variadic(minOp),
  Sum: variadic(sumOp),
  Mean: variadic(meanOp),
  Identity: unary(identityOp),
  Pow: {
    import: (context) => {
      const [base, exponent] = [context.input(0), context.input(1)]
      const known = knownExponent(base, exponent)
      return known === undefined ? apply(powOp(base, exponent), [base, exponent]) : apply(powOp(base, known), [base])
    },
  },
  Equal: binary(equalOp),
  Less: binary(lessOp),
  LessOrEqual: binary(lessOrEqualOp),
  Greater: binary(greaterOp),
  GreaterOrEqual: binary(greaterOrEqualOp),
  And: binary(andOp),
  Or: binary(orOp),
  Xor: binary(xorOp),
  Not: unary(notOp),
  Where: {
    import: (context) => {
      const operands = [context.input(0), context.input(1), context.input(2)] as const
      return apply(whereOp(...operands), operands)
    },
  },
  Cast: { import: (context) => converted(context.input(0), dtypeAttribute(context, 'to')) },
  CastLike: { import: (context) => converted(context.input(0), context.input(1).dtype) },
}
