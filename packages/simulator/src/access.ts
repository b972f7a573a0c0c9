/** Single elements, read and written with every check of the sanitizer; all statements go through these two. */
import type { BarrierMemory } from '@tilewright/ir'
import { arrivingHazard, copiedHazard, factorHazard } from './in-flight.js'
import { fail, formatElement, type Machine } from './machine.js'
import type { Memory } from './memory.js'
import type { AccessKind, Earlier, ReportRace } from './races.js'
import type { Site } from './site.js'
import type { Evaluate, Thread } from './thread.js'

/** Reads the element at a flat position that is in bounds. */
export type Read = (thread: Thread, element: number) => number
/** Writes the element at a flat position that is in bounds. */
export type Write = (thread: Thread, element: number, value: number) => void

/**
 * Throws `SimulatorError` `sim/uninitialised-read`, `sim/async-hazard`, `sim/data-race`. An atomic's read is of kind
 * `atomic`.
 */
export function reader(machine: Machine, memory: Memory, site: Site, kind: 'read' | 'atomic' = 'read'): Read {
  const { cells, size, initialised: written, arriving } = memory
  const initialised = machine.reportUninitialised ? written : undefined
  const undefinedRead = (thread: Thread, element: number): never =>
    fail(
      machine,
      'sim/uninitialised-read',
      `${formatElement(memory, element)} is read before it is written`,
      site,
      thread,
    )

  if (memory.buffer.scope === 'private') {
    return (thread, element) => {
      const cell = thread.index * size + element
      if (arriving !== undefined && arriving[cell] !== 0) arrivingHazard(machine, memory, cell, 'read', site, thread)
      if (initialised !== undefined && initialised[cell] === 0) undefinedRead(thread, element)
      return cells[cell] ?? 0
    }
  }
  const { shadow } = memory
  if (shadow === undefined) return (_, element) => cells[element] ?? 0
  const order = orderAccess(machine, memory, site, kind)
  return (thread, element) => {
    if (arriving !== undefined && arriving[element] !== 0)
      arrivingHazard(machine, memory, element, 'read', site, thread)
    if (initialised !== undefined && initialised[element] === 0) undefinedRead(thread, element)
    order(thread, element)
    return cells[element] ?? 0
  }
}

/** Throws `SimulatorError` `sim/async-hazard`, `sim/data-race`. An atomic's write is of kind `atomic`. */
export function writer(machine: Machine, memory: Memory, site: Site, kind: 'write' | 'atomic' = 'write'): Write {
  const { cells, size, initialised, narrow, arriving } = memory
  if (memory.buffer.scope === 'private') {
    return (thread, element, value) => {
      const cell = thread.index * size + element
      if (arriving !== undefined && arriving[cell] !== 0) arrivingHazard(machine, memory, cell, 'written', site, thread)
      cells[cell] = narrow(value)
      if (initialised !== undefined) initialised[cell] = 1
    }
  }
  const { departing } = memory
  const hazard = memory.buffer.scope === 'storage' ? copiedHazard : factorHazard
  const order = orderAccess(machine, memory, site, kind)
  return (thread, element, value) => {
    if (arriving !== undefined && arriving[element] !== 0) {
      arrivingHazard(machine, memory, element, 'written', site, thread)
    }
    if (departing) hazard(machine, memory, element, site, thread)
    order(thread, element)
    cells[element] = narrow(value)
    if (initialised !== undefined) initialised[element] = 1
  }
}

/**
 * Checks an access of shared memory against the earlier ones, and records it; nothing to do where no race is possible.
 * Throws `SimulatorError` `sim/data-race`.
 */
export function orderAccess(
  machine: Machine,
  memory: Memory,
  site: Site,
  kind: AccessKind,
): (thread: Thread, element: number) => void {
  const { shadow } = memory
  const scope: BarrierMemory = memory.buffer.scope === 'storage' ? 'storage' : 'workgroup'
  const { access } = machine.races[scope]
  if (shadow === undefined) return () => {}
  const report: ReportRace = (earlier, thread, element) => {
    const message = raceMessage(machine, formatElement(memory, element), kind, earlier, scope)
    return fail(machine, 'sim/data-race', message, site, thread)
  }
  return (thread, element) => access(kind, shadow, element, thread, site.id, report)
}

const past: Readonly<Record<AccessKind, string>> = { read: 'read', write: 'wrote', atomic: 'atomically updated' }
const present: Readonly<Record<AccessKind, string>> = { read: 'read', write: 'written', atomic: 'atomically updated' }

function raceMessage(
  { sites, kernel, rank }: Machine,
  element: string,
  kind: AccessKind,
  earlier: Earlier,
  scope: BarrierMemory,
): string {
  const [index, itsRank] = [earlier.thread % kernel.threads, Math.floor(earlier.thread / kernel.threads)]
  const unordered = earlier.foreign || (scope === 'storage' && itsRank !== rank)
  const own = itsRank === rank ? `thread ${index}` : `thread ${index} of the workgroup of rank ${itsRank}`
  const other = unordered ? 'a thread of another workgroup' : own
  const place = sites[earlier.site]?.text ?? 'an unknown statement'
  const missing = unordered ? 'workgroups of a launch are not ordered' : `no barrier orders ${scope} memory between`
  return `${element} is ${present[kind]}, and ${other} ${past[earlier.access]} it at ${place}: ${missing}`
}

/**
 * The flat position of the first of `lanes` consecutive elements.
 * Throws `SimulatorError` `sim/out-of-bounds`, `sim/misaligned-vector`.
 */
export function vectorIndex(machine: Machine, memory: Memory, index: Evaluate, lanes: number, site: Site): Evaluate {
  const { size, buffer } = memory
  return (thread) => {
    const first = index(thread)
    if (first < 0 || first + lanes > size) {
      const message = `elements ${first} to ${first + lanes - 1} of ${buffer.hint}, which has ${size}`
      fail(machine, 'sim/out-of-bounds', message, site, thread)
    }
    if (first % lanes !== 0) {
      const message = `${lanes} elements of ${buffer.hint} at ${first}, not a multiple of ${lanes}`
      fail(machine, 'sim/misaligned-vector', message, site, thread)
    }
    return first
  }
}

/** Throws `SimulatorError` `sim/out-of-bounds` for the index of one dimension. */
export function outside(
  machine: Machine,
  memory: Memory,
  site: Site,
): (thread: Thread, dimension: number, value: number) => never {
  return (thread, dimension, value) => {
    const { buffer, shape } = memory
    const message = `index ${value} in dimension ${dimension} of ${buffer.hint}, shape [${shape.join(', ')}]`
    return fail(machine, 'sim/out-of-bounds', message, site, thread)
  }
}
