/**
 * Expressions on the host, over elements that may be sizes. Where the result is neither exact nor a size it is undefined,
 * and the operation stays on the device.
 *
 * Integers of int64 tensors are exact here: their i32 expressions are computed modulo 2^64.
 */
import {
  type BinaryOp,
  differenceRange,
  type Expr,
  floatFunctions,
  type Load,
  type ScalarType,
  type Select,
  type SizeExpr,
  type SizeOp,
  sizeBinary,
  sizeEquals,
  type UnaryOp,
  type Var,
} from '@tilewright/ir'
import { hasParts } from '../check-extents.js'
import { elementOfSize, type HostElement, isSymbolic, type Symbolic, sizeOfElement } from './host-element.js'

export interface HostScope {
  readonly vars: ReadonlyMap<Var, HostElement>
  readonly load: (expr: Load, index: readonly HostElement[]) => HostElement | undefined
  /** Whether i32 expressions are computed in 64 bits. */
  readonly isWide: boolean
  /** Called at each node: false ends the evaluation. */
  readonly spend: () => boolean
}

/** The value of an expression, or undefined where the host cannot tell. */
export function evaluateHostExpr(expr: Expr, scope: HostScope): HostElement | undefined {
  if (!scope.spend()) return undefined
  const of = (child: Expr): HostElement | undefined => evaluateHostExpr(child, scope)
  switch (expr.kind) {
    case 'const':
      if (typeof expr.value === 'boolean') return expr.value
      return expr.dtype === 'f32' ? expr.value : BigInt(expr.value)
    case 'var':
      return scope.vars.get(expr)
    case 'size':
      return elementOfSize(expr.size)
    case 'load': {
      const index = expr.index.map(of)
      const known = index.flatMap((at) => (at === undefined ? [] : [at]))
      return known.length === index.length ? scope.load(expr, known) : undefined
    }
    case 'select': {
      const cond = of(expr.cond)
      if (typeof cond === 'boolean') return of(cond ? expr.then : expr.else)
      return isDivisor(expr) ? of(expr.then) : undefined
    }
    case 'cast':
      return map(of(expr.value), (value) => cast(expr.dtype, value, scope.isWide))
    case 'unary':
      return map(of(expr.value), (value) => unary(expr.op, expr.dtype, value, scope.isWide))
    case 'binary': {
      const left = of(expr.left)
      // Only what is needed: the right operand may read out of bounds.
      if (expr.op === 'and' && left === false) return false
      if (expr.op === 'or' && left === true) return true
      const right = of(expr.right)
      if (left === undefined || right === undefined) return undefined
      return map(binary(expr.op, left, right), (value) =>
        typeof value === 'bigint' ? wrap(expr.dtype, value, scope.isWide) : value,
      )
    }
    case 'builtin':
    case 'bitcast':
      return undefined
  }
}

/** `x ≠ 0 ? x : …`, what integers are divided by. Of a size it is x: a run in which that is 0 is refused. */
function isDivisor({ cond, then }: Select): boolean {
  if (cond.kind !== 'binary' || cond.op !== 'ne' || cond.left !== then) return false
  return cond.right.kind === 'const' && cond.right.value === 0
}

function map<T>(value: HostElement | undefined, change: (value: HostElement) => T | undefined): T | undefined {
  return value === undefined ? undefined : change(value)
}

function unary(op: UnaryOp, type: ScalarType, value: HostElement, isWide: boolean): HostElement | undefined {
  switch (typeof value) {
    case 'boolean':
      return op === 'not' ? !value : undefined
    case 'bigint':
      if (op === 'neg') return wrap(type, -value, isWide)
      return op === 'abs' ? wrap(type, value < 0n ? -value : value, isWide) : undefined
    case 'object':
      return undefined
    case 'number':
      if (op === 'neg') return -value
      if (op === 'abs') return Math.abs(value)
      return op === 'not' ? undefined : Math.fround(floatFunctions[op](value))
  }
}

function wrap(type: ScalarType, value: bigint, isWide: boolean): bigint {
  if (type === 'u32') return BigInt.asUintN(32, value)
  return BigInt.asIntN(isWide ? 64 : 32, value)
}

function cast(type: ScalarType, value: HostElement, isWide: boolean): HostElement | undefined {
  if (isSymbolic(value)) {
    if (type === 'bool') return binary('ne', value, 0n)
    return type === 'i32' ? value : undefined
  }
  switch (type) {
    case 'bool':
      return Boolean(value)
    case 'f32':
      return Math.fround(Number(value))
    default: {
      if (typeof value !== 'number') return wrap(type, BigInt(value), isWide)
      if (Number.isNaN(value)) return undefined
      const [low, high] = type === 'u32' ? [0, 2 ** 32 - 1] : isWide ? [-(2 ** 53), 2 ** 53] : [-(2 ** 31), 2 ** 31 - 1]
      return BigInt(Math.trunc(Math.min(high, Math.max(low, value))))
    }
  }
}

