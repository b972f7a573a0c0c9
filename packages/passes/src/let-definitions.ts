/** The values of `let`s that later analyses may look through. */
import { type Expr, type Stmt, type Var, walkStmts } from '@tilewright/ir'
import { isPure } from './ranges.js'

/** Each i32 variable whose value reads no memory, and that value: the two are equal wherever the variable is in scope. */
export function letDefinitions(body: Stmt): ReadonlyMap<Var, Expr> {
  const definitions = new Map<Var, Expr>()
  walkStmts(body, (stmt) => {
    if (stmt.kind === 'let' && stmt.var.dtype === 'i32' && isPure(stmt.value)) {
      definitions.set(stmt.var, stmt.value)
    }
  })
  return definitions
}
