/** A kernel over other buffers. */
import { type Buffer, type Expr, type Kernel, load, mapStmt, rewriteExpr, type Stmt } from '@tilewright/ir'

/** The kernel with each storage buffer replaced by what `of` gives; parameters that become one are one. */
export function renameBuffers(kernel: Kernel, of: (old: Buffer) => Buffer): Kernel {
  const memo = new Map<Expr, Expr>()
  const visit = (node: Expr): Expr => (node.kind === 'load' ? load(of(node.buffer), node.index) : node)
  const rename = (stmt: Stmt): Stmt =>
    withBuffers(
      mapStmt(stmt, (expr) => rewriteExpr(expr, visit, memo), rename),
      of,
    )
  return { ...kernel, params: [...new Set(kernel.params.map(of))], body: rename(kernel.body) }
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
    case 'tile-copy':
      return { ...stmt, source: of(stmt.source) }
    default:
      return stmt
  }
}
