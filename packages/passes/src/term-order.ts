/** The order of the terms of a sum: by where their values become known, then by structure. */
import { type Builtin, boundVars, type Expr, formatSize, type Stmt, stmtChildren, type Var } from '@tilewright/ir'

export interface TermOrder {
  /** How many loops are around the place where a variable is bound. */
  readonly depthOf: (variable: Var) => number
  /** Numbers in order of binding. */
  readonly numberOf: (variable: Var) => number
  readonly ranks: Map<Expr, number>
}

/** The order that the bindings of a body give. */
export function termOrder(body: Stmt): TermOrder {
  const bindings = new Map<Var, { readonly depth: number; readonly number: number }>()
  const visit = (stmt: Stmt, depth: number): void => {
    const inside = stmt.kind === 'for' || stmt.kind === 'for-task' ? depth + 1 : depth
    for (const v of boundVars(stmt)) bindings.set(v, { depth: inside, number: bindings.size })
    for (const child of stmtChildren(stmt)) visit(child, inside)
  }
  visit(body, 0)
  return {
    depthOf: (variable) => bindings.get(variable)?.depth ?? 0,
    numberOf: (variable) => bindings.get(variable)?.number ?? 0,
    ranks: new Map(),
  }
}

/** The greatest depth among the variables of an expression; -1 for what is available everywhere. */
export function rankOf(expr: Expr, order: TermOrder): number {
  const known = order.ranks.get(expr)
  if (known !== undefined) return known
  const rank = computeRank(expr, order)
  order.ranks.set(expr, rank)
  return rank
}

function computeRank(expr: Expr, order: TermOrder): number {
  switch (expr.kind) {
    case 'const':
    case 'size':
    case 'builtin':
      return -1
    case 'var':
      return order.depthOf(expr)
    case 'unary':
    case 'cast':
    case 'bitcast':
      return rankOf(expr.value, order)
    case 'binary':
      return Math.max(rankOf(expr.left, order), rankOf(expr.right, order))
    case 'select':
      return Math.max(rankOf(expr.cond, order), rankOf(expr.then, order), rankOf(expr.else, order))
    case 'load':
      // A load belongs to its moment: nothing is further inside.
      return Number.POSITIVE_INFINITY
  }
}

/** Infinities compare as equal. */
export const compareNumbers = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1)

const kinds = [
  'builtin',
  'var',
  'unary',
  'binary',
  'cast',
  'bitcast',
  'select',
  'load',
  'size',
  'const',
] as const satisfies readonly Expr['kind'][]
const builtins: readonly Builtin[] = ['workgroup-z', 'workgroup-y', 'workgroup-x', 'subgroup', 'lane', 'thread']

/** An order of expressions that depends on their structure alone, so that equal sums are written alike. */
export function compareAtoms(a: Expr, b: Expr, order: TermOrder): number {
  if (a === b) return 0
  const byKind = kinds.indexOf(a.kind) - kinds.indexOf(b.kind)
  if (byKind !== 0) return byKind
  const inTurn = (left: readonly Expr[], right: readonly Expr[]): number => {
    for (const [i, child] of left.entries()) {
      const other = right[i]
      const result = other === undefined ? 1 : compareAtoms(child, other, order)
      if (result !== 0) return result
    }
    return left.length - right.length
  }
  if (a.kind === 'builtin' && b.kind === 'builtin') return builtins.indexOf(a.name) - builtins.indexOf(b.name)
  if (a.kind === 'var' && b.kind === 'var') return order.numberOf(a) - order.numberOf(b)
  if (a.kind === 'const' && b.kind === 'const') return Number(a.value) - Number(b.value)
  if (a.kind === 'size' && b.kind === 'size') return compareTexts(formatSize(a.size), formatSize(b.size))
  if (a.kind === 'unary' && b.kind === 'unary') return compareTexts(a.op, b.op) || inTurn([a.value], [b.value])
  if (a.kind === 'cast' && b.kind === 'cast') return compareTexts(a.dtype, b.dtype) || inTurn([a.value], [b.value])
  if (a.kind === 'bitcast' && b.kind === 'bitcast')
    return compareTexts(a.dtype, b.dtype) || inTurn([a.value], [b.value])
  if (a.kind === 'binary' && b.kind === 'binary') {
    return compareTexts(a.op, b.op) || inTurn([a.left, a.right], [b.left, b.right])
  }
  if (a.kind === 'select' && b.kind === 'select') return inTurn([a.cond, a.then, a.else], [b.cond, b.then, b.else])
  if (a.kind === 'load' && b.kind === 'load') {
    return compareTexts(a.buffer.hint, b.buffer.hint) || inTurn(a.index, b.index)
  }
  return 0
}

const compareTexts = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)
