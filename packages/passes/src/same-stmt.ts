/**
 * Structural equality of statements up to the names of variables, which are bound once in a kernel: one variable of the
 * first stands for one of the second. Buffers and mbarriers are compared by identity; locations are ignored.
 */
import type { Stmt } from '@tilewright/ir'

export function sameStmt(a: Stmt, b: Stmt): boolean {
  // Expressions are shared: a pair that was compared once is not compared again.
  const equal = new Map<unknown, unknown>()
  const renamed = new Map<unknown, unknown>()
  const originals = new Map<unknown, unknown>()
  const isRenaming = (x: AnyRecord, y: AnyRecord): boolean => {
    if (x.dtype !== y.dtype || (renamed.get(x) ?? y) !== y || (originals.get(y) ?? x) !== x) return false
    renamed.set(x, y)
    originals.set(y, x)
    return true
  }
  const same = (x: unknown, y: unknown): boolean => {
    if (!isRecord(x) || !isRecord(y)) return Object.is(x, y)
    if (x.kind === 'var') return y.kind === 'var' && isRenaming(x, y)
    if (x.kind === 'buffer' || x.kind === 'mbarrier') return x === y
    if (equal.get(x) === y) return true
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

type AnyRecord = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is AnyRecord => typeof value === 'object' && value !== null
