/**
 * Merges neighbouring `if`s whose conditions hold together, so that what they guard stands in one straight line.
 *
 *     if n < N { c[n] = a }  if n + 1 < N { c[n + 1] = b }      n and N multiples of 4
 *  => if n < N { c[n] = a; c[n + 1] = b }
 *
 * Only conditions that read no memory are merged, so the first body cannot change the second condition; `if`s with an
 * `else` are left alone.
 */
import { definePass, ifThen, type Pass, rewriteStmts, type Stmt, seq } from '@tilewright/ir'
import { guardKey } from './guard-key.js'
import { letDefinitions } from './let-definitions.js'
import { type LinearContext, linearContext } from './linear-form.js'
import { isPure } from './ranges.js'

export interface MergeGuardsOptions {
  /** The lanes of a vector: guards that differ only within aligned groups of so many positions are one. */
  readonly lanes: 2 | 4
}

/** The pass, for vectors of so many lanes. */
export function mergeGuards({ lanes }: MergeGuardsOptions): Pass {
  return definePass('merge-guards', {}, (kernel) => {
    const context = linearContext(letDefinitions(kernel.body))
    const body = rewriteStmts(kernel.body, (stmt) => mergeIn(stmt, lanes, context))
    return body === kernel.body ? kernel : { ...kernel, body }
  })
}

/** Merges the `if`s of one sequence. Bodies grow in a list, so that a long row of guards is one flat sequence. */
function mergeIn(stmt: Stmt, lanes: number, context: LinearContext): Stmt {
  if (stmt.kind !== 'seq') return stmt
  const merged: { readonly first: Stmt; readonly key: number | undefined; readonly bodies: Stmt[] }[] = []
  for (const child of stmt.body) {
    const mergeable = child.kind === 'if' && child.else === undefined && isPure(child.cond)
    const key = mergeable ? guardKey(child.cond, lanes, context) : undefined
    const before = merged.at(-1)
    const bodies = child.kind === 'if' ? [child.then] : []
    if (key !== undefined && before?.key === key) before.bodies.push(...bodies)
    else merged.push({ first: child, key, bodies })
  }
  if (merged.length === stmt.body.length) return stmt
  return seq(
    merged.map(({ first, bodies }) =>
      first.kind === 'if' && bodies.length > 1 ? ifThen(first.cond, seq(bodies), undefined, first.at) : first,
    ),
  )
}
