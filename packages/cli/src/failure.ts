/** Errors as the command line shows them: whichever package throws, one shape, and never a stack trace. */
import { CompileError, formatError, InternalError, TilewrightError, UnsupportedError } from '@tilewright/ir'
import { fitLine } from './format.js'
import type { Colors } from './terminal.js'

/**
 * Any thrown value as an error with code, place and help. Errors of the packages that stand below `@tilewright/ir`
 * (plans, mappings) carry the same fields and keep them; memory may run out anywhere; everything else is a bug of ours.
 */
export function failureOf(error: unknown): TilewrightError {
  if (error instanceof TilewrightError) return error
  if (!(error instanceof Error)) return new InternalError(String(error))
  const code = textField(error, 'code')
  // Codes of Node's own errors have no area: ENOENT, ERR_INVALID_ARG_TYPE.
  if (code?.includes('/')) {
    const { message } = error
    return new CompileError({ code, message, where: textField(error, 'where'), help: textField(error, 'help') })
  }
  // How V8 says that an array does not fit into memory; a negative length is something else.
  if (error instanceof RangeError && /allocation failed|Invalid typed array length: \d/.test(error.message)) {
    return new CompileError({
      code: 'run/out-of-memory',
      message: `this process has not enough memory: ${error.message}`,
      help: 'use smaller sizes, or a machine with more memory',
      cause: error,
    })
  }
  return new InternalError(`${error.name}: ${error.message}`)
}

/** Runs `work` on what a file holds; an error of it is thrown again with the file as its place, or before its place. */
export function inFile<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof CompileError || error instanceof UnsupportedError)) throw error
    const { code, message, help, cause } = error
    const where = error.where === undefined ? file : `${file}, ${error.where}`
    if (error instanceof CompileError) throw new CompileError({ code, message, where, help, cause })
    throw new UnsupportedError({ code, message, where, help, cause, gaps: error.gaps })
  }
}

function textField(error: Error, name: string): string | undefined {
  const value: unknown = Reflect.get(error, name)
  return typeof value === 'string' ? value : undefined
}

/** An error with its place and help beneath, coloured; what a model lacks takes a line of `columns` characters each. */
export function formatFailure(error: unknown, colors: Colors, columns: number = Number.POSITIVE_INFINITY): string {
  const [head = '', ...lines] = formatError(failureOf(error)).split('\n')
  const details = lines.map((line) => (line.startsWith('  with ') ? fitLine(line, columns) : line))
  const title = head.replace(/^error\[[^\]]*\]/, (label) => colors.bold(colors.red(label)))
  return [title, ...details.map((line) => line.replace(/^ {2}(at|with|help) /, (label) => colors.dim(label)))].join(
    '\n',
  )
}

/** An error as plain data. */
export interface FailureData {
  readonly code: string
  readonly message: string
  readonly where?: string
  readonly help?: string
  readonly gaps?: readonly { readonly where: string; readonly what: string }[]
}

export function failureData(error: unknown): FailureData {
  const failure = failureOf(error)
  const { code, message, where, help } = failure
  return {
    code,
    message,
    ...(where === undefined ? {} : { where }),
    ...(help === undefined ? {} : { help }),
    ...(failure instanceof UnsupportedError ? { gaps: failure.gaps } : {}),
  }
}

/** An error on one line, without its help: for lists of many. */
export function failureLine(error: unknown): string {
  const { code, message, where } = failureOf(error)
  return `error[${code}]: ${message}${where === undefined ? '' : ` (at ${where})`}`.replaceAll(/\s*\n\s*/g, ' ')
}
