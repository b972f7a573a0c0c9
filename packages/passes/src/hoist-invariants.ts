/**
 * Computes each value once, and outside the loops that do not change it.
 *
 *     for k in 0..8 {
 *       c[k] = a[(thread / 8 + 64) * 64 + k] * b[k * 64 + thread % 8] + a[(thread / 8 + 96) * 64 + k]
 *     }
 *  => let thread_mod_8 = thread % 8; let a_base = thread / 8 * 64 + 4096
 *     for k in 0..8 {
 *       let a_base_1 = a_base + k
 *       c[k] = a[a_base_1] * b[thread_mod_8 + k * 64] + a[a_base_1 + 2048]
 *     }
 *
 * Sums are regrouped by the loop in which their terms become known (regroup-sums.ts), so that the invariant part of an
 * address is a part of it. Then every distinct expression is bound by a `let` where it is needed twice, or inside a loop
 * that does not change it (place-values.ts). What is needed once where it stands is left there.
 *
 * Only values that read no memory and cannot fail are moved. A division by a size that may be zero becomes one by
 * max(size, 1), which is the same wherever the original was executed.
 */
import { definePass, type Expr, letStmt, mapExpr, mapStmt, type Pass, type Stmt, seq } from '@tilewright/ir'
import { type Block, blockOf } from './blocks.js'
import { type Placement, placeValues } from './place-values.js'
import { regroupSums } from './regroup-sums.js'
import { sameStmt } from './same-stmt.js'
import { withSafeDivisor } from './total.js'

export const hoistInvariants: Pass = definePass('hoist-invariants', { requires: ['no-for-task'] }, (kernel) => {
  const regrouped = regroupSums(kernel)
  const block = blockOf(regrouped.body, regrouped.env)
  const body = write(block, placeValues(block, regrouped))
  return sameStmt(body, kernel.body) ? kernel : { ...kernel, body }
})

/** The body with its values bound and named. */
function write(body: Block, { variableOf, bindingsAt }: Placement): Stmt {
  const writer = (atNode: (expr: Expr) => Expr): ((expr: Expr) => Expr) => {
    const memo = new Map<Expr, Expr>()
    const visit = (expr: Expr): Expr => {
      const known = memo.get(expr)
      if (known !== undefined) return known
      const result = variableOf(expr) ?? atNode(mapExpr(expr, visit))
      memo.set(expr, result)
      return result
    }
    return visit
  }
  const inPlace = writer((expr) => expr)

  const writeBlock = (block: Block): Stmt => {
    const safe = (expr: Expr): Expr => withSafeDivisor(expr, block.env)
    const moved = writer(safe)
    return seq(
      block.entries.flatMap(({ stmt, bodies }, index): readonly Stmt[] => {
        const lets = bindingsAt({ block, index }).map(({ variable, value, at }) =>
          letStmt(variable, safe(mapExpr(value, moved)), at),
        )
        const rest = bodies.map(writeBlock)
        if (stmt.kind === 'seq') return [...lets, ...rest]
        return [...lets, mapStmt(stmt, inPlace, (child) => rest.shift() ?? child)]
      }),
    )
  }
  return writeBlock(body)
}
