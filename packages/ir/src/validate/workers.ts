/** Enough hardware for the mappings: every worker of a `for-task` exists, or its tasks would silently not be done. */
import { formatMapping, workers } from '@tilewright/task-mapping'
import type { Expr } from '../expr.js'
import type { Kernel } from '../kernel.js'
import { walkStmts } from '../walk.js'
import type { Finding, Rule } from './finding.js'

/** `schedule/workers`: a mapping with more workers than there are threads, lanes or subgroups to be them. */
export const checkWorkers: Rule = (kernel) => {
  const findings: Finding[] = []
  walkStmts(kernel.body, (stmt) => {
    if (stmt.kind !== 'for-task') return
    const available = hardware(stmt.worker, kernel)
    const asked = workers(stmt.mapping)
    if (available === undefined || asked <= available.count) return
    findings.push({
      code: 'schedule/workers',
      message: `${formatMapping(stmt.mapping)} has ${asked} workers; there are ${available.count} ${available.unit}`,
      help: `tasks of the other ${asked - available.count} would never be done: repeat more, or ask for more threads`,
      stmt,
    })
  })
  return findings
}

/** How many values a worker takes; undefined where its expression does not say. */
function hardware(
  worker: Expr,
  { threads, subgroupSize }: Kernel,
): { readonly count: number; readonly unit: string } | undefined {
  if (worker.kind !== 'builtin') return undefined
  if (worker.name === 'thread') return { count: threads, unit: 'threads' }
  if (subgroupSize === undefined) return undefined
  if (worker.name === 'lane') return { count: subgroupSize, unit: 'lanes in a subgroup' }
  return worker.name === 'subgroup' ? { count: threads / subgroupSize, unit: 'subgroups' } : undefined
}
