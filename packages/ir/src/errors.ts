/**
 * Errors by fault: `CompileError` is the user's, `UnsupportedError` is a known gap of ours, `InternalError` is our bug.
 * Every error has a code `area/what`, says where it happened and what to do next.
 */

export interface ErrorDetails {
  /** `area/what`, stable across versions: programs match on it. */
  readonly code: string
  readonly message: string
  /** The place: a node of the model, a line of a kernel, a file. */
  readonly where?: string | undefined
  /** What to do next. */
  readonly help?: string | undefined
  readonly cause?: unknown
}

export class TilewrightError extends Error {
  readonly code: string
  readonly where: string | undefined
  readonly help: string | undefined

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? {} : { cause: details.cause })
    this.name = new.target.name
    this.code = details.code
    this.where = details.where
    this.help = details.help
  }
}

/** The user's input cannot be compiled or run: a malformed model, a wrong shape, a limit exceeded. */
export class CompileError extends TilewrightError {}

/** One thing a model needs that Tilewright does not have. */
export interface Gap {
  /** Name of the node, or of the input. */
  readonly where: string
  readonly what: string
}

/**
 * A known gap, decided before any work from operator, attributes and dtypes alone; `gaps` names all of them at once, and
 * so does the message.
 */
export class UnsupportedError extends TilewrightError {
  readonly gaps: readonly Gap[]

  constructor(details: ErrorDetails & { readonly gaps?: readonly Gap[] }) {
    super(details)
    this.gaps = details.gaps ?? []
  }
}

/** A bug in Tilewright. */
export class InternalError extends TilewrightError {
  constructor(message: string, where?: string) {
    super({
      code: 'internal/invariant',
      message,
      where,
      help: 'this is a bug in Tilewright: please report it with the model or kernel',
    })
  }
}

/** Asserts what only a bug of ours can break. Throws `InternalError`. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message)
}

/** Runs `work`; an error of it that does not say where it happened is thrown again with `where`. */
export function atPlace<T>(where: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof TilewrightError) || error.where !== undefined) throw error
    const { code, message, help } = error
    if (error instanceof UnsupportedError) {
      const gaps = error.gaps.length === 0 ? [{ where, what: message }] : error.gaps
      throw new UnsupportedError({ code, message, where, help, gaps })
    }
    throw error instanceof CompileError ? new CompileError({ code, message, where, help }) : error
  }
}

/** The value, or an `InternalError` when it is missing. */
export function defined<T>(value: T | undefined | null, message: string): T {
  if (value === undefined || value === null) throw new InternalError(message)
  return value
}

/** `error[code]: message` with the place and the help beneath: what the CLI prints. */
export function formatError(error: TilewrightError): string {
  const lines = [`error[${error.code}]: ${error.message}`]
  if (error.where !== undefined) lines.push(`  at    ${error.where}`)
  if (error.help !== undefined) lines.push(`  help  ${error.help}`)
  return lines.join('\n')
}

/** Gaps, and places of one, that a message names before it counts the rest. */
const shown = { gaps: 20, places: 3 } as const

/** Gaps as lines of a message: equal ones share a line. */
export function formatGaps(gaps: readonly Gap[]): readonly string[] {
  const places = new Map<string, string[]>()
  for (const { where, what } of gaps) places.set(what, [...(places.get(what) ?? []), where])
  const lines = [...places].map(([what, all]) => {
    const rest = all.length - shown.places
    const count = all.length === 1 ? '' : `${all.length} × `
    return `  with  ${count}${what}: ${all.slice(0, shown.places).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
  })
  const rest = lines.length - shown.gaps
  return [...lines.slice(0, shown.gaps), ...(rest > 0 ? [`  with  ${rest} more, which the error's gaps list`] : [])]
}
