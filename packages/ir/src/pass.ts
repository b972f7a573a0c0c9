/** Passes: kernel in, kernel out. */
import { checkArgument, checkOptions } from './check-arguments.js'
import { CompileError } from './errors.js'
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

const help = "write definePass('my-pass', { requires: ['flat-indices'] }, (kernel) => kernel)"

/**
 * A pass with its name attached. `run` gives the same object when it changed nothing. The result carries what the pass
 * establishes. Throws `CompileError` `ir/argument` and `ir/option` for what is no pass; running it throws `ir/pass-order` on a
 * kernel that lacks what it requires, and `ir/pass-result` when `run` gives no kernel.
 */
export function definePass(name: string, facts: PassFacts, run: (kernel: Kernel) => Kernel): Pass {
  const check = (holds: boolean, rule: string, given: unknown): void =>
    checkArgument(holds, 'ir/argument', rule, given, help)
  check(typeof name === 'string' && name !== '', 'the name of a pass is a text', name)
  check(typeof run === 'function', `what pass "${name}" does is a function, behind its facts`, run)
  checkOptions('ir/option', 'definePass', facts, { requires: true, establishes: true })
  const { requires = [], establishes = [] } = facts
  check(Array.isArray(requires), `what pass "${name}" requires is an array`, requires)
  check(Array.isArray(establishes), `what pass "${name}" establishes is an array`, establishes)
  return {
    name,
    requires,
    establishes,
    run: (kernel) => {
      const missing = requires.filter((property) => !kernel.properties.includes(property))
      if (missing.length > 0) {
        throw new CompileError({
          code: 'ir/pass-order',
          message: `pass "${name}" needs what no pass before it has established: ${missing.join(', ')}`,
          where: `kernel "${kernel.name}"`,
          help: 'put it behind the passes that do: the common ones are in loweringPasses(target)',
        })
      }
      const result = run(kernel)
      const isKernel = result?.kind === 'kernel' && Array.isArray(result.properties)
      const rule = `what pass "${name}" gives is a kernel`
      checkArgument(
        isKernel,
        'ir/pass-result',
        rule,
        result,
        'return the kernel that it was given, or { ...kernel, body }',
      )
      const fresh = establishes.filter((property) => !result.properties.includes(property))
      return fresh.length === 0 ? result : { ...result, properties: [...result.properties, ...fresh] }
    },
  }
}
