/**
 * Happens-before within a cluster of workgroups, by vector clocks. Workgroup memory and storage have a clock each, because a
 * barrier orders one of them. A thread's own clock ticks when it releases what it did; `known` says up to which tick
 * of every other thread it has seen. `known` arrays are shared between threads and never written once shared.
 */
import { at } from './at.js'

export interface Clock {
  own: number
  known: Int32Array
  /** Clocks of equal version, 0 apart, share `known`. */
  version: number
}

/** All participants see everything that each of them saw or did. `threads[p]` is the number of participant p. */
export function joinClocks(participants: readonly Clock[], threads: readonly number[]): void {
  const joined = Int32Array.from(at(participants, 0).known)
  let merged = at(participants, 0).known
  for (const { known } of participants) {
    // After a workgroup barrier all threads share one array, so that this costs one merge.
    if (known !== merged) mergeInto(joined, known)
    merged = known
  }
  participants.forEach((clock, p) => {
    joined[at(threads, p)] = clock.own
  })
  // No two joins have the same first participant at the same tick. Negative, because the start of a workgroup is a tick.
  const version = -(at(participants, 0).own * joined.length + at(threads, 0))
  for (const clock of participants) {
    clock.known = joined
    clock.version = version
    clock.own += 1
  }
}

/** Adds to `released` what the thread saw and did; what it does from here on is not covered. */
export function release(clock: Clock, thread: number, released: Int32Array): void {
  mergeInto(released, clock.known)
  released[thread] = clock.own
  clock.own += 1
}

/** The thread sees what was released. */
export function acquire(clock: Clock, released: Int32Array): void {
  const known = Int32Array.from(clock.known)
  mergeInto(known, released)
  clock.known = known
  clock.version = 0
}

export function mergeInto(target: Int32Array, from: Int32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = Math.max(target[i] ?? 0, from[i] ?? 0)
}
