/**
 * Variables, buffers and mbarriers are bound before use, and once in the whole kernel: then a variable stands for one
 * value wherever it is seen, and substitution can never capture.
 */
import type { Buffer } from '../buffer.js'
import type { Expr, Var } from '../expr.js'
import type { Mbarrier, Stmt } from '../stmt.js'
import { boundVars, buffersRead, buffersWritten, exprChildren, stmtChildren, stmtExprs } from '../walk.js'
import type { Finding, Rule } from './finding.js'

type Named = Var | Buffer | Mbarrier

/** `ir/unbound`: used where it is not bound. `ir/bound-twice`. `ir/declaration`: workgroup memory below the top. */
export const checkNamesInScope: Rule = ({ params, body }) => {
  const findings: Finding[] = []
  const visible = new Set<Named>(params)
  const everBound = new Set<Named>(params)
  const reported = new Set<Named>()
  if (visible.size !== params.length) {
    findings.push({ code: 'ir/bound-twice', message: 'a buffer is a parameter twice', help: 'bind each buffer once' })
  }

  const use = (named: Named, stmt: Stmt): void => {
    // Said once: what follows from it is noise.
    if (visible.has(named) || reported.has(named)) return
    reported.add(named)
    const [message, help] = unbound(named, everBound.has(named))
    findings.push({ code: 'ir/unbound', message, help, stmt })
  }
  const bind = (named: Named, stmt: Stmt): void => {
    if (everBound.has(named)) {
      const message = `${what(named)} "${named.hint}" is bound a second time`
      findings.push({ code: 'ir/bound-twice', message, help: 'make a fresh one for each copy of a body', stmt })
    }
    everBound.add(named)
    if (!visible.has(named)) scope.push(named)
    visible.add(named)
  }
  /** What has been bound in the block that is being visited. */
  let scope: Named[] = []
  const scoped = (bound: readonly Named[], visit: () => void): void => {
    const outer = scope
    scope = [...bound]
    visit()
    for (const named of scope) visible.delete(named)
    scope = outer
  }
  const visit = (stmt: Stmt): void => {
    for (const named of used(stmt)) use(named, stmt)
    switch (stmt.kind) {
      case 'seq':
        stmt.body.forEach(visit)
        return
      case 'for':
      case 'for-task':
        for (const named of boundVars(stmt)) bind(named, stmt)
        scoped(boundVars(stmt), () => visit(stmt.body))
        return
      case 'if':
        for (const branch of stmtChildren(stmt)) scoped([], () => visit(branch))
        return
      case 'declare':
        bind(stmt.buffer, stmt)
        return
      case 'declare-mbarrier':
        bind(stmt.mbarrier, stmt)
        return
      default:
        for (const named of boundVars(stmt)) bind(named, stmt)
    }
  }
  visit(body)
  return [...findings, ...lateDeclarations(body)]
}

/** What a statement itself refers to, each once. */
function used(stmt: Stmt): ReadonlySet<Named> {
  const names = new Set<Named>([...buffersRead(stmt), ...buffersWritten(stmt)])
  const seen = new Set<Expr>()
  for (const expr of stmtExprs(stmt)) addVars(expr, names, seen)
  if (stmt.kind === 'mbarrier-arrive' || stmt.kind === 'mbarrier-wait') names.add(stmt.mbarrier)
  return names
}

function addVars(expr: Expr, names: Set<Named>, seen: Set<Expr>): void {
  switch (expr.kind) {
    case 'const':
    case 'size':
    case 'builtin':
      return
    case 'var':
      names.add(expr)
      return
    default:
      if (seen.has(expr)) return
      seen.add(expr)
      for (const child of exprChildren(expr)) addVars(child, names, seen)
  }
}

function what(named: Named): string {
  if (named.kind === 'var') return 'variable'
  return named.kind === 'mbarrier' ? 'mbarrier' : `${named.scope} buffer`
}

function unbound(named: Named, elsewhere: boolean): readonly [message: string, help: string] {
  const name = `${what(named)} "${named.hint}"`
  if (named.kind === 'buffer' && named.scope === 'storage') {
    return [`${name} is used but is not a parameter`, 'list it among the parameters of the kernel']
  }
  const verb = named.kind === 'var' ? 'bound' : 'declared'
  const message = elsewhere ? `${name} is used outside the block that it is ${verb} in` : `${name} is not ${verb}`
  return [message, 'a binding reaches from its statement to the end of the block around it']
}

/** Workgroup memory and mbarriers declared after the statements have begun, or inside one of them. */
function lateDeclarations(body: Stmt): readonly Finding[] {
  const isDeclaration = (stmt: Stmt): boolean => stmt.kind === 'declare' || stmt.kind === 'declare-mbarrier'
  const top = body.kind === 'seq' ? body.body : [body]
  const begun = top.findIndex((stmt) => !isDeclaration(stmt))
  const findings: Finding[] = []
  const visit = (stmt: Stmt): void => {
    const named = stmt.kind === 'declare' ? stmt.buffer : stmt.kind === 'declare-mbarrier' ? stmt.mbarrier : undefined
    if (named !== undefined && !(named.kind === 'buffer' && named.scope === 'private')) {
      findings.push({
        code: 'ir/declaration',
        message: `${what(named)} "${named.hint}" is declared below the top of the body`,
        help: 'declare workgroup memory and mbarriers before all other statements',
        stmt,
      })
    }
    for (const child of stmtChildren(stmt)) visit(child)
  }
  if (begun >= 0) for (const stmt of top.slice(begun)) visit(stmt)
  return findings
}
