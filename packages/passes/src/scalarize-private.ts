/**
 * Turns private arrays into variables, and variables that are set once into values.
 *
 *     private a: f32[2]; a[0] = x[i]; a[1] = x[i + 1]; loop { acc = acc + a[0] * a[1] }
 *  => let a_0 = x[i]; let a_1 = x[i + 1]; loop { acc = acc + a_0 * a_1 }
 *
 * First, an array whose every access is a load or a store at a constant index becomes one private buffer of rank 0 for
 * each element used: a mutable variable, declared where the array was. Then a variable that is stored exactly once, in the
 * very sequence that declares it and before every load of it, becomes a `let`: it is evaluated when it was stored, so it
 * keeps the same value whatever is written afterwards. Element types that a store narrows to stay variables.
 */
import {
  type Buffer,
  buffer,
  computeType,
  declare,
  definePass,
  type Expr,
  fragmentsHeld,
  type Load,
  letStmt,
  load,
  mapStmt,
  type Pass,
  rewriteExpr,
  type Stmt,
  seq,
  stmtChildren,
  stmtExprs,
  type Var,
  variable,
  walkLoads,
  walkStmts,
} from '@tilewright/ir'

export const scalarizePrivate: Pass = definePass('scalarize-private', { requires: ['flat-indices'] }, (kernel) => {
  const body = bindOnce(splitArrays(kernel.body))
  return body === kernel.body ? kernel : { ...kernel, body }
})

/** The elements of each private array that is accessed at constant indices only. */
function constantArrays(body: Stmt): ReadonlyMap<Buffer, Map<number, Buffer>> {
  const arrays = new Map<Buffer, Map<number, Buffer>>()
  walkStmts(body, (stmt) => {
    if (stmt.kind === 'declare' && stmt.buffer.scope === 'private' && stmt.buffer.shape.length === 1) {
      arrays.set(stmt.buffer, new Map())
    }
  })
  if (arrays.size === 0) return arrays
  const access = (array: Buffer, index: readonly Expr[]): void => {
    const elements = arrays.get(array)
    if (elements === undefined) return
    const [at] = index
    const position = at?.kind === 'const' ? Number(at.value) : -1
    if (position < 0 || position >= Number(array.shape[0])) arrays.delete(array)
    else if (!elements.has(position)) {
      elements.set(position, buffer(`${array.hint}_${position}`, array.dtype, [], 'private'))
    }
  }
  const seen = new Set<Expr>()
  const accessLoad = ({ buffer, index }: Load): void => access(buffer, index)
  walkStmts(body, (stmt) => {
    for (const expr of stmtExprs(stmt)) walkLoads(expr, accessLoad, seen)
    if (stmt.kind === 'store') access(stmt.buffer, stmt.index)
    else if (stmt.kind === 'load-vector' || stmt.kind === 'store-vector') arrays.delete(stmt.buffer)
    else if (stmt.kind === 'load-matrices') for (const buffer of stmt.to) arrays.delete(buffer)
    else if (stmt.kind === 'async-multiply-wait') for (const buffer of stmt.results) arrays.delete(buffer)
    else if (stmt.kind === 'async-multiply') for (const { buffer } of fragmentsHeld(stmt)) arrays.delete(buffer)
    else if (stmt.kind === 'matrix-multiply') {
      for (const { buffer } of [stmt.a, stmt.b, stmt.d]) arrays.delete(buffer)
    }
  })
  return arrays
}

