/**
 * Sizes: what stands in shapes, loop extents, guards and launch grids.
 *
 * A size is a number or an integer expression over named parameters. A parameter carries facts (`min`, `max`,
 * `multipleOf`) that hold for every run. Sizes are plain JSON: a plan stores them and the runtime evaluates them.
 * All values are non-negative integers below 2^31; `div` truncates, `ceil-div` rounds up, `sub` never goes below
 * zero in a valid program.
 */
import { checkArgument, checkOptions, checkRecord } from './check-arguments.js'
import { CompileError } from './errors.js'
import { difference, exactQuotient, keyOf, polynomialOf, polynomialRange, sizeOf } from './size-polynomial.js'

export interface SizeParam {
  readonly kind: 'size'
  readonly name: string
  readonly min: number
  readonly max: number
  readonly multipleOf: number
}

export type SizeOp = 'add' | 'sub' | 'mul' | 'div' | 'ceil-div' | 'mod' | 'min' | 'max'

export interface SizeBinary {
  readonly kind: 'size-op'
  readonly op: SizeOp
  readonly left: SizeExpr
  readonly right: SizeExpr
}

export type SizeExpr = number | SizeParam | SizeBinary

export interface SizeFacts {
  readonly min?: number
  readonly max?: number
  readonly multipleOf?: number
}

/** Values of size parameters by name. */
export type SizeValues = Readonly<Record<string, number>>

/** Element offsets are i32. */
export const maxSize: number = 2 ** 31 - 1

/** A named size parameter. Throws `CompileError` `ir/size` for facts that no size satisfies. */
export function size(name: string, facts: SizeFacts = {}): SizeParam {
  checkArgument(typeof name === 'string', 'ir/size', 'the name of a size is a text', name, "pass size('n')")
  checkOptions('ir/option', 'size', facts, { min: true, max: true, multipleOf: true })
  const { min = 0, max = maxSize, multipleOf = 1 } = facts
  const legal = [min, max, multipleOf].every(Number.isSafeInteger) && min >= 0 && max <= maxSize && multipleOf >= 1
  // A parameter is also a multiple of `multipleOf`: 1..7 holds no multiple of 8.
  if (!legal || Math.ceil(min / multipleOf) * multipleOf > max) {
    throw new CompileError({
      code: 'ir/size',
      message: `size "${name}" has impossible facts: min=${min} max=${max} multipleOf=${multipleOf}`,
      help: `sizes are integers in 0..${maxSize}, multipleOf >= 1, and a multiple of it lies in min..max`,
    })
  }
  return { kind: 'size', name, min, max, multipleOf }
}

/** Whether `given` is a number or an expression: callers without types may pass a text. */
export function isSize(given: unknown): given is SizeExpr {
  if (typeof given !== 'object' || given === null) return typeof given === 'number'
  // The expression of a size has the tag of a parameter, and a dtype.
  return 'kind' in given && (given.kind === 'size-op' || (given.kind === 'size' && !('dtype' in given)))
}

/** Evaluates one operator on concrete sizes. Throws `CompileError` `ir/size` for a division by zero. */
export function applySizeOp(op: SizeOp, left: number, right: number): number {
  switch (op) {
    case 'add':
      return left + right
    case 'sub':
      return left - right
    case 'mul':
      return left * right
    case 'min':
      return Math.min(left, right)
    case 'max':
      return Math.max(left, right)
    case 'div':
    case 'ceil-div':
    case 'mod':
      if (right === 0)
        throw new CompileError({
          code: 'ir/size',
          message: `size ${left} ${op} 0: division by zero`,
          help: 'give the sizes that divide a value above zero',
        })
      if (op === 'div') return Math.trunc(left / right)
      return op === 'ceil-div' ? Math.ceil(left / right) : left % right
  }
}

