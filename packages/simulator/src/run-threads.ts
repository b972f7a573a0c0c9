/**
 * Runs the threads of the workgroups of one cluster, each until it waits, in one order; then lets go those whose wait is over,
 * until all have ended. What can go on when nothing else can is decided here: a barrier not all reach, or a deadlock.
 */
import { InternalError, type Participants } from '@tilewright/ir'
import { at } from './at.js'
import type { Step } from './compile-stmt.js'
import type { Coroutine } from './compile-sync.js'
import { fail, type Machine } from './machine.js'
import { phaseCompleted } from './mbarriers.js'
import type { Thread, Wait } from './thread.js'

type Meeting = Extract<Wait, { kind: 'meeting' }>
type Starving = Extract<Wait, { kind: 'phase' }>
/** Threads that meet, in order of index. */
type Groups = ReadonlyMap<Participants | number, readonly (readonly Thread[])[]>

/** Throws `SimulatorError` for anything the threads do wrong. `bodies` are those of the workgroups. */
export function runThreads(cluster: readonly Machine[], bodies: readonly Step[]): void {
  const coroutines: (readonly [Thread, Coroutine])[] = []
  for (const [rank, machine] of inOrder([...cluster.entries()], at(cluster, 0))) {
    const { run, kind } = at(bodies, rank)
    for (const thread of inOrder(machine.threads, machine)) {
      if (kind === 'plain') run(thread)
      else coroutines.push([thread, run(thread)])
    }
  }
  if (coroutines.length === 0) return
  const groups = cluster.map((machine) => [machine, groupsOf(machine)] as const)
  while (coroutines.some(([thread]) => !thread.ended)) {
    let progress = false
    for (const [thread, coroutine] of coroutines) {
      if (thread.ended || !mayGoOn(thread)) continue
      thread.waiting = undefined
      thread.ended = coroutine.next().done === true
      progress = true
    }
    for (const [machine, own] of groups) if (meetAll(machine, own)) progress = true
    if (!progress) stuck(groups)
  }
}

const inOrder = <T>(list: readonly T[], { order }: Machine): readonly T[] =>
  order === 'ascending' ? list : list.toReversed()

/** Lets go those who have all come to a meeting; whether there were any. */
function meetAll(machine: Machine, groups: Groups): boolean {
  let progress = false
  for (const [participants, list] of groups) {
    for (const group of list) {
      const wait = commonMeeting(group)
      if (wait?.participants !== participants) continue
      checkIterations(machine, wait, group)
      wait.meet(group)
      for (const thread of group) thread.waiting = undefined
      progress = true
    }
  }
  return progress
}

function mayGoOn({ waiting }: Thread): boolean {
  return waiting === undefined || (waiting.kind === 'phase' && phaseCompleted(waiting.slot, waiting.parity))
}

function groupsOf({ kernel, threads, groupSizes }: Machine): Groups {
  const ofSize = (size: number): readonly (readonly Thread[])[] =>
    Array.from({ length: threads.length / size }, (_, group) => threads.slice(group * size, (group + 1) * size))
  return new Map<Participants | number, readonly (readonly Thread[])[]>([
    ['workgroup', [threads]],
    ['subgroup', kernel.subgroupSize === undefined ? [] : ofSize(kernel.subgroupSize)],
    ...[...groupSizes].map((size) => [size, ofSize(size)] as const),
  ])
}

/** The meeting that all threads of the group have come to. */
function commonMeeting(group: readonly Thread[]): Meeting | undefined {
  const wait = at(group, 0).waiting
  return wait?.kind === 'meeting' && group.every(({ waiting }) => waiting === wait) ? wait : undefined
}

/** The same statement in another iteration of a loop is not the same barrier. */
function checkIterations(machine: Machine, { site, loops }: Meeting, group: readonly Thread[]): void {
  const first = at(group, 0)
  for (const thread of group) {
    if (loops.every((slot) => thread.vars[slot] === first.vars[slot])) continue
    const iteration = ({ vars }: Thread): string => loops.map((slot) => vars[slot]).join(', ')
    const message = `thread ${first.index} waits in iteration (${iteration(first)}) and thread ${thread.index} in (${iteration(thread)})`
    fail(machine, 'sim/divergent-barrier', message, site, thread)
  }
}

/** No thread can go on. Throws `sim/deadlock` when one waits for a phase, `sim/divergent-barrier` otherwise. */
function stuck(cluster: readonly (readonly [Machine, Groups])[]): never {
  for (const [machine] of cluster) {
    const starved = machine.threads.find(({ waiting }) => waiting?.kind === 'phase')
    if (starved?.waiting?.kind === 'phase') failStarved(cluster, machine, starved, starved.waiting)
  }
  for (const [machine, groups] of cluster) {
    const first = machine.threads.find(({ waiting }) => waiting?.kind === 'meeting')
    if (first?.waiting?.kind !== 'meeting') continue
    const { site, participants } = first.waiting
    const group = groups.get(participants)?.find((members) => members.includes(first)) ?? []
    const missing = group.filter(({ waiting }) => waiting !== first.waiting)
    fail(machine, 'sim/divergent-barrier', `thread ${first.index} waits; ${formatStates(missing)}`, site, first)
  }
  throw new InternalError('threads that have not ended wait for something')
}

function failStarved(
  cluster: readonly (readonly [Machine, Groups])[],
  machine: Machine,
  starved: Thread,
  { site, slot, parity }: Starving,
): never {
  const { hint, arrivals } = slot.mbarrier
  const boxes = slot.awaited === 0 ? '' : ` and awaits ${slot.awaited} lines of multicast boxes`
  const state = `${slot.arrived} of ${arrivals} arrivals in phase ${slot.phase}${boxes}`
  const others = cluster.map(([{ rank, threads }]) => {
    const states = formatStates(threads.filter((thread) => thread !== starved))
    return rank === machine.rank ? states : `of the workgroup of rank ${rank}, ${states}`
  })
  const message = `thread ${starved.index} waits for parity ${parity} of ${hint}, which has ${state}; ${others.join('; ')}`
  return fail(machine, 'sim/deadlock', message, site, starved)
}

/** `threads 1, 2 have ended; thread 3 waits at …`. */
function formatStates(threads: readonly Thread[]): string {
  const byState = new Map<string, number[]>()
  for (const { index, ended, waiting } of threads) {
    const state = ended || waiting === undefined ? 'ended' : `at ${waiting.site.text}`
    byState.set(state, [...(byState.get(state) ?? []), index])
  }
  const shown = 8
  return [...byState]
    .map(([state, indices]) => {
      const list = indices.slice(0, shown).join(', ') + (indices.length > shown ? ', …' : '')
      if (state === 'ended') return indices.length === 1 ? `thread ${list} has ended` : `threads ${list} have ended`
      return indices.length === 1 ? `thread ${list} waits ${state}` : `threads ${list} wait ${state}`
    })
    .join('; ')
}
