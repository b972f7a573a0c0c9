/**
 * Expressions. They have no side effects and give one scalar; `Stmt` has effects and gives none.
 *
 * Semantics. An expression is evaluated anew each time the statement that holds it executes; a load reads memory as it
 * is at that moment. `let` is how a value is kept.
 *
 * - `i32` and `u32` arithmetic wraps modulo 2^32. `div` truncates towards zero and `mod` has the sign of the dividend
 *   (i32 minimum / -1 wraps to the minimum, its `mod` is 0). Division by zero is an error in the simulator and
 *   unspecified on a device. `shl` and `shr` use the low five bits of the right operand; `shr` of an i32 keeps its sign.
 * - `f32` is IEEE 754 binary32, each operation rounded once; a device may fuse a multiply with an add, and divides to
 *   within 2.5 units in the last place. The sign of a zero is unspecified, and so are `min`, `max` and comparisons of
 *   NaN (`ne(x, x)` included) and its cast. `mod` is not defined on f32.
 * - Non-finite constants are legal here; backends whose language cannot write them pass them as scalars.
 * - `and`, `or` and `select` evaluate only what they need: a load in the arm not taken may be out of bounds. Backends
 *   whose language evaluates both arms must make such a load harmless.
 * - `cast` f32 to integer truncates and clamps to the type's range (NaN unspecified); integer to f32 rounds to
 *   nearest even; i32 and u32 reinterpret; to bool is `!= 0`; bool becomes 0 or 1.
 * - `bitcast` is the value of another 32-bit type with the same bits; which NaN a NaN becomes is unspecified. It is how NaN
 *   and infinities are told apart: languages may take for granted that arithmetic never meets them.
 * - `load` widens narrow element types (dtype.ts). Indices are i32, one a dimension, each within the shape.
 * - `exp(x)` is within 3 + 2·|x| units in the last place (WGSL's bound); `tanh` and `erf` within 1e-6 relative plus 1e-7
 *   absolute; `log` within 1e-6 relative plus 1e-6 absolute; `sqrt` within 4 units in the last place. `log(0)` is -inf;
 *   `log` and `sqrt` of what is below zero are NaN. `abs`, `floor`, `ceil` and `round` (to nearest, halves to even) are exact;
 *   `abs` of the i32 minimum is itself.
 * - `sin`, `cos` and `tan` of a magnitude up to 2^15 are, within 1e-6 relative, those of a number within 1e-7 of x; beyond
 *   that they are unspecified, `sin` and `cos` within -1..1. `asin`, `acos`, `atan`, `sinh` and `cosh` are within 1e-6
 *   relative plus 1e-7 absolute; `asinh`, `acosh` and `atanh` within 1e-6 relative plus 1e-6 absolute. `atanh` of 1 and -1 is
 *   infinite. What has no real value is NaN.
 * - `pow(x, y)` is on f32, within 1e-6·(1 + |y|·(1 + |ln|x||)) relative plus 1e-7 absolute. `pow(x, 0)` is 1; below zero, x
 *   has a power for whole y, with the sign by the parity of y, and NaN for others.
 * - Builtins: `thread` is the index in the workgroup, 0 <= thread < threads; `subgroup` and `lane` are the subgroup
 *   and the position in it, defined only in kernels with a fixed `subgroupSize`; `workgroup-x/y/z` is the position
 *   in the launch.
 */
import { withBitsOf } from './bits.js'
import type { Buffer } from './buffer.js'
import { computeType, expectType, isInteger, type ScalarType } from './dtype.js'
import { CompileError } from './errors.js'
import { floatFunctions } from './float-functions.js'
import { formatSize, type SizeExpr } from './size.js'

const castHelp = "convert what it is given: value.cast('f32'), value.cast('i32')"
const integerHelp = 'write a whole number that 32 bits hold, or a constant of f32'

/** A value with a name, bound by a loop, a `let`, or an axis. Compared by identity, never by name. */
export interface Var {
  readonly kind: 'var'
  readonly dtype: ScalarType
  readonly hint: string
}

export interface Const {
  readonly kind: 'const'
  readonly dtype: ScalarType
  /** A boolean exactly for dtype bool. f32 values are representable in f32. */
  readonly value: number | boolean
}