function splitArrays(body: Stmt): Stmt {
  const arrays = constantArrays(body)
  if (arrays.size === 0) return body
  const elementOf = (array: Buffer, index: readonly Expr[]): Buffer | undefined => {
    const [at] = index
    return at?.kind === 'const' ? arrays.get(array)?.get(Number(at.value)) : undefined
  }
  // One node for all loads of an element: what is shared stays shared.
  const loads = new Map<Buffer, Expr>()
  const visit = (node: Expr): Expr => {
    const element = node.kind === 'load' ? elementOf(node.buffer, node.index) : undefined
    if (element === undefined) return node
    const known = loads.get(element) ?? load(element, [])
    loads.set(element, known)
    return known
  }
  return rewriteBody(body, visit, (stmt) => {
    if (stmt.kind === 'declare') {
      const elements = arrays.get(stmt.buffer)
      if (elements === undefined) return stmt
      const inOrder = [...elements].sort(([a], [b]) => a - b)
      return seq(inOrder.map(([, element]) => declare(element, stmt.at)))
    }
    if (stmt.kind !== 'store') return stmt
    const element = elementOf(stmt.buffer, stmt.index)
    return element === undefined ? stmt : { ...stmt, buffer: element, index: [] }
  })
}

/** A body with its expressions' nodes and then its statements replaced, each once. */
function rewriteBody(body: Stmt, onNode: (node: Expr) => Expr, onStmt: (stmt: Stmt) => Stmt): Stmt {
  const memo = new Map<Expr, Expr>()
  const onExpr = (expr: Expr): Expr => rewriteExpr(expr, onNode, memo)
  const visit = (stmt: Stmt): Stmt => onStmt(mapStmt(stmt, onExpr, visit))
  return visit(body)
}

/** What is known of a private variable while its uses are listed in order. */
interface Uses {
  /** The sequence that declares it. */
  readonly scope: Stmt
  /** Its stores so far, and whether each stands in that same sequence. */
  stores: number
  direct: boolean
  storedAt: number
  /** Position of the first statement that loads it. */
  loadedAt: number
}

/** Variables that can be values: stored once, beside their declaration, before every load. */
function boundOnce(body: Stmt): ReadonlyMap<Buffer, Var> {
  const variables = new Map<Buffer, Uses>()
  const seen = new Set<Expr>()
  let position = 0
  const noteLoad = ({ buffer }: Load): void => {
    const uses = variables.get(buffer)
    if (uses !== undefined) uses.loadedAt = Math.min(uses.loadedAt, position)
  }
  const visit = (stmt: Stmt, scope: Stmt | undefined): void => {
    position++
    for (const expr of stmtExprs(stmt)) {
      walkLoads(expr, noteLoad, seen)
    }
    if (stmt.kind === 'declare' && isVariable(stmt.buffer) && scope !== undefined) {
      const none = { stores: 0, direct: true, storedAt: 0, loadedAt: Number.POSITIVE_INFINITY }
      variables.set(stmt.buffer, { scope, ...none })
    } else if (stmt.kind === 'store') {
      const uses = variables.get(stmt.buffer)
      if (uses !== undefined) {
        uses.stores++
        uses.direct &&= uses.scope === scope
        uses.storedAt = position
      }
    }
    for (const child of stmtChildren(stmt)) visit(child, stmt.kind === 'seq' ? stmt : undefined)
  }
  visit(body, undefined)
  const bound = new Map<Buffer, Var>()
  for (const [declared, { stores, direct, storedAt, loadedAt }] of variables) {
    if (stores === 1 && direct && storedAt < loadedAt) {
      bound.set(declared, variable(declared.hint, computeType(declared.dtype)))
    }
  }
  return bound
}

/** A private buffer of rank 0 whose stores keep every bit. */
const isVariable = ({ scope, shape, dtype }: Buffer): boolean =>
  scope === 'private' && shape.length === 0 && dtype === computeType(dtype)

function bindOnce(body: Stmt): Stmt {
  const bound = boundOnce(body)
  if (bound.size === 0) return body
  const visit = (node: Expr): Expr => (node.kind === 'load' ? (bound.get(node.buffer) ?? node) : node)
  return rewriteBody(body, visit, (stmt) => {
    const v = stmt.kind === 'store' || stmt.kind === 'declare' ? bound.get(stmt.buffer) : undefined
    if (v === undefined) return stmt
    return stmt.kind === 'store' ? letStmt(v, stmt.value, stmt.at) : seq([])
  })
}
