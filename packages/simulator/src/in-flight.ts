/** Elements that an async copy or a product is reading or writing: nobody else may touch them before the copy has been waited for. */
import { fail, formatElement, type Machine } from './machine.js'
import type { Memory } from './memory.js'
import type { Site } from './site.js'
import type { Product, Thread } from './thread.js'

/** Throws `SimulatorError` `sim/async-hazard` for a touch of an element that a copy or a product is on its way into. */
export function arrivingHazard(
  machine: Machine,
  memory: Memory,
  element: number,
  done: 'read' | 'written',
  site: Site,
  thread: Thread,
): never {
  const copy = machine.sites[(memory.arriving?.[element] ?? 0) - 1]
  // Private memory of all threads stands in one array.
  const what = memory.buffer.scope === 'private' ? 'holds it' : 'is on its way into it'
  const message = `${formatElement(memory, element % memory.size)} is ${done} while ${copy?.text ?? 'an async copy'} ${what}`
  return fail(machine, 'sim/async-hazard', message, site, thread)
}

/** Throws `SimulatorError` `sim/async-hazard` when a product in flight reads the element of a tile, which is being written. */
export function factorHazard(machine: Machine, memory: Memory, element: number, site: Site, thread: Thread): void {
  for (const { products } of machine.cluster) {
    for (const product of products) {
      if (!isReadBy(product, memory, element)) continue
      const message = `${formatElement(memory, element)} is written while ${product.site.text} reads it`
      fail(machine, 'sim/async-hazard', message, site, thread)
    }
  }
}

/** Throws `SimulatorError` `sim/async-hazard` when a copy in flight reads the element of storage, which is being written. */
export function copiedHazard(machine: Machine, memory: Memory, element: number, site: Site, thread: Thread): void {
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

function isReadBy({ reads }: Product, memory: Memory, element: number): boolean {
  return reads.some(({ memory: tile, first, extent, offsets }) => {
    const offset = element - first
    return tile === memory && offset >= 0 && offset < extent && offsets.includes(offset)
  })
}