export type Builtin = 'thread' | 'subgroup' | 'lane' | 'workgroup-x' | 'workgroup-y' | 'workgroup-z'
/** Functions of an f32 that give an f32. */
export type FloatFunction =
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'erf'
  | 'floor'
  | 'ceil'
  | 'round'
  | CircularFunction
  | HyperbolicFunction
export type CircularFunction = 'sin' | 'cos' | 'tan' | 'asin' | 'acos' | 'atan'
export type HyperbolicFunction = 'sinh' | 'cosh' | 'tanh' | 'asinh' | 'acosh' | 'atanh'
export type UnaryOp = 'neg' | 'not' | 'abs' | FloatFunction
export type ArithmeticOp = 'add' | 'sub' | 'mul' | 'div' | 'mod' | 'min' | 'max' | 'pow'
export type BitOp = 'bit-and' | 'bit-xor' | 'shl' | 'shr'
export type ComparisonOp = 'lt' | 'le' | 'eq' | 'ne'
export type LogicOp = 'and' | 'or'
export type BinaryOp = ArithmeticOp | BitOp | ComparisonOp | LogicOp

export type Expr =
  | Const
  | Var
  | { readonly kind: 'size'; readonly dtype: 'i32'; readonly size: SizeExpr }
  | { readonly kind: 'builtin'; readonly dtype: 'i32'; readonly name: Builtin }
  | { readonly kind: 'unary'; readonly dtype: ScalarType; readonly op: UnaryOp; readonly value: Expr }
  | Binary
  | Select
  | { readonly kind: 'cast'; readonly dtype: ScalarType; readonly value: Expr }
  | { readonly kind: 'bitcast'; readonly dtype: ScalarType; readonly value: Expr }
  | Load

export interface Binary {
  readonly kind: 'binary'
  readonly dtype: ScalarType
  readonly op: BinaryOp
  readonly left: Expr
  readonly right: Expr
}

export interface Select {
  readonly kind: 'select'
  readonly dtype: ScalarType
  readonly cond: Expr
  readonly then: Expr
  readonly else: Expr
}

export interface Load {
  readonly kind: 'load'
  readonly dtype: ScalarType
  readonly buffer: Buffer
  readonly index: readonly Expr[]
}

/** A fresh variable. `hint` becomes its printed name, made unique. */
export function variable(hint: string, dtype: ScalarType = 'i32'): Var {
  return { kind: 'var', dtype, hint }
}

/** A constant; integers are wrapped into range, f32 values rounded. */
export function constant(dtype: ScalarType, value: number | boolean): Const {
  if (dtype === 'bool') return { kind: 'const', dtype, value: Boolean(value) }
  const number = Number(value)
  if (dtype === 'f32') return { kind: 'const', dtype, value: Math.fround(number) }
  if (!Number.isInteger(number)) {
    throw new CompileError({ code: 'ir/type', message: `${number} is not an ${dtype} constant`, help: integerHelp })
  }
  return { kind: 'const', dtype, value: dtype === 'i32' ? number | 0 : number >>> 0 }
}

/** An i32 constant: the type of indices. */
export const int = (value: number): Const => constant('i32', value)

/** The value of a size as an expression. */
export function sizeValue(value: SizeExpr): Expr {
  return typeof value === 'number' ? int(value) : { kind: 'size', dtype: 'i32', size: value }
}

export function builtin(name: Builtin): Expr {
  return { kind: 'builtin', dtype: 'i32', name }
}

/** Throws `CompileError` `ir/type` when `op` is none, or not defined on the operand's type. */
export function unary(op: UnaryOp, value: Expr): Expr {
  if (op === 'not') expectType('bool', value.dtype, 'the operand of not')
  else if (op === 'neg' || op === 'abs') {
    if (value.dtype !== 'f32' && value.dtype !== 'i32') {
      throw new CompileError({ code: 'ir/type', message: `${op} is not defined on ${value.dtype}`, help: castHelp })
    }
    if (value.kind === 'const') {
      const number = Number(value.value)
      return constant(value.dtype, op === 'neg' ? -number : Math.abs(number))
    }
  } else {
    if (!Object.hasOwn(floatFunctions, op)) throw unknownOp(op, Object.keys(floatFunctions))
    expectType('f32', value.dtype, `the operand of ${op}`)
  }
  if (op === 'not' && value.kind === 'const') return constant('bool', !value.value)
  return { kind: 'unary', dtype: value.dtype, op, value }
}

