/** Results that are kept: one file a comparison, in the folder beside the sources. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Comparison } from './report.js'

/** Writes a comparison to results/<date>T<time>-<device>.json and gives the path. */
export function saveComparison(comparison: Pick<Comparison, 'date' | 'device'>): string {
  const folder = fileURLToPath(new URL('../results/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const path = join(folder, fileName(comparison))
  writeFileSync(path, `${JSON.stringify(comparison, null, 2)}\n`)
  return path
}

export function fileName({ date, device }: Pick<Comparison, 'date' | 'device'>): string {
  const adapter = device.adapter
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  return `${date.slice(0, 16).replaceAll(':', '')}-${adapter}.json`
}
