import { CompileError } from '@tilewright/ir'

/** A count given on the command line. Throws `CompileError` `bench/argument` for anything but an integer above 0. */
export function positive(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new CompileError({ code: 'bench/argument', message: `"${text}" is no positive integer` })
}