/** The error for what authors without types may take for the name of an operation. */
function unknownOp(op: string, known: Iterable<string>): CompileError {
  const help = `write one of ${[...known].join(', ')}`
  return new CompileError({ code: 'ir/type', message: `there is no operation "${op}"`, help })
}

const arithmetic: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['add', 'sub', 'mul', 'div', 'mod', 'min', 'max', 'pow'])
const comparisons: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['lt', 'le', 'eq', 'ne'])
const logic: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['and', 'or'])
const bitwise: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['bit-and', 'bit-xor', 'shl', 'shr'])

const binaryOps: ReadonlySet<BinaryOp> = new Set([...arithmetic, ...comparisons, ...logic, ...bitwise])

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return comparisons.has(op)
}

/**
 * `left op right`; both operands have one type, comparisons give bool. Folds integer constants and the trivial
 * identities (x+0, x*1, x*0 on integers, and/or with a constant), nothing cleverer: the rest is the simplifier's.
 * Throws `CompileError` `ir/type`.
 */
export function binary(op: BinaryOp, left: Expr, right: Expr): Expr {
  expectType(left.dtype, right.dtype, `the right operand of ${op}`)
  const type = left.dtype
  if (!binaryOps.has(op)) throw unknownOp(op, binaryOps)
  if (logic.has(op)) expectType('bool', type, `the operands of ${op}`)
  else if (type === 'bool' && op !== 'eq' && op !== 'ne') {
    throw new CompileError({ code: 'ir/type', message: `${op} is not defined on bool`, help: castHelp })
  }
  if ((bitwise.has(op) || op === 'mod') && !isInteger(type)) {
    throw new CompileError({ code: 'ir/type', message: `${op} is not defined on ${type}`, help: castHelp })
  }
  if (op === 'pow') expectType('f32', type, 'the operands of pow')
  const dtype = comparisons.has(op) ? 'bool' : type
  return foldBinary(op, left, right) ?? { kind: 'binary', dtype, op, left, right }
}

function foldBinary(op: BinaryOp, left: Expr, right: Expr): Expr | undefined {
  if (left.kind === 'const' && right.kind === 'const' && left.dtype !== 'f32') {
    return evaluateBinary(op, left, right)
  }
  const [l, r] = [left.kind === 'const' ? left.value : undefined, right.kind === 'const' ? right.value : undefined]
  if (op === 'and') return l === true ? right : r === true ? left : l === false ? left : undefined
  if (op === 'or') return l === false ? right : r === false ? left : l === true ? left : undefined
  if (!isInteger(left.dtype)) return undefined
  switch (op) {
    case 'add':
      return r === 0 ? left : l === 0 ? right : undefined
    case 'sub':
    case 'shl':
    case 'shr':
      return r === 0 ? left : undefined
    case 'mul':
      return r === 1 || l === 0 ? left : l === 1 || r === 0 ? right : undefined
    case 'div':
      return r === 1 ? left : undefined
    case 'mod':
      return r === 1 ? constant(left.dtype, 0) : undefined
    default:
      return undefined
  }
}

