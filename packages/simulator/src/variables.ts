/** Where variables are kept, and where they may be used. A variable has one slot in every thread, by identity. */
import type { Var } from '@tilewright/ir'

export interface Variables {
  /** Brings a variable into scope. */
  readonly bind: (variable: Var) => number
  /** Undefined unless the variable is in scope. */
  readonly slot: (variable: Var) => number | undefined
  /** Variables bound by `body` go out of scope after it. */
  readonly scoped: <T>(body: () => T) => T
  /** How many slots there are. */
  readonly count: () => number
}

export function createVariables(): Variables {
  const slots = new Map<Var, number>()
  const inScope = new Set<Var>()
  let bound: Var[] = []
  return {
    bind: (variable) => {
      if (!inScope.has(variable)) bound.push(variable)
      inScope.add(variable)
      const slot = slots.get(variable) ?? slots.size
      slots.set(variable, slot)
      return slot
    },
    slot: (variable) => (inScope.has(variable) ? slots.get(variable) : undefined),
    scoped: (body) => {
      const outer = bound
      bound = []
      const result = body()
      for (const variable of bound) inScope.delete(variable)
      bound = outer
      return result
    },
    count: () => slots.size,
  }
}

/** The message about a variable that is not in scope. */
export const unbound = ({ hint }: Var): string => `variable "${hint}" is used where it is not bound`
