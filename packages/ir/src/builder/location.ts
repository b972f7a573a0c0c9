/** Finds the line of the author's code that makes a statement, from a stack trace. Best effort: engines differ. */
import type { SourceLocation } from '../source-location.js'

const frame = /(?:\(|@|at )?((?:file:\/\/|https?:\/\/|\/|[A-Za-z]:\\)[^\s()]+?):(\d+):(\d+)\)?$/

/** The builder's own frames: its modules when run from source, the whole bundle when run from the package. */
const own = /[\\/]ir[\\/](src[\\/]builder[\\/](location|kernel-builder|value)\.[jt]s|dist[\\/])/

/** Where no frame is of the author, or the engine gives no stack. */
const unknown: SourceLocation = { file: 'unknown file', line: 0, column: 0 }

class Trace extends Error {}

/** Looked for at its first use: engines keep a stack in short until then, and most locations are of no use to anybody. */
class CallerLocation implements SourceLocation {
  #from: Trace | SourceLocation

  constructor(trace: Trace) {
    this.#from = trace
  }

  get file(): string {
    return this.#found().file
  }

  get line(): number {
    return this.#found().line
  }

  get column(): number {
    return this.#found().column
  }

  #found(): SourceLocation {
    if (this.#from instanceof Trace) this.#from = firstOutside(this.#from.stack ?? '')
    return this.#from
  }
}

/** The first frame outside the builder, as a location that is found when it is read. */
export function callerLocation(): SourceLocation {
  return new CallerLocation(new Trace())
}

function firstOutside(stack: string): SourceLocation {
  for (const line of stack.split('\n')) {
    const match = frame.exec(line.trim())
    if (match === null) continue
    const [, file = '', row, column] = match
    if (own.test(file)) continue
    return { file: file.replace(/^file:\/\//, ''), line: Number(row), column: Number(column) }
  }
  return unknown
}
