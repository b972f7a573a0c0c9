/** Expressions as closures, with the arithmetic that ir's `expr.ts` lays down. */
import {
  type Binary,
  type Builtin,
  type Expr,
  evaluateSize,
  floatFunctions,
  type Load,
  type ScalarType,
  type SizeValues,
  type Var,
  withBitsOf,
} from '@tilewright/ir'
import type { OperationClass } from './count.js'
import { operationClass } from './count.js'
import type { Evaluate, Thread } from './thread.js'

/** What expressions need of the statement or equation that holds them. */
export interface ExprContext {
  readonly sizes: SizeValues
  /** Where the variable is kept. Throws `SimulatorError` `sim/unbound` out of its scope. */
  readonly slot: (variable: Var) => number
  readonly builtin: (name: Builtin) => Evaluate
  readonly load: (load: Load, index: readonly Evaluate[]) => Evaluate
  /** Counts each evaluation, where the run counts. */
  readonly counted: (operation: OperationClass, evaluate: Evaluate) => Evaluate
  readonly divisionByZero: (thread: Thread) => never
}

/** A compiler for the expressions of one statement; each node of the graph becomes one closure. */
export function exprCompiler(context: ExprContext): (expr: Expr) => Evaluate {
  const done = new Map<Expr, Evaluate>()
  const compile = (expr: Expr): Evaluate => {
    const known = done.get(expr)
    if (known !== undefined) return known
    const plain = compileNode(expr, compile, context)
    const operation = operationClass(expr)
    const evaluate = operation === undefined ? plain : context.counted(operation, plain)
    done.set(expr, evaluate)
    return evaluate
  }
  return compile
}

function compileNode(expr: Expr, compile: (expr: Expr) => Evaluate, context: ExprContext): Evaluate {
  switch (expr.kind) {
    case 'const':
      return always(Number(expr.value))
    case 'var': {
      const slot = context.slot(expr)
      return (thread) => thread.vars[slot] ?? 0
    }
    case 'size':
      return always(evaluateSize(expr.size, context.sizes))
    case 'builtin':
      return context.builtin(expr.name)
    case 'unary': {
      const value = compile(expr.value)
      switch (expr.op) {
        case 'neg':
          return expr.dtype === 'f32' ? (thread) => -value(thread) : (thread) => -value(thread) | 0
        case 'not':
          return (thread) => 1 - value(thread)
        case 'abs':
          return expr.dtype === 'f32' ? (thread) => Math.abs(value(thread)) : (thread) => Math.abs(value(thread)) | 0
        default: {
          const of = floatFunctions[expr.op]
          return (thread) => Math.fround(of(value(thread)))
        }
      }
    }
    case 'binary': {
      const [left, right] = [compile(expr.left), compile(expr.right)]
      return compileBinary(expr, left, right, context.divisionByZero)
    }
    case 'select': {
      const [cond, then, otherwise] = [compile(expr.cond), compile(expr.then), compile(expr.else)]
      return (thread) => (cond(thread) !== 0 ? then(thread) : otherwise(thread))
    }
    case 'cast':
      return compileCast(expr.value.dtype, expr.dtype, compile(expr.value))
    case 'bitcast': {
      const [from, value] = [expr.value.dtype, compile(expr.value)]
      return (thread) => withBitsOf(from, expr.dtype, value(thread))
    }
    case 'load':
      return context.load(expr, expr.index.map(compile))
  }
}

const always =
  (value: number): Evaluate =>
  () =>
    value

