/**
 * Names in printed source. Decides how a hint becomes an identifier; keeps the invariant that no two names that are
 * alive at once are equal and none is a word of the language. Hints may come from a model: nothing but letters, digits
 * and underscores of one is ever printed.
 */

export interface Namer {
  /** An identifier like `hint` that is not in use: `hint`, else `hint_1`, `hint_2`, … */
  readonly fresh: (hint: string) => string
  /** Runs `body`; names made in it are free again afterwards. */
  readonly scope: (body: () => void) => void
}

/** Identifiers of at most this many characters before the number that makes them unique. */
const maxLength = 40

function identifier(hint: string): string {
  // Two underscores in a row, or one at the start, are reserved in WGSL, C or C++.
  const word = hint
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+/, '')
    .slice(0, maxLength)
    .replace(/_+$/, '')
  return /^[A-Za-z]/.test(word) ? word : `v${word}`
}

/** A namer that avoids `reserved`. */
export function createNamer(reserved: ReadonlySet<string>): Namer {
  const taken = new Set<string>()
  /** The last number tried for each word: printing thousands of equal hints stays linear. */
  const counters = new Map<string, number>()
  let made: { readonly name: string; readonly word: string; readonly before: number }[] = []

  return {
    fresh: (hint) => {
      const word = identifier(hint)
      const before = counters.get(word) ?? -1
      let number = before
      let name: string
      do {
        number++
        name = number === 0 ? word : `${word}_${number}`
      } while (taken.has(name) || reserved.has(name))
      taken.add(name)
      counters.set(word, number)
      made.push({ name, word, before })
      return name
    },
    scope: (body) => {
      const outer = made
      made = []
      body()
      for (const { name, word, before } of made.toReversed()) {
        taken.delete(name)
        counters.set(word, before)
      }
      made = outer
    },
  }
}
