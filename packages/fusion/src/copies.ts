/** How often what is inlined stands in the text of a kernel. */
import { type Buffer, type Equation, type Expr, equationExprs, exprChildren } from '@tilewright/ir'
import type { FusionGroup } from './group.js'

/** How often an equation's text loads each buffer: an expression that is shared is written out at each use. */
export type LoadCounts = ReadonlyMap<Buffer, number>

/** The loads of one equation. */
export function countLoads(equation: Equation): LoadCounts {
  const known = new Map<Expr, LoadCounts>()
  const count = (expr: Expr): LoadCounts => {
    const before = known.get(expr)
    if (before !== undefined) return before
    const counts = sum(exprChildren(expr).map(count))
    if (expr.kind === 'load') counts.set(expr.buffer, (counts.get(expr.buffer) ?? 0) + 1)
    known.set(expr, counts)
    return counts
  }
  return sum(equationExprs(equation).map(count))
}

function sum(parts: readonly LoadCounts[]): Map<Buffer, number> {
  const total = new Map<Buffer, number>()
  for (const part of parts) for (const [buffer, times] of part) total.set(buffer, (total.get(buffer) ?? 0) + times)
  return total
}

/** How often the value of `producer` stands in the text of the group once all its prologues are inlined. */
export function copiesOf(
  producer: Buffer,
  { anchor, prologues, epilogues }: FusionGroup,
  loadsOf: (equation: Equation) => LoadCounts,
): number {
  const known = new Map<Buffer, number>()
  const copies = (buffer: Buffer): number => {
    const before = known.get(buffer)
    if (before !== undefined) return before
    const loads = (equation: Equation): number => loadsOf(equation).get(buffer) ?? 0
    const inMembers = [anchor, ...epilogues].reduce((count, member) => count + loads(member), 0)
    const count = prologues.reduce((total, prologue) => {
      const times = loads(prologue)
      return times === 0 ? total : total + times * copies(prologue.output)
    }, inMembers)
    known.set(buffer, count)
    return count
  }
  return copies(producer)
}
