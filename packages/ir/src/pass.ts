/** Passes: kernel in, kernel out. */
import { InternalError } from './errors.js'
import type { Kernel, KernelProperty } from './kernel.js'

export interface Pass {
  readonly name: string
  /** What must have been established before. */
  readonly requires: readonly KernelProperty[]
  readonly establishes: readonly KernelProperty[]
  readonly run: (kernel: Kernel) => Kernel
}

export interface PassFacts {
  readonly requires?: readonly KernelProperty[]
  readonly establishes?: readonly KernelProperty[]
}

/**
 * A pass with its name attached. `run` gives the same object when it changed nothing. The result carries what the pass
 * establishes; running it on a kernel that lacks what it requires is an `InternalError`.
 */
export function definePass(name: string, facts: PassFacts, run: (kernel: Kernel) => Kernel): Pass {
  const { requires = [], establishes = [] } = facts
  return {
    name,
    requires,
    establishes,
    run: (kernel) => {
      const missing = requires.filter((property) => !kernel.properties.includes(property))
      if (missing.length > 0) throw new InternalError(`pass ${name} needs ${missing.join(', ')}`, kernel.name)
      const result = run(kernel)
      const fresh = establishes.filter((property) => !result.properties.includes(property))
      return fresh.length === 0 ? result : { ...result, properties: [...result.properties, ...fresh] }
    },
  }
}
