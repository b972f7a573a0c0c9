/**
 * Several consumers of one value that meet again.
 *
 *     b := sigmoid(a)    y := a * b            a is read twice, and y alone leaves the region
 *  => y := a * sigmoid(a)
 */
import { type Buffer, type Compute, equationOutputs } from '@tilewright/ir'
import { compose } from './compose.js'
import type { ProgramIndex } from './program-index.js'

/** Consumers of a value as one equation. */
export interface Region {
  /** Where they meet, with the others put into it. */
  readonly composed: Compute
  /** The equations it stands for. */
  readonly members: readonly Compute[]
}

/** More than any activation function is made of. */
const mostMembers = 12

/**
 * The smallest set of injective equations that begins with all consumers of `value` and is left by one result alone;
 * undefined when there is none of a reasonable size.
 */
export function regionOf(value: Buffer, program: ProgramIndex): Region | undefined {
  const members = new Set<Compute>()
  /** Adds the consumers of a buffer; false when one cannot be a member. */
  const addConsumers = (of: Buffer): boolean => {
    if (program.results.has(of)) return false
    for (const consumer of program.consumers(of)) {
      if (consumer.kind !== 'compute' || members.size >= mostMembers) return false
      members.add(consumer)
    }
    return true
  }
  if (!addConsumers(value)) return undefined
  const expanded = new Set<Compute>()
  for (;;) {
    const inner = [...members].sort((a, b) => program.position(a) - program.position(b))
    const last = inner.pop()
    const next = inner.find((member) => !expanded.has(member))
    if (next === undefined) {
      if (last === undefined) return undefined
      const producers = new Map(inner.map((member) => [member.output, member]))
      return { composed: compose(last, producers), members: [...inner, last] }
    }
    expanded.add(next)
    if (!equationOutputs(next).every(addConsumers)) return undefined
  }
}
