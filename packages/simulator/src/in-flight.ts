/** Elements that an async copy is reading or writing: nobody else may touch them before the copy has been waited for. */
import { fail, formatElement, type Machine } from './machine.js'
import type { Memory } from './memory.js'
import type { Site } from './site.js'
import type { Thread } from './thread.js'

/** Throws `SimulatorError` `sim/async-hazard` for a touch of an element that a copy is on its way into. */
export function arrivingHazard(
  machine: Machine,
  memory: Memory,
  element: number,
  done: 'read' | 'written',
  site: Site,
  thread: Thread,
): never {
  const copy = machine.sites[(memory.arriving?.[element] ?? 0) - 1]
  const message = `${formatElement(memory, element)} is ${done} while ${copy?.text ?? 'an async copy'} is on its way into it`
  return fail(machine, 'sim/async-hazard', message, site, thread)
}

/** Throws `SimulatorError` `sim/async-hazard` when a copy that is in flight reads the element, which is being written. */
export function departingHazard(machine: Machine, memory: Memory, element: number, site: Site, thread: Thread): void {
  for (const { open, groups } of machine.threads) {
    const copy = [...groups, open]
      .flat()
      .find(
        ({ source, from, elements }) =>
          source === memory && from !== undefined && element >= from && element < from + elements,
      )
    if (copy === undefined) continue
    const message = `${formatElement(memory, element)} is written while ${copy.site.text} copies it`
    fail(machine, 'sim/async-hazard', message, site, thread)
  }
}
