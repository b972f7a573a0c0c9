/**
 * Rewriting. Mappers give back the same object when no child changed, so `===` means unchanged. Expressions are shared
 * (a DAG): rewriters visit each node once.
 */
import { mapTiles } from './async-multiply.js'
import { defined } from './errors.js'
import { binary, bitcast, cast, type Expr, load, select, unary, type Var } from './expr.js'
import { ifThen, type Stmt, seq } from './stmt.js'

/** Maps the elements; the same array when none changed. */
export function mapArray<T>(items: readonly T[], f: (item: T) => T): readonly T[] {
  let changed = false
  const mapped: T[] = []
  for (const item of items) {
    const result = f(item)
    changed ||= result !== item
    mapped.push(result)
  }
  return changed ? mapped : items
}

/** Rebuilds an expression with its children mapped by `f`, through the checking, folding constructors. */
export function mapExpr(expr: Expr, f: (child: Expr) => Expr): Expr {
  switch (expr.kind) {
    case 'const':
    case 'var':
    case 'size':
    case 'builtin':
      return expr
    case 'unary':
    case 'cast':
    case 'bitcast': {
      const value = f(expr.value)
      if (value === expr.value) return expr
      if (expr.kind === 'unary') return unary(expr.op, value)
      return expr.kind === 'cast' ? cast(expr.dtype, value) : bitcast(expr.dtype, value)
    }
    case 'binary': {
      const left = f(expr.left)
      const right = f(expr.right)
      return left === expr.left && right === expr.right ? expr : binary(expr.op, left, right)
    }
    case 'select': {
      const cond = f(expr.cond)
      const then = f(expr.then)
      const otherwise = f(expr.else)
      const same = cond === expr.cond && then === expr.then && otherwise === expr.else
      return same ? expr : select(cond, then, otherwise)
    }
    case 'load': {
      const index = mapArray(expr.index, f)
      return index === expr.index ? expr : load(expr.buffer, index)
    }
  }
}

/** Rewrites bottom-up: `visit` sees each node once, after its children. */
export function rewriteExpr(expr: Expr, visit: (expr: Expr) => Expr, memo: Map<Expr, Expr> = new Map()): Expr {
  const rewrite = (node: Expr): Expr => {
    const known = memo.get(node)
    if (known !== undefined) return known
    const result = visit(mapExpr(node, rewrite))
    memo.set(node, result)
    return result
  }
  return rewrite(expr)
}

/** Replaces variables by expressions. */
export function substitute(expr: Expr, replacements: ReadonlyMap<Var, Expr>): Expr {
  return rewriteExpr(expr, (node) => (node.kind === 'var' ? (replacements.get(node) ?? node) : node))
}

/** What `substitute` puts in the place of variables, in order. Throws `InternalError` when there are fewer values. */
export function bindVars(vars: readonly Var[], to: readonly Expr[]): Map<Var, Expr> {
  return new Map(vars.map((v, i) => [v, defined(to[i], 'a value for each variable')]))
}

