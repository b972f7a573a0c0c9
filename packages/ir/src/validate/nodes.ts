/**
 * Types, ranks and scopes of single nodes. Rewriting copies statements without asking their constructors again, so this
 * rule asks them: what a constructor refuses cannot stand in a kernel.
 */
import { asyncMultiply, asyncMultiplyWait } from '../async-multiply.js'
import { checkArgument } from '../check-arguments.js'
import { expectType } from '../dtype.js'
import { TilewrightError } from '../errors.js'
import { binary, bitcast, cast, type Expr, load, select, unary } from '../expr.js'
import {
  asyncCopy,
  atomic,
  declare,
  forLoop,
  forTask,
  ifThen,
  letStmt,
  loadVector,
  type Stmt,
  store,
  storeVector,
} from '../stmt.js'
import { loadMatrices, matrixMultiply, shuffle } from '../subgroup-stmts.js'
import { tileCopy } from '../tile-copy.js'
import { exprChildren, stmtExprs, walkExpr, walkStmts } from '../walk.js'
import type { Finding, Rule } from './finding.js'

/**
 * `ir/type`, `ir/rank`, `ir/scope`, `ir/vector`, `ir/atomic`, `ir/async-copy`, `ir/fragment`, `ir/async-multiply`,
 * `ir/shuffle`, `ir/tile-copy`.
 */
export const checkNodes: Rule = ({ body }) => {
  const findings: Finding[] = []
  const seen = new Set<Expr>()
  const attempt = <T>(check: (node: T) => void, node: T, stmt: Stmt): void => {
    try {
      check(node)
    } catch (error) {
      if (!(error instanceof TilewrightError)) throw error
      findings.push({ code: error.code, message: error.message, help: error.help, stmt })
    }
  }
  const checkNode = (node: Expr, stmt: Stmt): void => {
    checkKind(node, exprChildren, 'an expression')
    attempt(checkExpr, node, stmt)
  }
  walkStmts(body, (stmt) => {
    checkKind(stmt, stmtExprs, 'a statement')
    for (const expr of stmtExprs(stmt)) walkExpr(expr, (node) => checkNode(node, stmt), seen)
    attempt(checkStmt, stmt, stmt)
  })
  return findings
}

/**
 * Throws `CompileError` `ir/kind` for what is no node, which nothing can print: a pass without types may leave anything.
 * `children` gives none for kinds that its switch does not know.
 */
function checkKind<T extends Expr | Stmt>(
  node: T,
  children: (node: T) => readonly Expr[] | undefined,
  what: string,
): void {
  const isNode = typeof node === 'object' && node !== null && children(node) !== undefined
  const help = 'make nodes with constructors, such as seq, letStmt, store and binary, which check what they are given'
  checkArgument(isNode, 'ir/kind', `the kind of ${what} is one of the IR`, node?.kind, help)
}

function checkExpr(expr: Expr): void {
  const { dtype } = rebuild(expr)
  if (dtype !== expr.dtype) expectType(dtype, expr.dtype, `a ${expr.kind} node`)
}

function rebuild(expr: Expr): Expr {
  switch (expr.kind) {
    case 'const':
    case 'var':
    case 'size':
    case 'builtin':
      return expr
    case 'unary':
      return unary(expr.op, expr.value)
    case 'binary':
      return binary(expr.op, expr.left, expr.right)
    case 'select':
      return select(expr.cond, expr.then, expr.else)
    case 'cast':
      return cast(expr.dtype, expr.value)
    case 'bitcast':
      return bitcast(expr.dtype, expr.value)
    case 'load':
      return load(expr.buffer, expr.index)
  }
}

function checkStmt(stmt: Stmt): void {
  switch (stmt.kind) {
    case 'seq':
    case 'barrier':
    case 'async-commit':
    case 'async-wait':
    case 'declare-mbarrier':
      return
    case 'let':
      letStmt(stmt.var, stmt.value)
      return
    case 'declare':
      declare(stmt.buffer)
      return
    case 'store':
      store(stmt.buffer, stmt.index, stmt.value)
      return
    case 'load-vector':
      loadVector(stmt.vars, stmt.buffer, stmt.index, stmt.guard)
      return
    case 'store-vector':
      storeVector(stmt.buffer, stmt.index, stmt.values)
      return
    case 'for':
      forLoop(stmt.loopVar, stmt.extent, stmt.body)
      return
    case 'for-task':
      forTask(stmt.vars, stmt.mapping, stmt.worker, stmt.body, stmt.at, stmt.position)
      return
    case 'if':
      ifThen(stmt.cond, stmt.then, stmt.else)
      return
    case 'atomic':
      atomic(stmt.op, stmt.buffer, stmt.index, stmt.value, stmt.previous)
      return
    case 'async-copy':
      asyncCopy(stmt)
      return
    case 'mbarrier-arrive':
      expectType('i32', stmt.slot.dtype, 'the slot of an mbarrier')
      if (stmt.rank !== undefined) expectType('i32', stmt.rank.dtype, 'the rank of a workgroup')
      return
    case 'mbarrier-wait':
      expectType('i32', stmt.slot.dtype, 'the slot of an mbarrier')
      expectType('i32', stmt.parity.dtype, 'the parity of an mbarrier')
      return
    case 'load-matrices':
      loadMatrices(stmt)
      return
    case 'shuffle':
      shuffle(stmt.var, stmt.value, stmt.mask)
      return
    case 'tile-copy':
      tileCopy(stmt)
      return
    case 'async-multiply':
      asyncMultiply(stmt)
      return
    case 'async-multiply-wait':
      asyncMultiplyWait(stmt.pending, stmt.results)
      return
    case 'matrix-multiply':
      matrixMultiply(stmt.a, stmt.b, stmt.d)
      return
  }
}
