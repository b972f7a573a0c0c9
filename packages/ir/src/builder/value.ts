/** Authoring handles over expressions: sugar that is never stored in the IR. */
import { checkScalarType, type ScalarType } from '../dtype.js'
import { CompileError } from '../errors.js'
import { add, type BinaryOp, binary, cast, constant, type Expr, select, sizeValue, unary } from '../expr.js'
import type { SizeExpr } from '../size.js'

/** What an operand may be: a handle, an expression, a number or boolean of the other operand's type, a size. */
export type Operand = Value | Expr | SizeExpr | boolean

/** An expression with methods. `v.add(1).mul(w)` builds `(v + 1) * w`. */
export interface Value {
  readonly expr: Expr
  readonly add: (other: Operand) => Value
  readonly sub: (other: Operand) => Value
  readonly mul: (other: Operand) => Value
  readonly div: (other: Operand) => Value
  readonly mod: (other: Operand) => Value
  readonly min: (other: Operand) => Value
  readonly max: (other: Operand) => Value
  readonly lt: (other: Operand) => Value
  readonly le: (other: Operand) => Value
  readonly gt: (other: Operand) => Value
  readonly ge: (other: Operand) => Value
  readonly eq: (other: Operand) => Value
  readonly ne: (other: Operand) => Value
  readonly and: (other: Operand) => Value
  readonly or: (other: Operand) => Value
  readonly bitAnd: (other: Operand) => Value
  readonly bitXor: (other: Operand) => Value
  readonly shl: (other: Operand) => Value
  readonly shr: (other: Operand) => Value
  readonly not: () => Value
  readonly neg: () => Value
  readonly exp: () => Value
  readonly tanh: () => Value
  readonly cast: (dtype: ScalarType) => Value
  /** `this ? then : otherwise`; this is a bool. */
  readonly select: (then: Operand, otherwise: Operand) => Value
  /** Throws `CompileError` `ir/operand`: JavaScript's own operators, and its conditions, see no values. */
  readonly [Symbol.toPrimitive]: () => never
}

/** The expression of an operand; a bare number takes the type `like`. Throws `CompileError` `ir/operand` for what is none. */
export function toExpr(operand: Operand, like: ScalarType): Expr {
  if (typeof operand === 'number' || typeof operand === 'boolean') return constant(like, operand)
  // Authors without types may pass anything: a buffer's handle, most likely.
  if (typeof operand !== 'object' || operand === null || !('kind' in operand || 'expr' in operand)) {
    throw new CompileError({
      code: 'ir/operand',
      message: `an operand is ${typeof operand === 'object' ? 'an object without a value' : String(operand)}`,
      help: 'pass a value, an expression, a size, a number or a boolean; at(…) reads the value of a buffer',
    })
  }
  if (!('kind' in operand)) return operand.expr
  // A size parameter and a size expression node share the tag 'size'; only the latter carries a dtype.
  if (operand.kind === 'size-op' || (operand.kind === 'size' && !('dtype' in operand))) return sizeValue(operand)
  return operand
}

function refuseOperator(): never {
  throw new CompileError({
    code: 'ir/operand',
    message: "one of JavaScript's operators or functions is applied to a value of the kernel",
    help: 'a value is known when the kernel runs: write x.mul(2) for x * 2, x.lt(y) for x < y, g.if(x.lt(y), …) for if',
  })
}

/** Wraps an expression in a handle. */
export function value(expr: Expr): Value {
  const op =
    (name: BinaryOp) =>
    (other: Operand): Value =>
      value(binary(name, expr, toExpr(other, expr.dtype)))
  const flipped =
    (name: BinaryOp) =>
    (other: Operand): Value =>
      value(binary(name, toExpr(other, expr.dtype), expr))
  return {
    expr,
    add: (other) => value(add(expr, toExpr(other, expr.dtype))),
    sub: op('sub'),
    mul: op('mul'),
    div: op('div'),
    mod: op('mod'),
    min: op('min'),
    max: op('max'),
    lt: op('lt'),
    le: op('le'),
    gt: flipped('lt'),
    ge: flipped('le'),
    eq: op('eq'),
    ne: op('ne'),
    and: op('and'),
    or: op('or'),
    bitAnd: op('bit-and'),
    bitXor: op('bit-xor'),
    shl: op('shl'),
    shr: op('shr'),
    not: () => value(unary('not', expr)),
    [Symbol.toPrimitive]: refuseOperator,
    neg: () => value(unary('neg', expr)),
    exp: () => value(unary('exp', expr)),
    tanh: () => value(unary('tanh', expr)),
    cast: (dtype) => {
      checkScalarType('a cast', dtype)
      return value(cast(dtype, expr))
    },
    select: (then, otherwise) => {
      const like = typeOf(then) ?? typeOf(otherwise) ?? 'f32'
      return value(select(expr, toExpr(then, like), toExpr(otherwise, like)))
    },
  }
}

function typeOf(operand: Operand): ScalarType | undefined {
  if (typeof operand === 'number') return undefined
  if (typeof operand === 'boolean') return 'bool'
  return toExpr(operand, 'i32').dtype
}
