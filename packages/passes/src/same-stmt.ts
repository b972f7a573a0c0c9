/** Structural equality of statements. Variables, buffers and mbarriers are compared by identity; locations are ignored. */
import type { Stmt } from '@tilewright/ir'

export function sameStmt(a: Stmt, b: Stmt): boolean {
  // Expressions are shared: a pair that was compared once is not compared again.
  const equal = new Map<unknown, unknown>()
  const same = (x: unknown, y: unknown): boolean => {
    if (Object.is(x, y) || (typeof x === 'object' && equal.get(x) === y)) return true
    if (!isRecord(x) || !isRecord(y) || isIdentity(x) || isIdentity(y)) return false
    const keys = Object.keys(x).filter((key) => key !== 'at')
    const others = Object.keys(y).filter((key) => key !== 'at')
    if (keys.length !== others.length || !keys.every((key) => Object.hasOwn(y, key) && same(x[key], y[key]))) {
      return false
    }
    equal.set(x, y)
    return true
  }
  return same(a, b)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isIdentity = ({ kind }: Readonly<Record<string, unknown>>): boolean =>
  kind === 'var' || kind === 'buffer' || kind === 'mbarrier'
