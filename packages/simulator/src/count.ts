/** Counting executed operations: for tests of how much arithmetic a kernel spends, and to bound generated programs. */
import type { BinaryOp, Expr, For, ScalarType, Scope, UnaryOp } from '@tilewright/ir'

/**
 * - `integer`: unary and binary operators on i32 and u32 operands, comparisons included.
 * - `multiply`: f32 multiplications; `add`: f32 additions and subtractions; `float`: the other f32 operators.
 * - `logic`: operators on bool, and selects. `cast`: conversions, of bits too.
 * - `load-…`, `store-…`: accesses by scope; one of a vector counts once.
 * - `iteration`: times a loop body began. What the loop itself spends (add, compare) is not in `integer`, nor is the
 *   address arithmetic hidden in an index of rank 2 and more: it is in the index once indices are flat.
 */
export type OperationClass =
  | 'integer'
  | 'multiply'
  | 'add'
  | 'float'
  | 'logic'
  | 'cast'
  | `load-${Scope}`
  | `store-${Scope}`
  | 'atomic'
  | 'async-copy'
  | 'matrix-multiply'
  | 'async-multiply'
  | 'tile-copy'
  | 'load-matrices'
  | 'shuffle'
  | 'barrier'
  | 'iteration'

export type OperationCounts = Readonly<Record<OperationClass, number>>

export interface CountOptions {
  /** Counts only what runs inside a loop for which this holds; default: everything. */
  readonly within?: (loop: For) => boolean
}

export interface Counter {
  readonly counts: Record<OperationClass, number>
  readonly max: number
  /** Operations so far, inside and outside the counted loops. */
  total: number
}

export function createCounter(max: number): Counter {
  return {
    counts: {
      integer: 0,
      multiply: 0,
      add: 0,
      float: 0,
      logic: 0,
      cast: 0,
      'load-storage': 0,
      'load-workgroup': 0,
      'load-private': 0,
      'store-storage': 0,
      'store-workgroup': 0,
      'store-private': 0,
      atomic: 0,
      'async-copy': 0,
      'matrix-multiply': 0,
      'async-multiply': 0,
      'tile-copy': 0,
      'load-matrices': 0,
      shuffle: 0,
      barrier: 0,
      iteration: 0,
    },
    max,
    total: 0,
  }
}

/** The class of an expression node; undefined for leaves, and for loads, which are counted where memory is. */
export function operationClass(expr: Expr): OperationClass | undefined {
  switch (expr.kind) {
    case 'unary':
      return classOf(expr.op, expr.value.dtype)
    case 'binary':
      return classOf(expr.op, expr.left.dtype)
    case 'select':
      return 'logic'
    case 'cast':
    case 'bitcast':
      return 'cast'
    default:
      return undefined
  }
}

function classOf(op: BinaryOp | UnaryOp, type: ScalarType): OperationClass {
  if (type === 'bool') return 'logic'
  if (type !== 'f32') return 'integer'
  if (op === 'mul') return 'multiply'
  return op === 'add' || op === 'sub' ? 'add' : 'float'
}
