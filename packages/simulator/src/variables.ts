/** Where variables are kept, and where they may be used. A variable has one slot in every thread, by identity. */
import { defined, type Var } from '@tilewright/ir'

export interface Variables {
  /** Brings a variable into scope. */
  readonly bind: (variable: Var) => number
  /** Throws `InternalError` unless the variable is in scope. */
  readonly slot: (variable: Var) => number
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
    slot: (variable) => {
      const slot = inScope.has(variable) ? slots.get(variable) : undefined
      return defined(slot, `variable "${variable.hint}" is used out of its scope`)
    },
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