/** Rebuilds a statement with its expressions mapped by `onExpr` and its child statements by `onStmt`. */
export function mapStmt(stmt: Stmt, onExpr: (expr: Expr) => Expr, onStmt: (stmt: Stmt) => Stmt): Stmt {
  switch (stmt.kind) {
    case 'declare':
    case 'declare-mbarrier':
    case 'barrier':
    case 'async-commit':
    case 'async-wait':
    case 'matrix-multiply':
    case 'async-multiply-wait':
      return stmt
    case 'seq': {
      const body = mapArray(stmt.body, onStmt)
      return body === stmt.body ? stmt : seq(body)
    }
    case 'let':
    case 'shuffle': {
      const value = onExpr(stmt.value)
      return value === stmt.value ? stmt : { ...stmt, value }
    }
    case 'store': {
      const index = mapArray(stmt.index, onExpr)
      const value = onExpr(stmt.value)
      return index === stmt.index && value === stmt.value ? stmt : { ...stmt, index, value }
    }
    case 'load-vector': {
      const index = onExpr(stmt.index)
      const guard = stmt.guard && onExpr(stmt.guard)
      return index === stmt.index && guard === stmt.guard ? stmt : { ...stmt, index, guard }
    }
    case 'store-vector': {
      const index = onExpr(stmt.index)
      const values = mapArray(stmt.values, onExpr)
      return index === stmt.index && values === stmt.values ? stmt : { ...stmt, index, values }
    }
    case 'for': {
      const extent = onExpr(stmt.extent)
      const body = onStmt(stmt.body)
      return extent === stmt.extent && body === stmt.body ? stmt : { ...stmt, extent, body }
    }
    case 'for-task': {
      const worker = onExpr(stmt.worker)
      const body = onStmt(stmt.body)
      return worker === stmt.worker && body === stmt.body ? stmt : { ...stmt, worker, body }
    }
    case 'if': {
      const cond = onExpr(stmt.cond)
      const then = onStmt(stmt.then)
      const otherwise = stmt.else === undefined ? undefined : onStmt(stmt.else)
      if (cond === stmt.cond && then === stmt.then && otherwise === stmt.else) return stmt
      return ifThen(cond, then, otherwise, stmt.at)
    }
    case 'atomic': {
      const index = mapArray(stmt.index, onExpr)
      const value = onExpr(stmt.value)
      return index === stmt.index && value === stmt.value ? stmt : { ...stmt, index, value }
    }
    case 'async-copy': {
      const destinationIndex = mapArray(stmt.destinationIndex, onExpr)
      const sourceIndex = mapArray(stmt.sourceIndex, onExpr)
      const guard = stmt.guard && onExpr(stmt.guard)
      const same =
        destinationIndex === stmt.destinationIndex && sourceIndex === stmt.sourceIndex && guard === stmt.guard
      return same ? stmt : { ...stmt, destinationIndex, sourceIndex, guard }
    }
    case 'tile-copy': {
      const destinationIndex = mapArray(stmt.destinationIndex, onExpr)
      const extents = mapArray(stmt.extents, onExpr)
      const first = mapArray(stmt.first, onExpr)
      const slot = onExpr(stmt.slot)
      const same =
        destinationIndex === stmt.destinationIndex &&
        extents === stmt.extents &&
        first === stmt.first &&
        slot === stmt.slot
      return same ? stmt : { ...stmt, destinationIndex, extents, first, slot }
    }
    case 'async-multiply':
      return mapTiles(stmt, (tile) => {
        const index = mapArray(tile.index, onExpr)
        return index === tile.index ? tile : { ...tile, index }
      })
    case 'load-matrices': {
      const index = mapArray(stmt.index, onExpr)
      return index === stmt.index ? stmt : { ...stmt, index }
    }
    case 'mbarrier-arrive': {
      const slot = onExpr(stmt.slot)
      const rank = stmt.rank && onExpr(stmt.rank)
      return slot === stmt.slot && rank === stmt.rank ? stmt : { ...stmt, slot, rank }
    }
    case 'mbarrier-wait': {
      const slot = onExpr(stmt.slot)
      const parity = onExpr(stmt.parity)
      return slot === stmt.slot && parity === stmt.parity ? stmt : { ...stmt, slot, parity }
    }
  }
}

/** Rewrites every expression of a statement and of those inside it. `rewrite` is given whole expressions. */
export function rewriteExprs(stmt: Stmt, rewrite: (expr: Expr) => Expr): Stmt {
  return mapStmt(stmt, rewrite, (child) => rewriteExprs(child, rewrite))
}

/** Rewrites statements bottom-up: `visit` sees each after its children. */
export function rewriteStmts(stmt: Stmt, visit: (stmt: Stmt) => Stmt): Stmt {
  return visit(
    mapStmt(
      stmt,
      (expr) => expr,
      (child) => rewriteStmts(child, visit),
    ),
  )
}

/** Replaces variables by expressions in a statement. */
export function substituteStmt(stmt: Stmt, replacements: ReadonlyMap<Var, Expr>): Stmt {
  const memo = new Map<Expr, Expr>()
  const visit = (node: Expr): Expr => (node.kind === 'var' ? (replacements.get(node) ?? node) : node)
  return rewriteExprs(stmt, (expr) => rewriteExpr(expr, visit, memo))
}
