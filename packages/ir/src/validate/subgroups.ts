/** What works on subgroups stands only in kernels that fix their size. */
import { workers } from '@tilewright/task-mapping'
import type { Expr } from '../expr.js'
import type { Stmt } from '../stmt.js'
import { isOfWholeSubgroups, matrixLanes, type SubgroupStmt } from '../subgroup-stmts.js'
import { someExpr, stmtExprs, walkExprs, walkStmts } from '../walk.js'
import type { Finding, Rule } from './finding.js'

/** `ir/subgroup`: use of subgroups without `subgroupSize`, or a product over threads or lanes that the kernel has not. */
export const checkSubgroups: Rule = ({ body, subgroupSize, threads }) => {
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
    if (subgroupSize === undefined || !isOfWholeSubgroups(stmt)) return
    const finding = lanesFinding(stmt, subgroupSize, threads)
    if (finding !== undefined) findings.push(finding)
  })
  return findings
}

/** What is wrong with the lanes that a statement is made for. */
function lanesFinding(stmt: SubgroupStmt, subgroupSize: number, threads: number): Finding | undefined {
  const code = 'ir/subgroup'
  switch (stmt.kind) {
    case 'matrix-multiply': {
      const lanes = workers(stmt.d.map)
      if (lanes === subgroupSize) return undefined
      const message = `a matrix-multiply over ${lanes} lanes in a kernel with subgroups of ${subgroupSize}`
      return { code, message, help: 'the maps of its fragments have one worker a lane', stmt }
    }
    case 'load-matrices': {
      if (subgroupSize === matrixLanes) return undefined
      const message = `a load-matrices in a kernel with subgroups of ${subgroupSize}`
      return { code, message, help: `${matrixLanes} lanes share the elements of a matrix`, stmt }
    }
    case 'async-multiply': {
      const group = workers(stmt.d.map)
      if (group % subgroupSize === 0 && threads >= group) return undefined
      const message = `an async-multiply over ${group} threads in a kernel of ${threads} in subgroups of ${subgroupSize}`
      return { code, message, help: 'whole subgroups make a group', stmt }
    }
    case 'async-multiply-wait':
      return undefined
    case 'shuffle': {
      if (stmt.mask < subgroupSize) return undefined
      const message = `a shuffle across ${stmt.mask} in a kernel with subgroups of ${subgroupSize}`
      return { code, message, help: 'the mask picks another lane of the same subgroup', stmt }
    }
  }
}

const isOfSubgroup = (node: Expr): boolean =>
  node.kind === 'builtin' && (node.name === 'subgroup' || node.name === 'lane')

function subgroupUse(stmt: Stmt, usesBuiltins: boolean): string | undefined {
  if (isOfWholeSubgroups(stmt)) return `a ${stmt.kind}`
  if (stmt.kind === 'barrier' && stmt.participants === 'subgroup') return 'a subgroup barrier'
  if (!usesBuiltins) return undefined
  const names = ['subgroup', 'lane'].filter((name) =>
    stmtExprs(stmt).some((expr) => someExpr(expr, (node) => node.kind === 'builtin' && node.name === name)),
  )
  return names.length === 0 ? undefined : `the builtin ${names.join(' and ')}`
}