/** Evaluates a size. Throws `CompileError` `ir/size` when a parameter has no value, or none that is a size. */
export function evaluateSize(expr: SizeExpr, values: SizeValues): number {
  if (typeof expr === 'number') return expr
  checkSize(expr)
  checkRecord('ir/size', 'values of sizes', values)
  if (expr.kind === 'size-op') {
    return applySizeOp(expr.op, evaluateSize(expr.left, values), evaluateSize(expr.right, values))
  }
  const value = Object.hasOwn(values, expr.name) ? values[expr.name] : undefined
  if (value === undefined) {
    throw new CompileError({
      code: 'ir/size',
      message: `size "${expr.name}" has no value`,
      help: `give it one among the values of the sizes: { ${JSON.stringify(expr.name)}: 4 }`,
    })
  }
  const isCount = Number.isSafeInteger(value) && value >= 0
  checkArgument(isCount, 'ir/size', `size "${expr.name}" is a whole number from 0`, value, 'pass one, such as 4')
  return value
}

/** Callers without types may pass anything. */
function checkSize(expr: Exclude<SizeExpr, number>): void {
  checkArgument(expr?.kind !== undefined, 'ir/size', 'a size is a number or an expression', expr, "pass size('N')")
}

/** The interval a size lies in, by its facts: inclusive bounds. */
export function sizeRange(expr: SizeExpr): { readonly min: number; readonly max: number } {
  if (typeof expr === 'number') return { min: expr, max: expr }
  if (expr.kind === 'size') {
    // The facts of a parameter that is a multiple of m bound it by multiples of m.
    const { multipleOf: m } = expr
    return { min: Math.ceil(expr.min / m) * m, max: Math.floor(expr.max / m) * m }
  }
  const left = sizeRange(expr.left)
  const right = sizeRange(expr.right)
  switch (expr.op) {
    case 'add':
      return { min: left.min + right.min, max: left.max + right.max }
    case 'sub':
      // No size is negative: a lower bound below zero would make the bounds of a product wrong.
      return { min: Math.max(0, left.min - right.max), max: left.max - right.min }
    case 'mul':
      return { min: left.min * right.min, max: left.max * right.max }
    case 'min':
      return { min: Math.min(left.min, right.min), max: Math.min(left.max, right.max) }
    case 'max':
      return { min: Math.max(left.min, right.min), max: Math.max(left.max, right.max) }
    case 'div':
      return { min: Math.floor(left.min / Math.max(1, right.max)), max: Math.floor(left.max / Math.max(1, right.min)) }
    case 'ceil-div':
      return { min: Math.ceil(left.min / Math.max(1, right.max)), max: Math.ceil(left.max / Math.max(1, right.min)) }
    case 'mod':
      return { min: 0, max: Math.min(left.max, Math.max(0, right.max - 1)) }
  }
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** A number that divides the size for every value of its parameters (0 for the constant 0, which all numbers divide). */
export function sizeMultipleOf(expr: SizeExpr): number {
  if (typeof expr === 'number') return expr
  if (expr.kind === 'size') return expr.multipleOf
  const left = sizeMultipleOf(expr.left)
  const right = sizeMultipleOf(expr.right)
  switch (expr.op) {
    case 'add':
    case 'sub':
    case 'min':
    case 'max':
      return gcd(left, right)
    case 'mul':
      return left * right
    case 'div':
    case 'ceil-div':
      return typeof expr.right === 'number' && expr.right > 0 && left % expr.right === 0 ? left / expr.right : 1
    case 'mod':
      return typeof expr.right === 'number' ? gcd(left, expr.right) : 1
  }
}

/** Builds `left op right`, folding constants and the identities that shape rules meet. */
export function sizeBinary(op: SizeOp, left: SizeExpr, right: SizeExpr): SizeExpr {
  if (typeof left === 'number' && typeof right === 'number') return applySizeOp(op, left, right)
  // Constants stand on the right of commutative operators, so that equal sizes have equal form.
  if (typeof left === 'number' && (op === 'add' || op === 'mul' || op === 'min' || op === 'max')) {
    return sizeBinary(op, right, left)
  }
  if (typeof right === 'number') {
    if (right === 0 && (op === 'add' || op === 'sub')) return left
    if (right === 0 && op === 'mul') return 0
    if (right === 1 && (op === 'mul' || op === 'div' || op === 'ceil-div')) return left
    if (right === 1 && op === 'mod') return 0
    if (typeof left !== 'number' && left.kind === 'size-op' && typeof left.right === 'number') {
      if (op === 'mul' && left.op === 'mul') return sizeBinary('mul', left.left, left.right * right)
      if (op === 'add' && left.op === 'add') return sizeBinary('add', left.left, left.right + right)
      if ((op === 'min' || op === 'max') && left.op === op) {
        return sizeBinary(op, left.left, applySizeOp(op, left.right, right))
      }
      if ((op === 'div' || op === 'ceil-div') && left.op === 'mul' && right > 0 && left.right % right === 0) {
        return sizeBinary('mul', left.left, left.right / right)
      }
    }
    if (op === 'mod' && right > 0 && sizeMultipleOf(left) % right === 0) return 0
  }
  if (sizeEquals(left, right)) {
    if (op === 'sub') return 0
    if (op === 'min' || op === 'max') return left
    if ((op === 'div' || op === 'ceil-div') && sizeRange(left).min > 0) return 1
  }
  return cancelled(op, left, right) ?? { kind: 'size-op', op, left, right }
}

/** A simpler size of the same value, found from the polynomials of the operands; undefined where there is none. */
function cancelled(op: SizeOp, left: SizeExpr, right: SizeExpr): SizeExpr | undefined {
  switch (op) {
    case 'add':
    case 'sub': {
      const whole: SizeExpr = { kind: 'size-op', op, left, right }
      const polynomial = polynomialOf(whole)
      if (polynomial.size < polynomialOf(left).size + polynomialOf(right).size) return sizeOf(polynomial)
      return op === 'sub' ? minusBound(left, right) : undefined
    }
    case 'mul': {
      const isProduct = polynomialOf(left).size === 1 && polynomialOf(right).size === 1
      return isProduct ? sizeOf(polynomialOf({ kind: 'size-op', op, left, right })) : undefined
    }
    case 'div':
    case 'ceil-div': {
      const quotient = exactQuotient(polynomialOf(left), polynomialOf(right))
      return quotient === undefined ? undefined : sizeOf(quotient)
    }
    case 'mod':
      return exactQuotient(polynomialOf(left), polynomialOf(right)) === undefined ? undefined : 0
    case 'min':
    case 'max': {
      const { min, max } = differenceRange(left, right)
      if (min >= 0) return op === 'max' ? left : right
      if (max <= 0) return op === 'max' ? right : left
      return undefined
    }
  }
}

/** a − max(b, c) = min(a − b, a − c), where one of these is a number: `N - max(N - 1, 0)` is `min(N, 1)`. */
function minusBound(left: SizeExpr, right: SizeExpr): SizeExpr | undefined {
  if (typeof right === 'number' || right.kind === 'size' || (right.op !== 'min' && right.op !== 'max')) return undefined
  const parts = [sizeBinary('sub', left, right.left), sizeBinary('sub', left, right.right)] as const
  if (!parts.some((part) => typeof part === 'number' && part >= 0)) return undefined
  return sizeBinary(right.op === 'max' ? 'min' : 'max', parts[0], parts[1])
}

export const sizeAdd = (left: SizeExpr, right: SizeExpr): SizeExpr => sizeBinary('add', left, right)
export const sizeSub = (left: SizeExpr, right: SizeExpr): SizeExpr => sizeBinary('sub', left, right)
export const sizeMul = (left: SizeExpr, right: SizeExpr): SizeExpr => sizeBinary('mul', left, right)
export const sizeDiv = (left: SizeExpr, right: SizeExpr): SizeExpr => sizeBinary('div', left, right)
export const ceilDiv = (left: SizeExpr, right: SizeExpr): SizeExpr => sizeBinary('ceil-div', left, right)

/** The number of elements of a shape; 1 for rank 0. */
export function elementCount(shape: readonly SizeExpr[]): SizeExpr {
  // Constants are multiplied first so that products of equal shapes have equal form.
  const constant = shape.reduce<number>(
    (product, extent) => (typeof extent === 'number' ? product * extent : product),
    1,
  )
  const symbolic = shape.filter((extent) => typeof extent !== 'number')
  return sizeMul(symbolic.reduce<SizeExpr>(sizeMul, 1), constant)
}

/** Equal as sums of products: `(N + 1) * 2` and `2 + N * 2` are. Parameters are by name and facts. */
export function sizeEquals(a: SizeExpr, b: SizeExpr): boolean {
  if (a === b) return true
  if (typeof a === 'number' && typeof b === 'number') return false
  return keyOf(a) === keyOf(b)
}

/** The interval that `a − b` lies in by the facts of the parameters, below zero where it may be. */
export function differenceRange(a: SizeExpr, b: SizeExpr): { readonly min: number; readonly max: number } {
  return polynomialRange(difference(a, b))
}

/** Whether two sizes can have one value: false where their difference is never zero. */
export function mayEqual(a: SizeExpr, b: SizeExpr): boolean {
  const { min, max } = differenceRange(a, b)
  return min <= 0 && max >= 0
}

export function shapeEquals(a: readonly SizeExpr[], b: readonly SizeExpr[]): boolean {
  return a.length === b.length && a.every((extent, i) => sizeEquals(extent, b[i] ?? -1))
}

/** Replaces parameters: refining facts in a branch of a plan, or giving a value. Same object when nothing changed. */
export function substituteSize(expr: SizeExpr, replace: (param: SizeParam) => SizeExpr): SizeExpr {
  if (typeof expr === 'number') return expr
  if (expr.kind === 'size') return replace(expr)
  const left = substituteSize(expr.left, replace)
  const right = substituteSize(expr.right, replace)
  return left === expr.left && right === expr.right ? expr : sizeBinary(expr.op, left, right)
}

/** The parameters of a size, each once, in order of appearance. */
export function sizeParams(expr: SizeExpr, into: Map<string, SizeParam> = new Map()): Map<string, SizeParam> {
  if (typeof expr === 'number') return into
  if (expr.kind === 'size') into.set(expr.name, expr)
  else {
    sizeParams(expr.left, into)
    sizeParams(expr.right, into)
  }
  return into
}

const symbols: Readonly<Record<SizeOp, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  'ceil-div': '/^',
  mod: '%',
  min: 'min',
  max: 'max',
}

/**
 * Text form: `ceil(N / 64)` is written `N /^ 64`. Parentheses only where precedence or left association need them. Throws
 * `CompileError` `ir/size` for what is no size.
 */
export function formatSize(expr: SizeExpr): string {
  if (typeof expr === 'number') return String(expr)
  checkSize(expr)
  if (expr.kind === 'size') return expr.name
  const [left, right] = [formatSize(expr.left), formatSize(expr.right)]
  if (expr.op === 'min' || expr.op === 'max') return `${expr.op}(${left}, ${right})`
  const own = precedence(expr)
  const wrap = (text: string, binds: boolean): string => (binds ? text : `(${text})`)
  const operands = [wrap(left, precedence(expr.left) >= own), wrap(right, precedence(expr.right) > own)]
  return operands.join(` ${symbols[expr.op]} `)
}

function precedence(expr: SizeExpr): number {
  if (typeof expr === 'number' || expr.kind === 'size' || expr.op === 'min' || expr.op === 'max') return 3
  return expr.op === 'add' || expr.op === 'sub' ? 1 : 2
}
