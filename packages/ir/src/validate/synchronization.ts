/** Async copies are committed and waited for; counts of slots, arrivals and groups are possible ones. */
import type { Stmt } from '../stmt.js'
import { buffersWritten, stmtChildren, walkStmts } from '../walk.js'
import type { Finding, Rule } from './finding.js'

/** `ir/tile-copy`: the kernel writes what is copied. `ir/async-copy`: no commit follows a copy, or nothing waits for it. `ir/mbarrier`, `ir/async-wait`: bad counts. */
export const checkSynchronization: Rule = ({ body }) => {
  const stmts: Stmt[] = []
  walkStmts(body, (stmt) => stmts.push(stmt))
  const findings = stmts.flatMap(checkCounts)

  const written = new Set(stmts.flatMap(buffersWritten))
  for (const stmt of stmts) {
    if (stmt.kind !== 'tile-copy' || !written.has(stmt.source)) continue
    const message = `a tile-copy from "${stmt.source.hint}", which the kernel writes`
    findings.push({ code: 'ir/tile-copy', message, help: 'write it in a launch before', stmt })
  }

  const copy = uncommitted(body)
  if (copy !== undefined) {
    const help = 'commit after the last copy of a group, in the same block or after it'
    findings.push({ code: 'ir/async-copy', message: 'no async-commit follows this copy', help, stmt: copy })
  }
  const isWaited = stmts.some((stmt) => stmt.kind === 'async-wait')
  const first = stmts.find((stmt) => stmt.kind === 'async-copy')
  if (first !== undefined && !isWaited) {
    const help = 'put an async-wait, then a barrier, before what reads the copy'
    findings.push({ code: 'ir/async-copy', message: 'nothing waits for this copy', help, stmt: first })
  }
  return findings
}

function checkCounts(stmt: Stmt): readonly Finding[] {
  if (stmt.kind === 'async-wait' && !isCount(stmt.pending, 0)) {
    return [{ code: 'ir/async-wait', message: `async-wait for ${stmt.pending} pending groups`, stmt }]
  }
  if (stmt.kind !== 'declare-mbarrier') return []
  const { hint, slots, arrivals } = stmt.mbarrier
  if (isCount(slots, 1) && isCount(arrivals, 1)) return []
  return [{ code: 'ir/mbarrier', message: `mbarrier "${hint}" of ${slots} slots and ${arrivals} arrivals`, stmt }]
}

const isCount = (count: number, least: number): boolean => Number.isInteger(count) && count >= least

/** The last copy that no commit follows in its block or after it; a commit in a branch not taken does not count. */
function uncommitted(body: Stmt): Stmt | undefined {
  let open: Stmt | undefined
  const visit = (stmt: Stmt): void => {
    if (stmt.kind === 'async-copy') open = stmt
    if (stmt.kind === 'async-commit') open = undefined
    if (stmt.kind !== 'if') {
      for (const child of stmtChildren(stmt)) visit(child)
      return
    }
    const before = open
    const after = stmtChildren(stmt).map((branch) => {
      open = before
      visit(branch)
      return open
    })
    open = after.find((left) => left !== undefined) ?? (stmt.else === undefined ? before : undefined)
  }
  visit(body)
  return open
}
