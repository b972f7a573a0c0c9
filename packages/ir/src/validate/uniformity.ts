/**
 * Barriers stand where all their participants come. A barrier of the workgroup stands only under conditions and loop
 * bounds that are equal in all its threads; one of the subgroup, and a matrix-multiply, under those that are equal in
 * all threads of the subgroup. None stands in the body of a `for-task`, whose idle workers would not come.
 *
 * Equal in all threads of the workgroup are: constants, sizes, the position of the workgroup, loop variables and lets
 * made of these, and loads at such indices from a storage buffer that the kernel never writes. The index of the
 * subgroup is equal in its own threads. Nothing else is believed: WGSL's own analysis believes no more.
 */
import type { Buffer } from '../buffer.js'
import type { Expr, Var } from '../expr.js'
import type { Participants, Stmt } from '../stmt.js'
import { isOfWholeSubgroups } from '../subgroup-stmts.js'
import { boundVars, buffersWritten, exprChildren, stmtChildren, stmtExprs, walkStmts } from '../walk.js'
import type { Finding, Rule } from './finding.js'

/** Among whom a value is equal. */
type Uniformity = 'thread' | 'subgroup' | 'workgroup'

const order: readonly Uniformity[] = ['thread', 'subgroup', 'workgroup']

/** The weakest of several; `workgroup` of none. */
function weakest(levels: readonly Uniformity[]): Uniformity {
  return order.find((level) => levels.includes(level)) ?? 'workgroup'
}

/** Where a statement stands: who comes there together, and the loops and conditions that keep the others away. */
interface Flow {
  readonly together: Uniformity
  readonly divergent: readonly { readonly level: Uniformity; readonly stmt: Stmt }[]
}

/** `ir/divergent-barrier`. */
export const checkUniformity: Rule = ({ body }) => {
  const written = new Set<Buffer>()
  walkStmts(body, (stmt) => {
    for (const target of buffersWritten(stmt)) written.add(target)
  })
  /** What binds each variable met so far: asked only where a barrier may depend on it. */
  const bindings = new Map<Var, Stmt>()
  const known = new Map<Expr, Uniformity>()
  const isReadOnly = (source: Buffer): boolean => source.scope === 'storage' && !written.has(source)

  const uniformity = (expr: Expr): Uniformity => {
    const found = known.get(expr)
    if (found !== undefined) return found
    // In an invalid kernel a variable may depend on itself.
    known.set(expr, 'thread')
    const level = own(expr)
    known.set(expr, level)
    return level
  }
  const own = (expr: Expr): Uniformity => {
    switch (expr.kind) {
      case 'var': {
        const binding = bindings.get(expr)
        return binding !== undefined && canBeUniform(binding, isReadOnly) ? levelOf(binding) : 'thread'
      }
      case 'builtin':
        if (expr.name === 'subgroup') return 'subgroup'
        return expr.name === 'thread' || expr.name === 'lane' ? 'thread' : 'workgroup'
      case 'load':
        return isReadOnly(expr.buffer) ? weakest(expr.index.map(uniformity)) : 'thread'
      default:
        return weakest(exprChildren(expr).map(uniformity))
    }
  }

  const levelOf = (stmt: Stmt): Uniformity => weakest(stmtExprs(stmt).map(uniformity))

  const findings: Finding[] = []
  const visit = (stmt: Stmt, flow: Flow): void => {
    for (const bound of boundVars(stmt)) bindings.set(bound, stmt)
    const participants = barrierOf(stmt)
    if (participants !== undefined && order.indexOf(flow.together) < order.indexOf(participants)) {
      findings.push(divergent(stmt, participants, flow))
    }
    const children = stmtChildren(stmt)
    if (children.length === 0) return
    const within = stmt.kind === 'seq' ? flow : inside(stmt, levelOf(stmt), flow)
    for (const child of children) visit(child, within)
  }
  visit(body, { together: 'workgroup', divergent: [] })
  return findings
}

/** Whether what a statement binds is equal where its expressions are. */
function canBeUniform(stmt: Stmt, isReadOnly: (source: Buffer) => boolean): boolean {
  return stmt.kind === 'let' || stmt.kind === 'for' || (stmt.kind === 'load-vector' && isReadOnly(stmt.buffer))
}

function inside(stmt: Stmt, level: Uniformity, { together, divergent }: Flow): Flow {
  const own = stmt.kind === 'for-task' ? 'thread' : level
  return {
    together: weakest([together, own]),
    divergent: own === 'workgroup' ? divergent : [...divergent, { level: own, stmt }],
  }
}

/** Who must come to a statement together; undefined for one that a thread may come to alone. */
function barrierOf(stmt: Stmt): Participants | undefined {
  if (isOfWholeSubgroups(stmt)) return 'subgroup'
  return stmt.kind === 'barrier' ? stmt.participants : undefined
}

function divergent(stmt: Stmt, participants: Participants, flow: Flow): Finding {
  const reached = order.indexOf(participants)
  const what = isOfWholeSubgroups(stmt) ? `a ${stmt.kind}` : `a ${participants} barrier`
  return {
    code: 'ir/divergent-barrier',
    message: `${what} that not all threads of its ${participants} reach together: it stands inside`,
    help: `move it out, or make the condition equal in the whole ${participants}: of sizes, workgroup ids and uniform loads`,
    stmt,
    culprit: flow.divergent.find(({ level }) => order.indexOf(level) < reached)?.stmt,
  }
}