/** `op` on two constants of one type, by the semantics above; undefined for a division by zero. */
export function evaluateBinary(op: BinaryOp, left: Const, right: Const): Const | undefined {
  const type = left.dtype
  const [a, b] = [Number(left.value), Number(right.value)]
  switch (op) {
    case 'add':
      return constant(type, a + b)
    case 'sub':
      return constant(type, a - b)
    case 'mul':
      return constant(type, type === 'f32' ? a * b : Math.imul(a, b))
    case 'div':
      if (type === 'f32') return constant(type, a / b)
      return b === 0 ? undefined : constant(type, Math.trunc(a / b))
    case 'mod':
      // `+ 0` turns a negative zero into zero.
      return b === 0 ? undefined : constant(type, (a % b) + 0)
    case 'min':
      return constant(type, Math.min(a, b))
    case 'max':
      return constant(type, Math.max(a, b))
    case 'pow':
      return constant(type, a ** b)
    case 'bit-and':
      return constant(type, a & b)
    case 'bit-xor':
      return constant(type, a ^ b)
    case 'shl':
      return constant(type, a << (b & 31))
    case 'shr':
      return constant(type, type === 'u32' ? a >>> (b & 31) : a >> (b & 31))
    case 'lt':
      return constant('bool', a < b)
    case 'le':
      return constant('bool', a <= b)
    case 'eq':
      return constant('bool', a === b)
    case 'ne':
      return constant('bool', a !== b)
    case 'and':
      return constant('bool', a !== 0 && b !== 0)
    case 'or':
      return constant('bool', a !== 0 || b !== 0)
  }
}

export const add = (left: Expr, right: Expr): Expr => binary('add', left, right)
export const sub = (left: Expr, right: Expr): Expr => binary('sub', left, right)
export const mul = (left: Expr, right: Expr): Expr => binary('mul', left, right)
export const div = (left: Expr, right: Expr): Expr => binary('div', left, right)
export const mod = (left: Expr, right: Expr): Expr => binary('mod', left, right)
export const lt = (left: Expr, right: Expr): Expr => binary('lt', left, right)
export const and = (left: Expr, right: Expr): Expr => binary('and', left, right)

/** All of `conditions`; true when there are none. */
export function all(conditions: readonly Expr[]): Expr {
  return conditions.reduce<Expr>(and, constant('bool', true))
}

/** `cond ? then : else`, evaluating only the arm it takes. Throws `CompileError` `ir/type`. */
export function select(cond: Expr, then: Expr, otherwise: Expr): Expr {
  expectType('bool', cond.dtype, 'the condition of select')
  expectType(then.dtype, otherwise.dtype, 'the else arm of select')
  if (cond.kind === 'const') return cond.value ? then : otherwise
  return { kind: 'select', dtype: then.dtype, cond, then, else: otherwise }
}

/** Converts to `dtype`. */
export function cast(dtype: ScalarType, value: Expr): Expr {
  if (value.dtype === dtype) return value
  if (value.kind === 'const') {
    const from = Number(value.value)
    if (dtype === 'bool' || dtype === 'f32') return constant(dtype, dtype === 'bool' ? from !== 0 : from)
    if (value.dtype !== 'f32') return constant(dtype, from)
    const [low, high] = dtype === 'i32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1]
    if (!Number.isNaN(from)) return constant(dtype, Math.trunc(Math.min(high, Math.max(low, from))))
  }
  return { kind: 'cast', dtype, value }
}

/** The value of type `dtype` with the bits of `value`. Throws `CompileError` `ir/type` for bool. */
export function bitcast(dtype: ScalarType, value: Expr): Expr {
  if (dtype === 'bool' || value.dtype === 'bool') {
    throw new CompileError({ code: 'ir/type', message: `a bitcast of ${value.dtype} to ${dtype}`, help: castHelp })
  }
  if (dtype === value.dtype || (isInteger(dtype) && isInteger(value.dtype))) return cast(dtype, value)
  if (value.kind === 'const') return constant(dtype, withBitsOf(value.dtype, dtype, Number(value.value)))
  return { kind: 'bitcast', dtype, value }
}

/** Reads one element. Throws `CompileError` `ir/rank` or `ir/type`. */
export function load(source: Buffer, index: readonly Expr[]): Load {
  checkIndex(source, index)
  return { kind: 'load', dtype: computeType(source.dtype), buffer: source, index }
}

/** Throws `CompileError` unless `index` has one i32 a dimension of `target`. */
export function checkIndex(target: Buffer, index: readonly Expr[]): void {
  if (index.length !== target.shape.length) {
    throw new CompileError({
      code: 'ir/rank',
      message: `buffer "${target.hint}" of shape [${target.shape.map(formatSize).join(', ')}] is indexed with ${index.length} indices`,
      help: 'give one index a dimension',
    })
  }
  for (const i of index) expectType('i32', i.dtype, `an index of buffer "${target.hint}"`)
}
