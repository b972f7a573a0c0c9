/** Callers without types may pass anything: these checks refuse it in the compiler's errors, before it is a TypeError elsewhere. */
import { describe, type Fault, type OptionNames, optionsFault, recordFault } from './arguments.js'
import { CompileError } from './errors.js'

/** Throws `CompileError` `code` for options of the function `of` that are no plain object, or have a field it does not know. */
export function checkOptions<Options extends object>(
  code: string,
  of: string,
  options: Options,
  known: OptionNames<Options>,
): void {
  refuse(code, optionsFault(of, options, known))
}

/** Throws `CompileError` `code` when the function `of`, which takes no arguments, is given `options`. */
export function checkNoOptions(code: string, of: string, options: readonly unknown[]): void {
  if (options.length === 0) return
  refuse(code, { message: `${of} takes no options`, help: `write ${of}()` })
}

/** Throws `CompileError` `code` for what is no record of values by name, such as a Map or an array. */
export function checkRecord(code: string, what: string, value: object): void {
  refuse(code, recordFault(what, value))
}

/** Throws `CompileError` `code` unless it `holds`, which `rule` says, of what is `given`. */
export function checkArgument(holds: boolean, code: string, rule: string, given: unknown, help: string): void {
  if (!holds) refuse(code, { message: `${rule}, not ${describe(given)}`, help })
}

function refuse(code: string, fault: Fault | undefined): void {
  if (fault !== undefined) throw new CompileError({ code, ...fault })
}
