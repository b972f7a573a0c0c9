/**
 * What callers without types pass, against what was asked for, as message and help of an error. This file imports nothing: the
 * runtime, which ships without the compiler, takes it from `@tilewright/ir/arguments`.
 */

/** Why an argument is none. */
export interface Fault {
  readonly message: string
  readonly help: string
}

/** What a function calls its options: each of the type's, so that one that is added is added here. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>

/** The longest text that a message quotes. */
const longest = 40

/** A value as a message says it: `null`, `the text "f32"`, `42`, `a Map`. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, longest))}`
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  if (typeof name !== 'string' || name === '' || name === 'Object') return 'an object'
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`
}

/** Whether a value is a plain object: its own fields are all it says. A Map, an array, a promise or a device is none. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // Objects of other realms, such as frames and workers, have another Object.prototype.
  return prototype === null || (!Array.isArray(value) && Object.getPrototypeOf(prototype) === null)
}

/** Why `value`, in a message the `what`, is no record of values by name; undefined where it is one. */
export function recordFault(what: string, value: unknown): Fault | undefined {
  if (isPlain(value)) return undefined
  const fromMap = value instanceof Map ? ': Object.fromEntries(map) makes one of a Map' : ', such as { name: value }'
  return { message: `the ${what} are ${describe(value)}`, help: `pass a plain object${fromMap}` }
}

/** Why `options` are none of the function `of`; undefined where they are, with each name among `known`. */
export function optionsFault<Options extends object>(
  of: string,
  options: unknown,
  known: OptionNames<Options>,
): Fault | undefined {
  const names = Object.keys(known)
  if (!isPlain(options)) {
    const help = `pass a plain object with any of ${names.join(', ')}`
    return { message: `the options of ${of} are ${describe(options)}`, help }
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name))
  if (unknown === undefined) return undefined
  const near = nearest(unknown, names)
  return {
    message: `${of} has no option "${unknown.slice(0, longest)}"`,
    help: `${near === undefined ? '' : `write ${near}: `}its options are ${names.join(', ')}`,
  }
}

/** The name that is meant by a misspelt one; undefined where half of the letters differ. */
function nearest(misspelt: string, names: readonly string[]): string | undefined {
  const [first] = names
    .map((name) => ({ name, edits: editDistance(misspelt.slice(0, longest).toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits < name.length / 2)
    .sort((a, b) => a.edits - b.edits)
  return first?.name
}

/** How many letters are to be added, left out or changed between two words. */
function editDistance(from: string, to: string): number {
  let before = Array.from({ length: to.length + 1 }, (_, j) => j)
  for (const letter of from) {
    const row = [(before[0] ?? 0) + 1]
    for (let j = 0; j < to.length; j++) {
      const changed = (before[j] ?? 0) + (letter === to[j] ? 0 : 1)
      row.push(Math.min(changed, (before[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1))
    }
    before = row
  }
  return before.at(-1) ?? 0
}
