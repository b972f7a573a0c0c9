/** Walking: one exhaustive switch for each question that passes ask of a tree. */
import { tilesRead } from './async-multiply.js'
import type { Buffer } from './buffer.js'
import type { Expr, Load, Var } from './expr.js'
import type { Stmt } from './stmt.js'

const noExprs: readonly Expr[] = []

/** The direct operands of an expression. */
export function exprChildren(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'const':
    case 'var':
    case 'size':
    case 'builtin':
      return noExprs
    case 'unary':
    case 'cast':
    case 'bitcast':
      return [expr.value]
    case 'binary':
      return [expr.left, expr.right]
    case 'select':
      return [expr.cond, expr.then, expr.else]
    case 'load':
      return expr.index
  }
}

/** Visits each distinct node of an expression once, parents first. */
export function walkExpr(expr: Expr, visit: (expr: Expr) => void, seen: Set<Expr> = new Set()): void {
  if (seen.has(expr)) return
  seen.add(expr)
  visit(expr)
  switch (expr.kind) {
    case 'const':
    case 'var':
    case 'size':
    case 'builtin':
      return
    case 'unary':
    case 'cast':
    case 'bitcast':
      walkExpr(expr.value, visit, seen)
      return
    case 'binary':
      walkExpr(expr.left, visit, seen)
      walkExpr(expr.right, visit, seen)
      return
    case 'select':
      walkExpr(expr.cond, visit, seen)
      walkExpr(expr.then, visit, seen)
      walkExpr(expr.else, visit, seen)
      return
    case 'load':
      for (const index of expr.index) walkExpr(index, visit, seen)
  }
}

/** Whether any node satisfies the predicate. */
export function someExpr(expr: Expr, predicate: (expr: Expr) => boolean): boolean {
  return someNode(expr, predicate, new Set())
}

function someNode(expr: Expr, predicate: (expr: Expr) => boolean, seen: Set<Expr>): boolean {
  if (predicate(expr)) return true
  switch (expr.kind) {
    case 'const':
    case 'var':
    case 'size':
    case 'builtin':
      return false
    case 'unary':
    case 'cast':
    case 'bitcast':
      return someNode(expr.value, predicate, seen)
    default:
      // Only where paths meet again can a node be reached twice.
      if (seen.has(expr)) return false
      seen.add(expr)
      for (const child of exprChildren(expr)) if (someNode(child, predicate, seen)) return true
      return false
  }
}

/**
 * Visits each distinct load of an expression once, outer ones first. It keeps no record of leaves, nor of nodes with one
 * operand that is none: most of what there is.
 */
export function walkLoads(expr: Expr, visit: (load: Load) => void, seen: Set<Expr> = new Set()): void {
  switch (expr.kind) {
    case 'const':
    case 'var':
    case 'size':
    case 'builtin':
      return
    case 'unary':
    case 'cast':
    case 'bitcast':
      walkLoads(expr.value, visit, seen)
      return
    case 'binary':
      if (isLeaf(expr.right)) {
        walkLoads(expr.left, visit, seen)
        return
      }
      if (!isLeaf(expr.left)) {
        if (seen.has(expr)) return
        seen.add(expr)
        walkLoads(expr.left, visit, seen)
      }
      walkLoads(expr.right, visit, seen)
      return
    case 'select':
      if (seen.has(expr)) return
      seen.add(expr)
      walkLoads(expr.cond, visit, seen)
      walkLoads(expr.then, visit, seen)
      walkLoads(expr.else, visit, seen)
      return
    case 'load':
      if (seen.has(expr)) return
      seen.add(expr)
      visit(expr)
      for (const index of expr.index) walkLoads(index, visit, seen)
  }
}

const isLeaf = ({ kind }: Expr): boolean => kind === 'const' || kind === 'var' || kind === 'builtin' || kind === 'size'

/** The loads of an expression, each node once. */
export function loadsOf(expr: Expr): readonly Load[] {
  const loads: Load[] = []
  walkLoads(expr, (load) => loads.push(load))
  return loads
}

const optional = (expr: Expr | undefined): readonly Expr[] => (expr === undefined ? noExprs : [expr])

