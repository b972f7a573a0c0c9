/** Where a command writes: results go to stdout, what is said on the way to stderr. Colours only where a person looks. */
import pc from 'picocolors'

/** picocolors' functions, on or off. */
export type Colors = ReturnType<typeof pc.createColors>

export interface Terminal {
  /** A line, or several, of results. */
  readonly result: (text: string) => void
  /** A line, or several, about the work itself. */
  readonly note: (text: string) => void
  /**
   * A line that the next one replaces, shown to a person who waits; elsewhere one of what takes long: at once where that is
   * known before, as it has to be of work that lets no timer run.
   */
  readonly progress: (text: string, isLong?: boolean) => void
  /** Characters in a line of notes; there is no end to it where no person looks. */
  readonly noteColumns: number
  /** Colours of results. */
  readonly colors: Colors
  /** Colours of notes. */
  readonly noteColors: Colors
}

/** The part of a Node stream that is written to. */
export interface Output {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly write: (text: string) => unknown
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Milliseconds after which what is not shown to a person is written: a log is not to look as if nothing happened. */
const longWait = 10_000

const clearLine = '\r\u001b[2K'

/** A terminal over two streams. `NO_COLOR` and `TERM=dumb` turn colours off, `FORCE_COLOR` turns them on without a TTY. */
export function createTerminal(stdout: Output, stderr: Output, environment: Environment): Terminal {
  let isProgressShown = false
  let waiting: NodeJS.Timeout | undefined
  const clear = (): void => {
    if (isProgressShown) stderr.write(clearLine)
    isProgressShown = false
  }
  return {
    result: (text) => {
      clearTimeout(waiting)
      clear()
      stdout.write(`${text}\n`)
    },
    note: (text) => {
      clear()
      stderr.write(`${text}\n`)
    },
    progress: (text, isLong = false) => {
      if (stderr.isTTY !== true) {
        clearTimeout(waiting)
        const write = (): unknown => stderr.write(`${text}\n`)
        if (isLong) write()
        // It keeps no program from its end.
        else waiting = setTimeout(write, longWait).unref()
        return
      }
      stderr.write(clearLine + text.slice(0, (stderr.columns ?? 80) - 1))
      isProgressShown = true
    },
    noteColumns: stderr.isTTY === true ? (stderr.columns ?? 80) : Number.POSITIVE_INFINITY,
    colors: pc.createColors(hasColors(stdout, environment)),
    noteColors: pc.createColors(hasColors(stderr, environment)),
  }
}

function hasColors(output: Output, environment: Environment): boolean {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== ''
  if (isSet('NO_COLOR')) return false
  if (isSet('FORCE_COLOR')) return environment.FORCE_COLOR !== '0'
  return output.isTTY === true && environment.TERM !== 'dumb'
}
