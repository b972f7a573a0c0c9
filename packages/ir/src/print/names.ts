/**
 * Names of the text form: made from hints when something is printed, unique among what is in scope at that point.
 *
 * Sibling scopes reuse names (two loops after each other are both `i`), so that a change in one part of a kernel does
 * not rename the rest. What is used without being bound is free: it gets a name that nothing else has from then on.
 */
import type { Buffer } from '../buffer.js'
import type { Var } from '../expr.js'
import { floatFunctions } from '../float-functions.js'
import type { Mbarrier } from '../stmt.js'

export type Named = Var | Buffer | Mbarrier

export interface Names {
  /** The name of something bound before; a free one is named now. */
  readonly of: (named: Named) => string
  /** Names something for the rest of the scope. */
  readonly bind: (named: Named) => string
  /** Runs `body` in a scope inside this one. */
  readonly scoped: <T>(body: () => T) => T
}

/** Words that the text form itself puts where a name could stand. */
const builtins = ['thread', 'subgroup', 'lane', 'workgroup']
const functions = ['select', 'bitcast', 'min', 'max', 'pow', 'abs', ...Object.keys(floatFunctions)]
const types = ['f32', 'i32', 'u32', 'bool']
const literals = ['true', 'false', 'inf', 'nan']

/** Names over `reserved`: the parameters of sizes, which are printed by their own names. */
export function createNames(reserved: Iterable<string> = []): Names {
  const root = new Map<Named, string>()
  const scopes: Map<Named, string>[] = [root]
  const taken = new Set<string>([...builtins, ...functions, ...types, ...literals, ...reserved])

  const known = (named: Named): string | undefined => scopes.findLast((scope) => scope.has(named))?.get(named)
  const add = (named: Named, scope: Map<Named, string>): string => {
    const name = unique(identifier(named.hint), taken)
    taken.add(name)
    scope.set(named, name)
    return name
  }
  return {
    of: (named) => known(named) ?? add(named, root),
    bind: (named) => known(named) ?? add(named, scopes.at(-1) ?? root),
    scoped: (body) => {
      const scope = new Map<Named, string>()
      scopes.push(scope)
      const result = body()
      scopes.pop()
      for (const name of scope.values()) taken.delete(name)
      return result
    },
  }
}

function identifier(hint: string): string {
  const word = hint.replace(/[^A-Za-z0-9_]/g, '_')
  return /^[A-Za-z_]/.test(word) ? word : `_${word}`
}

function unique(base: string, taken: ReadonlySet<string>): string {
  if (!taken.has(base)) return base
  let count = 1
  while (taken.has(`${base}_${count}`)) count++
  return `${base}_${count}`
}