function compileBinary(
  { op, left, right: rightExpr }: Binary,
  a: Evaluate,
  b: Evaluate,
  divisionByZero: ExprContext['divisionByZero'],
): Evaluate {
  const type = left.dtype
  switch (op) {
    case 'add': {
      if (type === 'f32') return (t) => Math.fround(a(t) + b(t))
      if (type === 'u32') return (t) => (a(t) + b(t)) >>> 0
      if (rightExpr.kind !== 'const') return (t) => (a(t) + b(t)) | 0
      const addend = Number(rightExpr.value)
      return (t) => (a(t) + addend) | 0
    }
    case 'sub':
      if (type === 'f32') return (t) => Math.fround(a(t) - b(t))
      return type === 'u32' ? (t) => (a(t) - b(t)) >>> 0 : (t) => (a(t) - b(t)) | 0
    case 'mul': {
      if (type === 'f32') return (t) => Math.fround(a(t) * b(t))
      if (type === 'u32') return (t) => Math.imul(a(t), b(t)) >>> 0
      if (rightExpr.kind !== 'const') return (t) => Math.imul(a(t), b(t))
      const factor = Number(rightExpr.value)
      return (t) => Math.imul(a(t), factor)
    }
    case 'div':
    case 'mod': {
      if (type === 'f32') return (t) => Math.fround(a(t) / b(t))
      const divisor: Evaluate = (t) => {
        const value = b(t)
        return value === 0 ? divisionByZero(t) : value
      }
      // Quotients of 32-bit integers are exact enough as doubles; `| 0` truncates, and wraps minimum / -1.
      if (op === 'div') return type === 'u32' ? (t) => (a(t) / divisor(t)) >>> 0 : (t) => (a(t) / divisor(t)) | 0
      return type === 'u32' ? (t) => a(t) % divisor(t) : (t) => (a(t) % divisor(t)) | 0
    }
    case 'min':
      return (t) => Math.min(a(t), b(t))
    case 'max':
      return (t) => Math.max(a(t), b(t))
    case 'pow':
      return (t) => Math.fround(a(t) ** b(t))
    case 'bit-and':
      return type === 'u32' ? (t) => (a(t) & b(t)) >>> 0 : (t) => a(t) & b(t)
    case 'bit-xor':
      return type === 'u32' ? (t) => (a(t) ^ b(t)) >>> 0 : (t) => a(t) ^ b(t)
    case 'shl':
      return type === 'u32' ? (t) => (a(t) << b(t)) >>> 0 : (t) => a(t) << b(t)
    case 'shr':
      return type === 'u32' ? (t) => a(t) >>> b(t) : (t) => a(t) >> b(t)
    case 'lt':
      return (t) => (a(t) < b(t) ? 1 : 0)
    case 'le':
      return (t) => (a(t) <= b(t) ? 1 : 0)
    case 'eq':
      return (t) => (a(t) === b(t) ? 1 : 0)
    case 'ne':
      return (t) => (a(t) !== b(t) ? 1 : 0)
    case 'and':
      return (t) => (a(t) !== 0 ? b(t) : 0)
    case 'or':
      return (t) => (a(t) !== 0 ? 1 : b(t))
  }
}

function compileCast(from: ScalarType, to: ScalarType, value: Evaluate): Evaluate {
  switch (to) {
    case 'bool':
      return (t) => (value(t) !== 0 ? 1 : 0)
    case 'f32':
      return (t) => Math.fround(value(t))
    case 'i32':
      return from === 'f32' ? (t) => clampedTruncation(value(t), -(2 ** 31), 2 ** 31 - 1) : (t) => value(t) | 0
    case 'u32':
      return from === 'f32' ? (t) => clampedTruncation(value(t), 0, 2 ** 32 - 1) : (t) => value(t) >>> 0
  }
}

/** NaN becomes 0: its conversion is unspecified. */
function clampedTruncation(value: number, low: number, high: number): number {
  if (Number.isNaN(value)) return 0
  // `+ 0` turns a negative zero, which no integer is, into zero.
  return Math.trunc(Math.min(high, Math.max(low, value))) + 0
}

/**
 * The row-major position of an index. `outside` throws; it is given the dimension and the index that left the shape.
 */
export function flatIndex(
  shape: readonly number[],
  index: readonly Evaluate[],
  outside: (thread: Thread, dimension: number, value: number) => never,
): Evaluate {
  const [first, second] = index
  const [rows = 0, columns = 0] = shape
  if (first !== undefined && index.length === 1) {
    return (thread) => {
      const i = first(thread)
      return i >= 0 && i < rows ? i : outside(thread, 0, i)
    }
  }
  if (first !== undefined && second !== undefined && index.length === 2) {
    return (thread) => {
      const i = first(thread)
      if (i < 0 || i >= rows) outside(thread, 0, i)
      const j = second(thread)
      return j >= 0 && j < columns ? i * columns + j : outside(thread, 1, j)
    }
  }
  return (thread) => {
    let flat = 0
    for (let d = 0; d < index.length; d++) {
      const extent = shape[d] ?? 0
      const i = index[d]?.(thread) ?? 0
      if (i < 0 || i >= extent) outside(thread, d, i)
      flat = flat * extent + i
    }
    return flat
  }
}
