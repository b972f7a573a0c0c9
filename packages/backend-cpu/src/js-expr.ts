/**
 * Expressions as JavaScript, exact by the semantics of the IR: f32 results are rounded with Math.fround, i32 wraps by
 * `| 0`, u32 by `>>> 0`.
 */
import { type BinaryOp, type Expr, InternalError, type Load, type ScalarType, type Var } from '@tilewright/ir'
import { roundingSources } from './memory.js'

/** How the printer of a whole kernel or equation names what expressions refer to. */
export interface JsNames {
  readonly variable: (v: Var) => string
  readonly size: (expr: Extract<Expr, { kind: 'size' }>) => string
  readonly builtin: (expr: Extract<Expr, { kind: 'builtin' }>) => string
  readonly load: (expr: Load, index: readonly string[]) => string
}

/** The series of ir's float-functions.ts. */
const erfSource = `const erf = (x) => {
  const magnitude = Math.min(Math.abs(x), 6)
  let term = magnitude, sum = magnitude
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= 2 * magnitude * magnitude / (2 * n + 1)
    sum += term
  }
  return Math.sign(x) * 2 / Math.sqrt(Math.PI) * Math.exp(-magnitude * magnitude) * sum
}`

/** JavaScript of what JavaScript lacks, by the beginning of its calls. */
const helpers: Readonly<Record<string, string>> = {
  ...roundingSources,
  'erf(': erfSource,
  bitcast_: `const view = new DataView(new ArrayBuffer(4))
const bitcast_f32 = (x) => (view.setUint32(0, x), view.getFloat32(0))
const bitcast_i32 = (x) => (view.setFloat32(0, x), view.getInt32(0))
const bitcast_u32 = (x) => (view.setFloat32(0, x), view.getUint32(0))`,
}

/** What must stand before lines that `jsExpr` gave; every name in them ends in a digit, so only calls look like calls. */
export function jsPrelude(lines: readonly string[]): readonly string[] {
  return Object.entries(helpers).flatMap(([name, source]) =>
    lines.some((line) => line.includes(name)) ? [source] : [],
  )
}

/** The JavaScript text of an expression; always an operand (parenthesised where it must be). */
export function jsExpr(expr: Expr, names: JsNames): string {
  const print = (child: Expr): string => jsExpr(child, names)
  switch (expr.kind) {
    case 'const':
      return literal(expr.value)
    case 'var':
      return names.variable(expr)
    case 'size':
      return names.size(expr)
    case 'builtin':
      return names.builtin(expr)
    case 'load':
      return names.load(expr, expr.index.map(print))
    case 'select':
      return `(${print(expr.cond)} ? ${print(expr.then)} : ${print(expr.else)})`
    case 'cast':
      return cast(expr.dtype, expr.value.dtype, print(expr.value))
    case 'bitcast':
      return `bitcast_${expr.dtype}(${print(expr.value)})`
    case 'unary': {
      const value = print(expr.value)
      if (expr.op === 'not') return `!${value}`
      if (expr.op === 'neg') return expr.dtype === 'f32' ? `(-${value})` : `(-${value} | 0)`
      if (expr.op === 'abs') return expr.dtype === 'f32' ? `Math.abs(${value})` : `(Math.abs(${value}) | 0)`
      // What an f32 has behind the point is rounded away, as in ir's float-functions.ts.
      if (expr.op === 'round') return `Math.fround(${value} + ${1.5 * 2 ** 52} - ${1.5 * 2 ** 52})`
      return expr.op === 'erf' ? `Math.fround(erf(${value}))` : `Math.fround(Math.${expr.op}(${value}))`
    }
    case 'binary':
      return binary(expr.op, expr.left.dtype, print(expr.left), print(expr.right))
  }
}

function literal(value: number | boolean): string {
  // String would print it as 0.
  if (Object.is(value, -0)) return '(-0)'
  return typeof value === 'number' && value < 0 ? `(${value})` : String(value)
}

const operators: Readonly<Partial<Record<BinaryOp, string>>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
  lt: '<',
  le: '<=',
  eq: '===',
  ne: '!==',
  and: '&&',
  or: '||',
  'bit-and': '&',
  'bit-xor': '^',
  shl: '<<',
}

function binary(op: BinaryOp, type: ScalarType, left: string, right: string): string {
  // Not as comparisons: nested ones would write each operand 2^depth times.
  if (op === 'min' || op === 'max') return `Math.${op}(${left}, ${right})`
  if (op === 'pow') return `Math.fround(Math.pow(${left}, ${right}))`
  if (op === 'shr') return type === 'u32' ? `(${left} >>> ${right})` : `(${left} >> ${right})`
  const operator = operators[op]
  if (operator === undefined) throw new InternalError(`no JavaScript for ${op}`)
  const text = `${left} ${operator} ${right}`
  const isValue = !['lt', 'le', 'eq', 'ne', 'and', 'or'].includes(op)
  if (!isValue || type === 'bool') return `(${text})`
  if (type === 'f32') return `Math.fround(${text})`
  if (op === 'mul') return type === 'i32' ? `Math.imul(${left}, ${right})` : `(Math.imul(${left}, ${right}) >>> 0)`
  return type === 'i32' ? `(${text} | 0)` : `((${text}) >>> 0)`
}

function cast(to: ScalarType, from: ScalarType, value: string): string {
  switch (to) {
    case 'bool':
      return from === 'bool' ? value : `(${value} !== 0)`
    case 'f32':
      return from === 'bool' ? `(${value} ? 1 : 0)` : `Math.fround(${value})`
    case 'i32':
      // Clamped first: the bit operators truncate, and wrap what is out of range.
      if (from === 'f32') return `(Math.min(2147483647, Math.max(-2147483648, ${value})) | 0)`
      return from === 'bool' ? `(${value} ? 1 : 0)` : `(${value} | 0)`
    case 'u32':
      if (from === 'f32') return `(Math.min(4294967295, Math.max(0, ${value})) >>> 0)`
      return from === 'bool' ? `(${value} ? 1 : 0)` : `(${value} >>> 0)`
  }
}
