/** Finds the line of the author's code that makes a statement, from a stack trace. Best effort: engines differ. */
import type { SourceLocation } from '../source-location.js'

const frame = /(?:\(|@|at )?((?:file:\/\/|https?:\/\/|\/|[A-Za-z]:\\)[^\s()]+?):(\d+):(\d+)\)?$/

/** The builder's own frames: its modules when run from source, the whole bundle when run from the package. */
const own = /[\\/]ir[\\/](src[\\/]builder[\\/](location|kernel-builder|value)\.[jt]s|dist[\\/])/

/** The first frame outside the builder; undefined where the engine gives no stack. */
export function callerLocation(): SourceLocation | undefined {
  const { stack } = new (class extends Error {})()
  if (stack === undefined) return undefined
  for (const line of stack.split('\n')) {
    const match = frame.exec(line.trim())
    if (match === null) continue
    const [, file = '', row, column] = match
    if (own.test(file)) continue
    return { file: file.replace(/^file:\/\//, ''), line: Number(row), column: Number(column) }
  }
  return undefined
}
