/** Authoring handles over expressions: sugar that is never stored in the IR. */
import { describe } from '../arguments.js'
import { checkArgument } from '../check-arguments.js'
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
  readonly abs: () => Value
  /** Functions of an f32, as `unary` has them; `value(unary('atan', x.expr))` is one of the others. */
  readonly exp: () => Value
  readonly log: () => Value
  readonly sqrt: () => Value
  readonly sin: () => Value
  readonly cos: () => Value
  readonly tanh: () => Value
  readonly erf: () => Value
  readonly floor: () => Value
  readonly ceil: () => Value
  readonly round: () => Value
  readonly pow: (exponent: Operand) => Value
  readonly cast: (dtype: ScalarType) => Value
  /** `this ? then : otherwise`; this is a bool. */
  readonly select: (then: Operand, otherwise: Operand) => Value
  /** Throws `CompileError` `ir/operand`: JavaScript's own operators, and its conditions, see no values. */
  readonly [Symbol.toPrimitive]: () => never
}

/** The expression of an operand; a bare number takes the type `like`. Throws `CompileError` `ir/operand` for what is none. */
export function toExpr(operand: Operand, like: ScalarType): Expr {
  if (typeof operand === 'number' || typeof operand === 'boolean') return authorsConstant(like, operand)
  // Authors without types may pass anything: a buffer's handle, most likely.
  if (typeof operand !== 'object' || operand === null || !('kind' in operand || 'expr' in operand)) {
    throw new CompileError({
      code: 'ir/operand',
      message: `an operand is ${describe(operand)}`,
      help: 'pass a value, an expression, a size, a number or a boolean; at(…) reads the value of a buffer',
    })
  }
  if (!('kind' in operand)) return operand.expr
  // A size parameter and a size expression node share the tag 'size'; only the latter carries a dtype.
  if (operand.kind === 'size-op' || (operand.kind === 'size' && !('dtype' in operand))) return sizeValue(operand)
  return operand
}

/** Throws `CompileError` `ir/type` for a number that no 32 bits hold: arithmetic wraps, but nobody writes what it wraps from. */
export function authorsConstant(dtype: ScalarType, of: number | boolean): Expr {
  const isHeld = dtype === 'f32' || dtype === 'bool' || (Number(of) >= -(2 ** 31) && Number(of) < 2 ** 32)
  const help = 'write a whole number from -2^31 to 2^32 - 1'
  checkArgument(isHeld || Number.isNaN(of), 'ir/type', `a constant of ${dtype} has 32 bits`, of, help)
  return constant(dtype, of)
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
  return new Handle(expr)
}

/** A class, whose methods all values share: a kernel is built of thousands of them. */
class Handle implements Value {
  readonly expr: Expr

  constructor(expr: Expr) {
    this.expr = expr
  }

  add(other: Operand): Value {
    return value(add(this.expr, this.#like(other)))
  }
  sub(other: Operand): Value {
    return this.#with('sub', other)
  }
  mul(other: Operand): Value {
    return this.#with('mul', other)
  }
  div(other: Operand): Value {
    return this.#with('div', other)
  }
  mod(other: Operand): Value {
    return this.#with('mod', other)
  }
  min(other: Operand): Value {
    return this.#with('min', other)
  }
  max(other: Operand): Value {
    return this.#with('max', other)
  }
  pow(exponent: Operand): Value {
    return this.#with('pow', exponent)
  }
  lt(other: Operand): Value {
    return this.#with('lt', other)
  }
  le(other: Operand): Value {
    return this.#with('le', other)
  }
  gt(other: Operand): Value {
    return value(binary('lt', this.#like(other), this.expr))
  }
  ge(other: Operand): Value {
    return value(binary('le', this.#like(other), this.expr))
  }
  eq(other: Operand): Value {
    return this.#with('eq', other)
  }
  ne(other: Operand): Value {
    return this.#with('ne', other)
  }
  and(other: Operand): Value {
    return this.#with('and', other)
  }
  or(other: Operand): Value {
    return this.#with('or', other)
  }
  bitAnd(other: Operand): Value {
    return this.#with('bit-and', other)
  }
  bitXor(other: Operand): Value {
    return this.#with('bit-xor', other)
  }
  shl(other: Operand): Value {
    return this.#with('shl', other)
  }
  shr(other: Operand): Value {
    return this.#with('shr', other)
  }
  not(): Value {
    return value(unary('not', this.expr))
  }
  neg(): Value {
    return value(unary('neg', this.expr))
  }
  abs(): Value {
    return value(unary('abs', this.expr))
  }
  exp(): Value {
    return value(unary('exp', this.expr))
  }
  log(): Value {
    return value(unary('log', this.expr))
  }
  sqrt(): Value {
    return value(unary('sqrt', this.expr))
  }
  sin(): Value {
    return value(unary('sin', this.expr))
  }
  cos(): Value {
    return value(unary('cos', this.expr))
  }
  tanh(): Value {
    return value(unary('tanh', this.expr))
  }
  erf(): Value {
    return value(unary('erf', this.expr))
  }
  floor(): Value {
    return value(unary('floor', this.expr))
  }
  ceil(): Value {
    return value(unary('ceil', this.expr))
  }
  round(): Value {
    return value(unary('round', this.expr))
  }
  cast(dtype: ScalarType): Value {
    checkScalarType('a cast', dtype)
    return value(cast(dtype, this.expr))
  }
  select(then: Operand, otherwise: Operand): Value {
    const like = typeOf(then) ?? typeOf(otherwise) ?? 'f32'
    return value(select(this.expr, toExpr(then, like), toExpr(otherwise, like)))
  }
  [Symbol.toPrimitive](): never {
    return refuseOperator()
  }

  #like(other: Operand): Expr {
    return toExpr(other, this.expr.dtype)
  }
  #with(op: BinaryOp, other: Operand): Value {
    return value(binary(op, this.expr, this.#like(other)))
  }
}

function typeOf(operand: Operand): ScalarType | undefined {
  if (typeof operand === 'number') return undefined
  if (typeof operand === 'boolean') return 'bool'
  return toExpr(operand, 'i32').dtype
}
