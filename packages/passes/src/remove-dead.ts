/** Removes what has no effect: values nobody uses, private memory nobody reads, statements without contents. */
import {
  type Buffer,
  type Expr,
  exprChildren,
  fragmentsHeld,
  type Load,
  mapStmt,
  type Stmt,
  seq,
  stmtExprs,
  type Var,
  walkLoads,
  walkStmts,
} from '@tilewright/ir'

/** The statement without its dead parts; the same object when it has none. */
export function removeDead(body: Stmt): Stmt {
  let current = body
  let read = buffersOf(current)
  for (;;) {
    const next = sweep(current, { read, used: new Set(), seen: new Set() })
    if (next === current) return current
    // What was removed may have held the only load of a buffer: its stores are dead too.
    const stillRead = buffersOf(next)
    if (stillRead.size === read.size) return next
    current = next
    read = stillRead
  }
}

export const isEmpty = (stmt: Stmt): boolean => stmt.kind === 'seq' && stmt.body.length === 0

interface Uses {
  readonly read: ReadonlySet<Buffer>
  /** Variables used further down. */
  readonly used: Set<Var>
  readonly seen: Set<Expr>
}

/** What a body reads of the memory that can be private. */
function buffersOf(body: Stmt): ReadonlySet<Buffer> {
  const read = new Set<Buffer>()
  const seen = new Set<Expr>()
  const loaded: (readonly Buffer[])[] = []
  const note = ({ buffer }: Load): void => {
    if (buffer.scope === 'private') read.add(buffer)
  }
  walkStmts(body, (stmt) => {
    for (const expr of stmtExprs(stmt)) walkLoads(expr, note, seen)
    if (stmt.kind === 'load-vector' && stmt.buffer.scope === 'private') read.add(stmt.buffer)
    // It writes all of them or none.
    if (stmt.kind === 'load-matrices') loaded.push(stmt.to)
    if (stmt.kind === 'matrix-multiply') for (const { buffer } of [stmt.a, stmt.b, stmt.d]) read.add(buffer)
    if (stmt.kind === 'async-multiply') for (const { buffer } of fragmentsHeld(stmt)) read.add(buffer)
    if (stmt.kind === 'async-multiply-wait') for (const buffer of stmt.results) read.add(buffer)
  })
  for (const to of loaded) if (to.some((buffer) => read.has(buffer))) for (const buffer of to) read.add(buffer)
  return read
}

/** Last statement first, so that all uses of a variable are known where it is bound. */
function sweep(stmt: Stmt, uses: Uses): Stmt {
  if (stmt.kind === 'seq') {
    const kept: Stmt[] = []
    let changed = false
    for (const child of stmt.body.toReversed()) {
      const swept = sweep(child, uses)
      changed ||= swept !== child
      if (!isEmpty(swept)) kept.push(swept)
    }
    return changed || kept.length < stmt.body.length ? seq(kept.reverse()) : stmt
  }
  if (isDead(stmt, uses)) return seq([])
  const isUsed = (v: Var | undefined): boolean => v !== undefined && uses.used.has(v)
  const plain =
    stmt.kind === 'atomic' && !isUsed(stmt.previous) && stmt.previous ? { ...stmt, previous: undefined } : stmt
  const swept = mapStmt(
    plain,
    (expr) => expr,
    (child) => sweep(child, uses),
  )
  if ((swept.kind === 'for' || swept.kind === 'for-task') && isEmpty(swept.body)) return seq([])
  if (swept.kind === 'if' && isEmpty(swept.then) && (swept.else === undefined || isEmpty(swept.else))) return seq([])
  for (const expr of stmtExprs(swept)) useVars(expr, uses)
  return swept
}

/** Notes the variables of an expression. */
function useVars(expr: Expr, uses: Uses): void {
  switch (expr.kind) {
    case 'const':
    case 'size':
    case 'builtin':
      return
    case 'var':
      uses.used.add(expr)
      return
    default:
      if (uses.seen.has(expr)) return
      uses.seen.add(expr)
      for (const child of exprChildren(expr)) useVars(child, uses)
  }
}

function isDead(stmt: Stmt, { read, used }: Uses): boolean {
  const isUnread = (buffer: Buffer): boolean => buffer.scope === 'private' && !read.has(buffer)
  switch (stmt.kind) {
    case 'let':
      return !used.has(stmt.var)
    case 'load-vector':
      return !stmt.vars.some((v) => used.has(v))
    case 'declare':
    case 'store':
    case 'store-vector':
      return isUnread(stmt.buffer)
    case 'load-matrices':
      return stmt.to.every(isUnread)
    default:
      return false
  }
}
