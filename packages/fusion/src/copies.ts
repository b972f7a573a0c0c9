/** How often what is inlined stands in the text of a kernel. */
import { type Buffer, type Equation, type Expr, equationExprs, exprChildren } from '@tilewright/ir'
import type { FusionGroup } from './group.js'

/** How often an equation's text loads each buffer: an expression that is shared is written out at each use. */
export type LoadCounts = ReadonlyMap<Buffer, number>

/** The loads of one equation. */
export function countLoads(equation: Equation): LoadCounts {
  const roots = equationExprs(equation)
  // Each after what it stands in, from the last on: when its turn comes, all of its uses are counted.
  const inner: Expr[] = []
  const seen = new Set<Expr>()
  const visit = (expr: Expr): void => {
    const children = exprChildren(expr)
    if (children.length === 0 && expr.kind !== 'load') return
    if (seen.has(expr)) return
    seen.add(expr)
    children.forEach(visit)
    inner.push(expr)
  }
  roots.forEach(visit)
  const uses = new Map<Expr, number>()
  const use = (expr: Expr, times: number): Map<Expr, number> => uses.set(expr, (uses.get(expr) ?? 0) + times)
  for (const root of roots) use(root, 1)
  const counts = new Map<Buffer, number>()
  for (const expr of inner.toReversed()) {
    const times = uses.get(expr) ?? 0
    for (const child of exprChildren(expr)) use(child, times)
    if (expr.kind === 'load') counts.set(expr.buffer, (counts.get(expr.buffer) ?? 0) + times)
  }
  return counts
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
