/**
 * Gives the parameters of a kernel names that say nothing of the tensors they are bound to, so that the kernels of equal
 * layers have equal source and compile once.
 */
import { type Buffer, buffer, type Expr, type Kernel, load, mapStmt, rewriteExpr, type Stmt } from '@tilewright/ir'

/** The kernel with parameters named by position; their order stays. */
export function neutralNames(kernel: Kernel): Kernel {
  const renamed = new Map(
    kernel.params.map((param, i) => [param, buffer(`p${i}`, param.dtype, param.shape, param.scope)]),
  )
  const of = (old: Buffer): Buffer => renamed.get(old) ?? old
  const memo = new Map<Expr, Expr>()
  const visit = (node: Expr): Expr => (node.kind === 'load' ? load(of(node.buffer), node.index) : node)
  const rename = (stmt: Stmt): Stmt =>
    withBuffers(
      mapStmt(stmt, (expr) => rewriteExpr(expr, visit, memo), rename),
      of,
    )
  return { ...kernel, params: kernel.params.map(of), body: rename(kernel.body) }
}

/** The statement with the storage buffers that it names itself replaced. */
function withBuffers(stmt: Stmt, of: (old: Buffer) => Buffer): Stmt {
  switch (stmt.kind) {
    case 'store':
    case 'load-vector':
    case 'store-vector':
    case 'atomic':
      return { ...stmt, buffer: of(stmt.buffer) }
    case 'async-copy':
      return { ...stmt, source: of(stmt.source) }
    default:
      return stmt
  }
}