/** The expressions that a statement itself holds, not those of the statements inside it. */
export function stmtExprs(stmt: Stmt): readonly Expr[] {
  switch (stmt.kind) {
    case 'seq':
    case 'declare':
    case 'declare-mbarrier':
    case 'barrier':
    case 'async-commit':
    case 'async-wait':
    case 'matrix-multiply':
    case 'async-multiply-wait':
      return noExprs
    case 'let':
    case 'shuffle':
      return [stmt.value]
    case 'load-matrices':
      return stmt.index
    case 'store':
    case 'atomic':
      return [...stmt.index, stmt.value]
    case 'load-vector':
      return [stmt.index, ...optional(stmt.guard)]
    case 'store-vector':
      return [stmt.index, ...stmt.values]
    case 'for':
      return [stmt.extent]
    case 'for-task':
      return [stmt.worker]
    case 'if':
      return [stmt.cond]
    case 'async-copy':
      return [...stmt.destinationIndex, ...stmt.sourceIndex, ...optional(stmt.guard)]
    case 'async-multiply':
      return tilesRead(stmt).flatMap(({ index }) => index)
    case 'tile-copy':
      return [...stmt.destinationIndex, ...stmt.extents, ...stmt.first, stmt.slot]
    case 'mbarrier-arrive':
      return [stmt.slot, ...optional(stmt.rank)]
    case 'mbarrier-wait':
      return [stmt.slot, stmt.parity]
  }
}

/** The statements directly inside a statement. */
export function stmtChildren(stmt: Stmt): readonly Stmt[] {
  switch (stmt.kind) {
    case 'seq':
      return stmt.body
    case 'for':
    case 'for-task':
      return [stmt.body]
    case 'if':
      return stmt.else === undefined ? [stmt.then] : [stmt.then, stmt.else]
    default:
      return []
  }
}

/** Visits a statement and those inside it, in order. */
export function walkStmts(stmt: Stmt, visit: (stmt: Stmt) => void): void {
  visit(stmt)
  for (const child of stmtChildren(stmt)) walkStmts(child, visit)
}

/** Visits each distinct expression node of a statement and of those inside it. */
export function walkExprs(stmt: Stmt, visit: (expr: Expr) => void): void {
  const seen = new Set<Expr>()
  walkStmts(stmt, (inner) => {
    for (const expr of stmtExprs(inner)) walkExpr(expr, visit, seen)
  })
}

/** The variables that a statement binds for what follows it, or for its body. */
export function boundVars(stmt: Stmt): readonly Var[] {
  switch (stmt.kind) {
    case 'let':
    case 'shuffle':
      return [stmt.var]
    case 'load-vector':
      return stmt.vars
    case 'for-task':
      return stmt.position === undefined ? stmt.vars : [...stmt.vars, stmt.position]
    case 'for':
      return [stmt.loopVar]
    case 'atomic':
      return stmt.previous === undefined ? [] : [stmt.previous]
    default:
      return []
  }
}

/** Buffers read by the statement itself (not by those inside it). */
export function buffersRead(stmt: Stmt): readonly Buffer[] {
  const loads: Buffer[] = []
  for (const expr of stmtExprs(stmt)) walkLoads(expr, ({ buffer }) => loads.push(buffer))
  switch (stmt.kind) {
    case 'load-vector':
    case 'atomic':
      return [...loads, stmt.buffer]
    case 'async-copy':
    case 'tile-copy':
    case 'load-matrices':
      return [...loads, stmt.source]
    case 'matrix-multiply':
      return [stmt.a.buffer, stmt.b.buffer, stmt.d.buffer]
    case 'async-multiply':
      return [...loads, stmt.a.buffer, stmt.b.buffer, stmt.d.buffer]
    default:
      return loads
  }
}

/** Buffers written by the statement itself (not by those inside it). */
export function buffersWritten(stmt: Stmt): readonly Buffer[] {
  switch (stmt.kind) {
    case 'store':
    case 'store-vector':
    case 'atomic':
      return [stmt.buffer]
    case 'async-copy':
    case 'tile-copy':
      return [stmt.destination]
    case 'load-matrices':
      return stmt.to
    case 'matrix-multiply':
    case 'async-multiply':
      return [stmt.d.buffer]
    case 'async-multiply-wait':
      return stmt.results
    default:
      return []
  }
}
