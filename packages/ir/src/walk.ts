/** Walking: one exhaustive switch for each question that passes ask of a tree. */
import type { Buffer } from './buffer.js'
import type { Expr, Load, Var } from './expr.js'
import type { Stmt } from './stmt.js'

/** The direct operands of an expression. */
export function exprChildren(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'const':
    case 'var':
    case 'size':
    case 'builtin':
      return []
    case 'unary':
    case 'cast':
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
  for (const child of exprChildren(expr)) walkExpr(child, visit, seen)
}

/** Whether any node satisfies the predicate. */
export function someExpr(expr: Expr, predicate: (expr: Expr) => boolean): boolean {
  let found = false
  walkExpr(expr, (node) => {
    found ||= predicate(node)
  })
  return found
}

/** The loads of an expression, each node once. */
export function loadsOf(expr: Expr): readonly Load[] {
  const loads: Load[] = []
  walkExpr(expr, (node) => {
    if (node.kind === 'load') loads.push(node)
  })
  return loads
}

/** The expressions that a statement itself holds, not those of the statements inside it. */
export function stmtExprs(stmt: Stmt): readonly Expr[] {
  const optional = (expr: Expr | undefined): readonly Expr[] => (expr === undefined ? [] : [expr])
  switch (stmt.kind) {
    case 'seq':
    case 'declare':
    case 'declare-mbarrier':
    case 'barrier':
    case 'async-commit':
    case 'async-wait':
    case 'matrix-multiply':
      return []
    case 'let':
      return [stmt.value]
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
    case 'mbarrier-arrive':
      return [stmt.slot]
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
  const loads = stmtExprs(stmt).flatMap((expr) => loadsOf(expr).map((node) => node.buffer))
  switch (stmt.kind) {
    case 'load-vector':
    case 'atomic':
      return [...loads, stmt.buffer]
    case 'async-copy':
      return [...loads, stmt.source]
    case 'matrix-multiply':
      return [stmt.a.buffer, stmt.b.buffer, stmt.d.buffer]
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
      return [stmt.destination]
    case 'matrix-multiply':
      return [stmt.d.buffer]
    default:
      return []
  }
}
