/** What statements are compiled in, and the parts that all of them are made of: expressions, indices, counting. */
import type { Buffer, Builtin, Expr, For } from '@tilewright/ir'
import { outside, reader } from './access.js'
import { at } from './at.js'
import { exprCompiler, flatIndex } from './compile-expr.js'
import type { OperationClass } from './count.js'
import { SimulatorError } from './errors.js'
import { fail, type Machine, memoryOf } from './machine.js'
import type { Memory } from './memory.js'
import type { Site } from './site.js'
import type { Action, Evaluate } from './thread.js'
import { unbound, type Variables } from './variables.js'

export interface StmtContext {
  readonly machine: Machine
  readonly variables: Variables
  /** Slots of the variables of the enclosing loops, outermost first. */
  readonly loops: readonly number[]
  /** Whether what is compiled here counts, where the run counts. */
  readonly counting: boolean
  readonly countWithin: ((loop: For) => boolean) | undefined
}

/** A compiler for the expressions of the statement at `site`. */
export function expressionsOf(context: StmtContext, site: Site): (expr: Expr) => Evaluate {
  const { machine, variables } = context
  return exprCompiler({
    sizes: machine.sizes,
    slot: (variable) => {
      const slot = variables.slot(variable)
      if (slot !== undefined) return slot
      throw new SimulatorError({ code: 'sim/unbound', message: unbound(variable), where: site.text })
    },
    builtin: (name) => compileBuiltin(machine, name, site),
    load: ({ buffer }, index) => {
      const memory = memoryOf(machine, buffer)
      const flat = flatIndex(memory.shape, index, outside(machine, memory, site))
      const read = reader(machine, memory, site)
      return counted(context, site, `load-${buffer.scope}`, (thread) => read(thread, flat(thread)))
    },
    counted: (operation, evaluate) => counted(context, site, operation, evaluate),
    divisionByZero: (thread) => fail(machine, 'sim/division-by-zero', 'an integer is divided by zero', site, thread),
  })
}

export interface ElementPlace {
  readonly memory: Memory
  readonly flat: Evaluate
}

/** The element of `buffer` at `index`, checked to be inside. */
export function placeOf(
  { machine }: StmtContext,
  site: Site,
  buffer: Buffer,
  index: readonly Expr[],
  compile: (expr: Expr) => Evaluate,
): ElementPlace {
  const memory = memoryOf(machine, buffer)
  return { memory, flat: flatIndex(memory.shape, index.map(compile), outside(machine, memory, site)) }
}

/** Counts each evaluation; the closure itself where the run does not count. */
export function counted(context: StmtContext, site: Site, operation: OperationClass, evaluate: Evaluate): Evaluate {
  const tick = ticker(context, site, operation)
  if (tick === undefined) return evaluate
  return (thread) => {
    tick(thread)
    return evaluate(thread)
  }
}

/** Counts one operation, or throws `SimulatorError` `sim/operations-exceeded`; undefined where the run does not count. */
export function ticker({ machine, counting }: StmtContext, site: Site, operation: OperationClass): Action | undefined {
  const { counter } = machine
  if (counter === undefined) return undefined
  return (thread) => {
    if (counting) counter.counts[operation] += 1
    counter.total += 1
    if (counter.total > counter.max) {
      fail(machine, 'sim/operations-exceeded', `more than ${counter.max} operations were executed`, site, thread)
    }
  }
}

/** The subgroup size of the kernel. Throws `SimulatorError` `sim/no-subgroups` when it has none. */
export function subgroupSizeOf({ kernel }: Machine, site: Site): number {
  if (kernel.subgroupSize !== undefined) return kernel.subgroupSize
  throw new SimulatorError({
    code: 'sim/no-subgroups',
    message: `kernel "${kernel.name}" relies on subgroups and fixes no subgroup size`,
    where: site.text,
  })
}

function compileBuiltin(machine: Machine, name: Builtin, site: Site): Evaluate {
  switch (name) {
    case 'thread':
      return (thread) => thread.index
    case 'subgroup':
      subgroupSizeOf(machine, site)
      return (thread) => thread.subgroup
    case 'lane':
      subgroupSizeOf(machine, site)
      return (thread) => thread.lane
    case 'workgroup-x':
      return () => at(machine.workgroup, 0)
    case 'workgroup-y':
      return () => at(machine.workgroup, 1)
    case 'workgroup-z':
      return () => at(machine.workgroup, 2)
  }
}
