/**
 * Equal layers of a network are equal groups: they are scheduled, lowered and emitted once, and each launch binds its own
 * buffers. Groups are equal when they are the same up to which buffers, variables and places in a source file they name.
 */
import type { EmittedKernel } from '@tilewright/backend'
import type { FusionGroup } from '@tilewright/fusion'
import { type Buffer, defined, invariant, type Refinement } from '@tilewright/ir'
import type { Resolution } from '@tilewright/schedules'
import type { Stopwatch } from './stopwatch.js'

/** What a group becomes before it is part of a plan. */
export interface LoweredGroup {
  readonly schedule: Pick<Resolution, 'template' | 'candidate' | 'rejected'>
  /** In launch order, each with the buffers that it binds. */
  readonly kernels: readonly { readonly emitted: EmittedKernel; readonly bound: readonly Buffer[] }[]
}

/** What a compile asks of one group. */
export interface GroupWork {
  /** The operand among those that `mayDie` whose memory the result can take. */
  readonly inPlace: (mayDie: (operand: Buffer) => boolean) => Buffer | undefined
  /** Facts about sizes under which the group has variants. */
  readonly refinements: () => readonly Refinement[]
  /** Lowers the group; its result is written over an operand, or over none. */
  readonly lower: (overwritten: Buffer | undefined) => LoweredGroup
}

/** The answers for groups that are equal; buffers by their places in a group. */
interface Answers {
  readonly inPlace: Map<string, number>
  refinements?: readonly Refinement[]
  readonly lowered: Map<number, { readonly lowered: LoweredGroup; readonly buffers: readonly Buffer[] }>
}

/** The work of a group, where what is asked is asked once for all groups that are equal. */
export function onceForEqualGroups(
  work: (group: FusionGroup) => GroupWork,
  { time }: Stopwatch,
): (group: FusionGroup) => GroupWork {
  const answers = new Map<string, Answers>()
  const known = new Map<FusionGroup, GroupWork>()
  return (group) => {
    const before = known.get(group)
    if (before !== undefined) return before
    const { text, buffers } = time('compare', () => describe(group))
    const shared: Answers = answers.get(text) ?? { inPlace: new Map(), lowered: new Map() }
    answers.set(text, shared)
    const once = shareAnswers(work(group), buffers, shared)
    known.set(group, once)
    return once
  }
}

function shareAnswers(own: GroupWork, buffers: readonly Buffer[], shared: Answers): GroupWork {
  const placeOf = (buffer: Buffer | undefined): number => (buffer === undefined ? -1 : buffers.indexOf(buffer))
  return {
    inPlace: (mayDie) => {
      const key = buffers.map((buffer) => (mayDie(buffer) ? 1 : 0)).join('')
      const place = shared.inPlace.get(key) ?? placeOf(own.inPlace(mayDie))
      shared.inPlace.set(key, place)
      return buffers[place]
    },
    refinements: () => {
      shared.refinements ??= own.refinements()
      return shared.refinements
    },
    lower: (overwritten) => {
      const known = shared.lowered.get(placeOf(overwritten))
      if (known === undefined) {
        const lowered = own.lower(overwritten)
        shared.lowered.set(placeOf(overwritten), { lowered, buffers })
        return lowered
      }
      const binds = new Map(
        known.buffers.map((buffer, i) => [buffer, defined(buffers[i], 'equal groups name as many')]),
      )
      const kernels = known.lowered.kernels.map(({ emitted, bound }) => ({
        emitted,
        // What is not the group's is a workspace, written before it is read: launches in a row can share it.
        bound: bound.map((buffer) => binds.get(buffer) ?? buffer),
      }))
      return { schedule: known.lowered.schedule, kernels }
    },
  }
}

interface Description {
  /** Equal for equal groups only. */
  readonly text: string
  /** The group's buffers, in order of appearance. */
  readonly buffers: readonly Buffer[]
}

function describe(group: FusionGroup): Description {
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
  write([group.anchor, group.prologues, group.epilogues])
  return { text, buffers }
}

/** Of all that equations are made of, buffers alone have this kind. */
const isBuffer = (value: object): value is Buffer => 'kind' in value && value.kind === 'buffer'

function primitive(value: unknown): string {
  invariant(typeof value !== 'function', 'equations are plain data')
  // With its length, no text is part of another.
  if (typeof value === 'string') return `${value.length}"${value};`
  return Object.is(value, -0) ? '-0;' : `${value};`
}
