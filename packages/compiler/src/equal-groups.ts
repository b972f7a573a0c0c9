/**
 * Equal layers of a network are equal groups: they are scheduled, lowered and emitted once, and each launch binds its own
 * buffers. Groups are equal when they are the same up to which buffers, variables and places in a source file they name.
 */
import type { EmittedKernel } from '@tilewright/backend'
import type { FusionGroup } from '@tilewright/fusion'
import { type Buffer, defined, invariant } from '@tilewright/ir'
import type { Resolution } from '@tilewright/schedules'
import type { Stopwatch } from './stopwatch.js'

/** What a group becomes before it is part of a plan. */
export interface LoweredGroup {
  readonly schedule: Pick<Resolution, 'template' | 'candidate' | 'rejected'>
  /** In launch order, each with the buffers that it binds. */
  readonly kernels: readonly { readonly emitted: EmittedKernel; readonly bound: readonly Buffer[] }[]
}

/** Lowers a group that writes its result over an operand, or over none. */
export type Lower = (group: FusionGroup, overwritten: Buffer | undefined) => LoweredGroup

/** `lower`, asked once for all groups that are equal. */
export function onceForEqualGroups(lower: Lower, { time }: Stopwatch): Lower {
  const done = new Map<string, { readonly lowered: LoweredGroup; readonly buffers: readonly Buffer[] }>()
  return (group, overwritten) => {
    const { text, buffers } = time('compare', () => describe(group, overwritten))
    const known = done.get(text)
    if (known === undefined) {
      const lowered = lower(group, overwritten)
      done.set(text, { lowered, buffers })
      return lowered
    }
    const own = new Map(known.buffers.map((buffer, i) => [buffer, defined(buffers[i], 'equal groups name as many')]))
    const kernels = known.lowered.kernels.map(({ emitted, bound }) => ({
      emitted,
      // What is not the group's is a workspace, written before it is read: launches in a row can share it.
      bound: bound.map((buffer) => own.get(buffer) ?? buffer),
    }))
    return { schedule: known.lowered.schedule, kernels }
  }
}

/** A text that is equal for equal groups only, and the group's buffers in order of appearance. */
function describe(
  group: FusionGroup,
  overwritten: Buffer | undefined,
): { readonly text: string; readonly buffers: readonly Buffer[] } {
  const buffers: Buffer[] = []
  const numbers = new Map<object, number>()
  let text = ''
  const write = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) {
      text += primitive(value)
      return
    }
    if (Array.isArray(value)) {
      text += '['
      for (const element of value) write(element)
      text += ']'
      return
    }
    const known = numbers.get(value)
    if (known !== undefined) {
      text += `@${known};`
      return
    }
    // Sizes are equal by what they say; expressions are shared, variables and buffers are what they are.
    const isSize = 'kind' in value && (value.kind === 'size' || value.kind === 'size-op')
    if (!isSize) numbers.set(value, numbers.size)
    if (isBuffer(value)) buffers.push(value)
    text += '{'
    for (const [name, field] of Object.entries(value)) {
      // A buffer's name says which tensor it is, which is not for kernels to know.
      if (name === 'at' || (isBuffer(value) && name === 'hint')) continue
      text += `${name}:`
      write(field)
    }
    text += '}'
  }
  write([group.anchor, group.prologues, group.epilogues, overwritten])
  return { text, buffers }
}

/** Of all that equations are made of, buffers alone have this kind. */
const isBuffer = (value: object): value is Buffer => 'kind' in value && value.kind === 'buffer'

function primitive(value: unknown): string {
  invariant(typeof value !== 'function', 'equations are plain data')
  if (typeof value === 'string') return `${JSON.stringify(value)};`
  return Object.is(value, -0) ? '-0;' : `${value};`
}
