// Decisions read from a list of numbers: what fast-check shrinks is the list.
import { compose, repeat, spatial, type TaskMapping, taskShape, workers } from '@tilewright/task-mapping'

/** Takes the next choices. */
export interface Chooser {
  /** A number from 0 to count - 1. */
  readonly below: (count: number) => number
  readonly chance: () => boolean
  readonly of: <T>(options: readonly [T, ...T[]]) => T
}

export function createChooser(choices: readonly number[]): Chooser {
  let next = 0
  const below = (count: number): number => (choices[next++] ?? 0) % count
  return {
    below,
    chance: () => below(2) === 1,
    of: (options) => options[below(options.length)] ?? options[0],
  }
}

/** One to three parts, with at most `threads` workers and 24 tasks. */
export function chooseMapping(choose: Chooser, threads: number): TaskMapping {
  const rank = 1 + choose.below(2)
  const parts = 1 + choose.below(3)
  let mapped: TaskMapping | undefined
  for (let i = 0; i < parts; i++) {
    const extents = Array.from({ length: rank }, () => choose.of([1, 2, 3, 4]))
    const asked = extents.reduce((product, extent) => product * extent, 1)
    const taken = mapped === undefined ? 1 : workers(mapped)
    const done = mapped === undefined ? 1 : taskShape(mapped).reduce((product, extent) => product * extent, 1)
    if (done * asked > 24) continue
    const asSpatial = choose.chance() && taken * asked <= threads
    const part = asSpatial
      ? spatial(extents, { order: choose.chance() ? [...extents.keys()].reverse() : [...extents.keys()] })
      : repeat(extents, { unroll: extents.map(() => choose.chance()) })
    mapped = mapped === undefined ? part : compose(mapped, part)
  }
  return mapped ?? repeat(Array.from({ length: rank }, () => 1))
}