function binary(op: BinaryOp, left: HostElement, right: HostElement): HostElement | undefined {
  if (typeof left === 'boolean' && typeof right === 'boolean') return onTruth(op, left, right)
  if (typeof left === 'number' && typeof right === 'number') return onFloats(op, left, right)
  if (typeof left === 'bigint' && typeof right === 'bigint') return onIntegers(op, left, right)
  const isInteger = (element: HostElement): element is bigint | Symbolic =>
    typeof element === 'bigint' || isSymbolic(element)
  return isInteger(left) && isInteger(right) ? onSizes(op, sizeOfElement(left), sizeOfElement(right)) : undefined
}

function onTruth(op: BinaryOp, left: boolean, right: boolean): boolean | undefined {
  if (op === 'and') return left && right
  if (op === 'or') return left || right
  if (op === 'eq') return left === right
  return op === 'ne' ? left !== right : undefined
}

function onFloats(op: BinaryOp, left: number, right: number): HostElement | undefined {
  switch (op) {
    case 'add':
      return Math.fround(left + right)
    case 'sub':
      return Math.fround(left - right)
    case 'mul':
      return Math.fround(left * right)
    case 'div':
      return Math.fround(left / right)
    case 'min':
      return Math.min(left, right)
    case 'max':
      return Math.max(left, right)
    case 'pow':
      return Math.fround(left ** right)
    default:
      return compared(op, left, right)
  }
}

function onIntegers(op: BinaryOp, left: bigint, right: bigint): HostElement | undefined {
  switch (op) {
    case 'add':
      return left + right
    case 'sub':
      return left - right
    case 'mul':
      return left * right
    case 'div':
      return right === 0n ? undefined : left / right
    case 'mod':
      return right === 0n ? undefined : left % right
    case 'min':
      return left < right ? left : right
    case 'max':
      return left < right ? right : left
    default:
      return compared(op, left, right)
  }
}

function compared(op: BinaryOp, left: number | bigint, right: number | bigint): boolean | undefined {
  switch (op) {
    case 'lt':
      return left < right
    case 'le':
      return left <= right
    case 'eq':
      return left === right
    case 'ne':
      return left !== right
    default:
      return undefined
  }
}

/** Integers of which one is symbolic. Sizes are not negative, and so is nothing that they are multiplied or divided with. */
function onSizes(op: BinaryOp, left: SizeExpr, right: SizeExpr): HostElement | undefined {
  const isNegative = (size: SizeExpr): boolean => typeof size === 'number' && size < 0
  switch (op) {
    case 'add':
      if (typeof left === 'number') return isNegative(left) ? size('sub', right, -left) : size('add', left, right)
      return typeof right === 'number' && right < 0 ? size('sub', left, -right) : size('add', left, right)
    case 'sub':
      if (typeof right === 'number' && right < 0) return size('add', left, -right)
      return isNegative(left) ? undefined : size('sub', left, right)
    case 'mul':
      return isNegative(left) || isNegative(right) ? undefined : size('mul', left, right)
    case 'div':
    case 'mod':
      return isNegative(left) || isNegative(right) || right === 0 ? undefined : size(op, left, right)
    case 'min':
    case 'max':
      return size(op, left, right)
    default:
      return ordered(op, left, right)
  }
}

/** Parts of one size. What exporters compute has a few; a square that is squared again and again has no end of them. */
const mostParts = 128

function size(op: SizeOp, left: SizeExpr, right: SizeExpr): HostElement | undefined {
  const result = sizeBinary(op, left, right)
  return hasParts(result, mostParts) ? elementOfSize(result) : undefined
}

/** A comparison that holds, or does not, for all sizes that have their facts. */
function ordered(op: BinaryOp, left: SizeExpr, right: SizeExpr): boolean | undefined {
  const { min, max } = differenceRange(left, right)
  switch (op) {
    case 'lt':
      return max < 0 ? true : min >= 0 ? false : undefined
    case 'le':
      return max <= 0 ? true : min > 0 ? false : undefined
    case 'eq':
      return sizeEquals(left, right) ? true : min > 0 || max < 0 ? false : undefined
    case 'ne': {
      const isEqual = ordered('eq', left, right)
      return isEqual === undefined ? undefined : !isEqual
    }
    default:
      return undefined
  }
}
