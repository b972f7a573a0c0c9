/** Numbers and tables for people. */

/** 300 B, 24.3 KiB, 1 GiB. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  let [value, unit] = [bytes, 0]
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`
}

/** 0.42 ms, 3.1 ms, 120 ms, 2.4 s. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`
  if (milliseconds >= 100) return `${Math.round(milliseconds)} ms`
  return `${milliseconds.toFixed(milliseconds >= 1 ? 1 : 2)} ms`
}

/** 1 kernel, 2 kernels, 3 dispatches. */
export function formatCount(count: number, noun: string): string {
  const plural = noun.endsWith('ch') ? `${noun}es` : `${noun}s`
  return `${count} ${count === 1 ? noun : plural}`
}

/** The first of many texts, and how many more there are. */
export function formatList(texts: readonly string[], most: number): string {
  const rest = texts.length > most ? `, and ${texts.length - most} more` : ''
  return texts.slice(0, most).join(', ') + rest
}

/** The text, cut where a line of a terminal ends. */
export function fitLine(text: string, columns: number): string {
  return text.length > columns ? `${text.slice(0, columns - 1)}…` : text
}

/** Rows as lines, their cells left-aligned two spaces apart. */
export function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<readonly number[]>(
    (known, row) =>
      Array.from({ length: Math.max(known.length, row.length) }, (_, i) =>
        Math.max(known[i] ?? 0, row[i]?.length ?? 0),
      ),
    [],
  )
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
