/** What works on subgroups stands only in kernels that fix their size. */
import { workers } from '@tilewright/task-mapping'
import type { Expr } from '../expr.js'
import type { Stmt } from '../stmt.js'
import { someExpr, stmtExprs, walkExprs, walkStmts } from '../walk.js'
import type { Finding, Rule } from './finding.js'

/** `ir/subgroup`: use of subgroups without `subgroupSize`, or a matrix-multiply over another number of lanes. */
export const checkSubgroups: Rule = ({ body, subgroupSize }) => {
  const findings: Finding[] = []
  let usesBuiltins = false
  walkExprs(body, (node) => {
    usesBuiltins ||= isOfSubgroup(node)
  })
  walkStmts(body, (stmt) => {
    const use = subgroupUse(stmt, usesBuiltins)
    if (use !== undefined && subgroupSize === undefined) {
      findings.push({
        code: 'ir/subgroup',
        message: `${use} in a kernel without a fixed subgroup size`,
        help: 'give the kernel a subgroupSize',
        stmt,
      })
    }
    if (stmt.kind !== 'matrix-multiply' || subgroupSize === undefined) return
    const lanes = workers(stmt.d.map)
    if (lanes === subgroupSize) return
    findings.push({
      code: 'ir/subgroup',
      message: `a matrix-multiply over ${lanes} lanes in a kernel with subgroups of ${subgroupSize}`,
      help: 'the maps of its fragments have one worker a lane',
      stmt,
    })
  })
  return findings
}

const isOfSubgroup = (node: Expr): boolean =>
  node.kind === 'builtin' && (node.name === 'subgroup' || node.name === 'lane')

function subgroupUse(stmt: Stmt, usesBuiltins: boolean): string | undefined {
  if (stmt.kind === 'matrix-multiply') return 'a matrix-multiply'
  if (stmt.kind === 'barrier' && stmt.participants === 'subgroup') return 'a subgroup barrier'
  if (!usesBuiltins) return undefined
  const names = ['subgroup', 'lane'].filter((name) =>
    stmtExprs(stmt).some((expr) => someExpr(expr, (node) => node.kind === 'builtin' && node.name === name)),
  )
  return names.length === 0 ? undefined : `the builtin ${names.join(' and ')}`
}
