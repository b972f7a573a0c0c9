/**
 * Repeats the body of each loop that asks for it and has a constant extent.
 *
 *     for i in 0..2 unroll { let x = a[i]; b[i] = x }
 *  => let x = a[0]; b[0] = x; let x' = a[1]; b[1] = x'
 *
 * Every copy has variables and private buffers of its own, so that each is still bound once. A loop is unrolled from the
 * outside in: what depends on an outer variable alone is made once for a copy and shared by the copies inside it. A loop
 * that would become more than `maxStatements` statements stays a loop, and those inside it are unrolled on their own.
 */
import {
  type Buffer,
  boundVars,
  buffer,
  defined,
  definePass,
  type Expr,
  type For,
  type Fragment,
  fragmentsHeld,
  int,
  isHeld,
  load,
  mapArray,
  mapStmt,
  type Pass,
  rewriteExpr,
  type Stmt,
  seq,
  stmtChildren,
  type Var,
  variable,
} from '@tilewright/ir'

export interface UnrollOptions {
  /** The most statements that one loop may become. Default: 2048. */
  readonly maxStatements?: number
}

/** The pass, with its limit. A loop of extent 0 vanishes. */
export function unrollLoops(options: UnrollOptions = {}): Pass {
  const { maxStatements = 2048 } = options
  return definePass('unroll-loops', {}, (kernel) => {
    const body = unroll(kernel.body, maxStatements, new Map())
    return body === kernel.body ? kernel : { ...kernel, body }
  })
}

function unroll(stmt: Stmt, maxStatements: number, sizes: Map<Stmt, number>): Stmt {
  const inside = (child: Stmt): Stmt => unroll(child, maxStatements, sizes)
  const extent = stmt.kind === 'for' ? unrolledExtent(stmt, maxStatements, sizes) : undefined
  if (stmt.kind !== 'for' || extent === undefined) return mapStmt(stmt, (expr) => expr, inside)
  return seq(Array.from({ length: extent }, (_, i) => inside(instantiate(stmt.body, stmt.loopVar, int(i)))))
}

/** The extent of a loop that is to be unrolled. */
function unrolledExtent(loop: For, maxStatements: number, sizes: Map<Stmt, number>): number | undefined {
  if (!loop.unroll || loop.extent.kind !== 'const') return undefined
  const extent = Math.max(0, Number(loop.extent.value))
  return extent * unrolledSize(loop.body, maxStatements, sizes) <= maxStatements ? extent : undefined
}

/** How many statements a statement becomes. */
function unrolledSize(stmt: Stmt, maxStatements: number, sizes: Map<Stmt, number>): number {
  const known = sizes.get(stmt)
  if (known !== undefined) return known
  const inside = stmtChildren(stmt).reduce((sum, child) => sum + unrolledSize(child, maxStatements, sizes), 0)
  const extent = stmt.kind === 'for' ? unrolledExtent(stmt, maxStatements, sizes) : undefined
  const size = extent !== undefined ? extent * inside : stmt.kind === 'seq' ? inside : 1 + inside
  sizes.set(stmt, size)
  return size
}

/** A copy of `body` for one value of its loop variable, with bindings and declarations of its own. */
function instantiate(body: Stmt, loopVar: Var, value: Expr): Stmt {
  const vars = new Map<Var, Expr>([[loopVar, value]])
  const freshVars = new Map<Var, Var>()
  const buffers = new Map<Buffer, Buffer>()
  const memo = new Map<Expr, Expr>()
  const ofBuffer = (source: Buffer): Buffer => buffers.get(source) ?? source
  const ofVar = (v: Var): Var => defined(freshVars.get(v), 'a binding is renewed before its statement is copied')
  const visit = (node: Expr): Expr => {
    if (node.kind === 'var') return vars.get(node) ?? node
    if (node.kind !== 'load') return node
    const fresh = ofBuffer(node.buffer)
    return fresh === node.buffer ? node : load(fresh, node.index)
  }
  const copy = (stmt: Stmt): Stmt => {
    for (const v of boundVars(stmt)) {
      const fresh = variable(v.hint, v.dtype)
      freshVars.set(v, fresh)
      vars.set(v, fresh)
    }
    if (stmt.kind === 'declare') {
      const { hint, dtype, shape, scope } = stmt.buffer
      buffers.set(stmt.buffer, buffer(hint, dtype, shape, scope))
    }
    // Renamed before its expressions are mapped: a condition that becomes constant leaves a statement already copied.
    return mapStmt(rename(stmt, ofVar, ofBuffer), (expr) => rewriteExpr(expr, visit, memo), copy)
  }
  return copy(body)
}

/** Replaces the variables that a statement binds and the buffers that it names. */
function rename(stmt: Stmt, ofVar: (v: Var) => Var, ofBuffer: (source: Buffer) => Buffer): Stmt {
  const renamed = ({ buffer, map }: Fragment): Fragment => ({ buffer: ofBuffer(buffer), map })
  switch (stmt.kind) {
    case 'let':
      return { ...stmt, var: ofVar(stmt.var) }
    case 'for':
      return { ...stmt, loopVar: ofVar(stmt.loopVar) }
    case 'for-task':
      return { ...stmt, vars: stmt.vars.map(ofVar), position: stmt.position && ofVar(stmt.position) }
    case 'load-vector':
      return { ...stmt, vars: stmt.vars.map(ofVar), buffer: ofBuffer(stmt.buffer) }
    case 'atomic':
      return {
        ...stmt,
        buffer: ofBuffer(stmt.buffer),
        previous: stmt.previous === undefined ? undefined : ofVar(stmt.previous),
      }
    case 'declare':
    case 'store':
    case 'store-vector': {
      const fresh = ofBuffer(stmt.buffer)
      return fresh === stmt.buffer ? stmt : { ...stmt, buffer: fresh }
    }
    case 'matrix-multiply': {
      const { a, b, d } = stmt
      if ([a, b, d].every(({ buffer }) => ofBuffer(buffer) === buffer)) return stmt
      return { ...stmt, a: renamed(a), b: renamed(b), d: renamed(d) }
    }
    case 'async-multiply': {
      const { a, d } = stmt
      if (fragmentsHeld(stmt).every(({ buffer }) => ofBuffer(buffer) === buffer)) return stmt
      return { ...stmt, a: isHeld(a) ? renamed(a) : a, d: renamed(d) }
    }
    case 'async-multiply-wait': {
      const results = mapArray(stmt.results, ofBuffer)
      return results === stmt.results ? stmt : { ...stmt, results }
    }
    case 'shuffle':
      return { ...stmt, var: ofVar(stmt.var) }
    case 'load-matrices': {
      const to = mapArray(stmt.to, ofBuffer)
      return to === stmt.to ? stmt : { ...stmt, to }
    }
    default:
      // Async copies go from storage to workgroup memory: no loop declares either.
      return stmt
  }
}
