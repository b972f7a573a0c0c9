// What the house looks like in figures: sizes of packages and files, and lines that stand in two places. Pure: files in,
// figures out.

/** @typedef {import('./sources.mjs').SourceFile} SourceFile */

const LONG = 300
/** A run of equal lines is a copy from this many on: shorter ones are mostly imports and closing braces. */
const SHORTEST_COPY = 8

/**
 * @typedef {{ name: string, sourceLines: number, testLines: number, files: number, median: number, long: readonly string[] }} Figures
 *   lines are those that are not blank; `long` has the paths of files above 300 lines with their lengths
 */

/**
 * The figures of one package, or of all files together.
 *
 * @param {string} name
 * @param {readonly SourceFile[]} files
 * @param {readonly SourceFile[]} tests
 * @returns {Figures}
 */
export function figuresOf(name, files, tests) {
  const lengths = files.map(({ text }) => filledLines(text).length).sort((a, b) => a - b)
  return {
    name,
    sourceLines: sum(lengths),
    testLines: sum(tests.map(({ text }) => filledLines(text).length)),
    files: files.length,
    median: lengths[Math.floor(lengths.length / 2)] ?? 0,
    long: files.flatMap(({ path, text }) => {
      const lines = text.trimEnd().split('\n').length
      return lines > LONG ? [`${path} (${lines})`] : []
    }),
  }
}

/**
 * Runs of at least eight lines that stand in two places, the longest first: imports, blank lines and indentation do not count.
 *
 * @param {readonly SourceFile[]} files
 * @returns {readonly { lines: number, places: readonly [string, string] }[]}
 */
export function copies(files) {
  /** @type {Map<string, { file: number, at: number }>} */
  const seen = new Map()
  /** @type {{ lines: number, places: readonly [string, string] }[]} */
  const found = []
  const texts = files.map(({ text }) => ownLines(text))
  texts.forEach((lines, file) => {
    for (let at = 0; at + SHORTEST_COPY <= lines.length; at++) {
      const key = keyOf(lines, at)
      const first = seen.get(key)
      if (first === undefined || (first.file === file && first.at + SHORTEST_COPY > at)) {
        if (first === undefined) seen.set(key, { file, at })
        continue
      }
      const other = texts[first.file] ?? []
      let length = SHORTEST_COPY
      while (lines[at + length] !== undefined && lines[at + length]?.text === other[first.at + length]?.text) length++
      found.push({ lines: length, places: [placeOf(files, texts, first), placeOf(files, texts, { file, at })] })
      at += length - 1
    }
  })
  return found.sort((a, b) => b.lines - a.lines)
}

/**
 * @param {readonly { text: string }[]} lines
 * @param {number} at
 */
function keyOf(lines, at) {
  return lines
    .slice(at, at + SHORTEST_COPY)
    .map(({ text }) => text)
    .join('\n')
}

/**
 * @param {readonly SourceFile[]} files
 * @param {readonly (readonly { line: number }[])[]} texts
 * @param {{ file: number, at: number }} place
 */
function placeOf(files, texts, { file, at }) {
  return `${files[file]?.path}:${texts[file]?.[at]?.line}`
}

/**
 * The lines that say something of their own: no imports.
 *
 * @param {string} text
 */
function ownLines(text) {
  const withoutImports = text.replace(/^(import|export) [^;'"]*?from '[^']*'$/gm, (found) =>
    found.replace(/[^\n]/g, ''),
  )
  return withoutImports
    .split('\n')
    .map((line, i) => ({ text: line.trim(), line: i + 1 }))
    .filter((line) => line.text !== '')
}

/** @param {string} text */
function filledLines(text) {
  return text.split('\n').filter((line) => line.trim() !== '')
}

/** @param {readonly number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, one) => total + one, 0)
}
