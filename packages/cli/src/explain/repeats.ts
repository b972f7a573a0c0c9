/** Runs of a list that repeat: the steps of a recurrent operator, or equal layers, one after the other. */

/** `period` elements from `start` on, which stand there `times` times in a row. */
export interface Repeat {
  readonly start: number
  readonly period: number
  readonly times: number
}

/** Elements that repeat together; a step of a recurrent operator is a few, a layer of a transformer a few dozen. */
const longestPeriod = 64

/** Elements that a repeat must save: less is read sooner as it stands. */
const leastSaved = 4

/**
 * A list as repeats, which follow each other without gaps: what does not repeat is one element, once. At each place the
 * period is taken that saves the most elements.
 */
export function repeatsOf(elements: readonly string[]): readonly Repeat[] {
  const repeats: Repeat[] = []
  for (let start = 0; start < elements.length; ) {
    const repeat = repeatAt(elements, start)
    repeats.push(repeat)
    start += repeat.period * repeat.times
  }
  return repeats
}

function repeatAt(elements: readonly string[], start: number): Repeat {
  let best: Repeat = { start, period: 1, times: 1 }
  let saved = leastSaved - 1
  for (let period = 1; period <= longestPeriod && start + 2 * period <= elements.length; period++) {
    let end = start + period
    while (end < elements.length && elements[end] === elements[end - period]) end += 1
    const times = Math.floor((end - start) / period)
    if ((times - 1) * period <= saved) continue
    saved = (times - 1) * period
    best = { start, period, times }
  }
  return best
}
