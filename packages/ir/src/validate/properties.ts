/** What passes have made true of a kernel is still true. */
import { tilesRead } from '../async-multiply.js'
import type { Buffer } from '../buffer.js'
import type { Kernel, KernelProperty } from '../kernel.js'
import type { Stmt } from '../stmt.js'
import { stmtExprs, walkLoads, walkStmts } from '../walk.js'
import type { Finding, Rule } from './finding.js'

const help = 'the last pass broke what an earlier one established'

/** `ir/property`: a `for-task` after `no-for-task`, an access with several indices after `flat-indices`. */
export const checkProperties: Rule = (kernel) => [
  ...unless(kernel, 'no-for-task', (stmt) => stmt.kind === 'for-task', 'a for-task'),
  ...unless(kernel, 'flat-indices', hasDeepAccess, 'an access with several indices'),
]

function unless(
  { properties, body }: Kernel,
  property: KernelProperty,
  breaks: (stmt: Stmt) => boolean,
  what: string,
): readonly Finding[] {
  const findings: Finding[] = []
  if (properties.includes(property)) {
    walkStmts(body, (stmt) => {
      const message = `${what} in a kernel with the property ${property}`
      if (breaks(stmt)) findings.push({ code: 'ir/property', message, help, stmt })
    })
  }
  return findings
}

/** A private buffer of rank 0 is a mutable variable, which has no index to flatten. */
function hasDeepAccess(stmt: Stmt): boolean {
  let deep = false
  const check = ({ shape, scope }: Buffer): void => {
    deep ||= shape.length > 1 || (shape.length === 0 && scope !== 'private')
  }
  for (const expr of stmtExprs(stmt)) walkLoads(expr, ({ buffer }) => check(buffer))
  if (stmt.kind === 'store' || stmt.kind === 'atomic' || stmt.kind === 'declare') check(stmt.buffer)
  if (stmt.kind === 'load-matrices') check(stmt.source)
  if (stmt.kind === 'async-multiply') for (const { buffer } of tilesRead(stmt)) check(buffer)
  if (stmt.kind === 'tile-copy') check(stmt.destination)
  if (stmt.kind === 'async-copy') for (const buffer of [stmt.source, stmt.destination]) check(buffer)
  return deep
}
