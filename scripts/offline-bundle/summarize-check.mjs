// node summarize-check.mjs FILE: what `tilewright check --json` wrote, in as many lines as cases have failed, and one more.
import { readFileSync } from 'node:fs'

/**
 * @typedef {{ name: string, status: string, failures: readonly string[] }} Case
 * @typedef {{ passed?: number, failed?: number, unsupported?: number, cases?: readonly Case[],
 *   error?: { code?: string, message?: string } }} Report
 */

/**
 * @param {Report} report
 * @returns {readonly string[]}
 */
export function summarize({ error, cases = [], passed, failed, unsupported }) {
  if (error !== undefined) return [`error[${error.code}]: ${error.message}`]
  const lines = cases
    .filter(({ status }) => status === 'failed')
    .map(({ name, failures }) => `failed ${name}: ${failures[0]}`)
  return [...lines, `${passed} passed, ${failed} failed, ${unsupported} unsupported`]
}

if (process.argv[1] === import.meta.filename) {
  const text = readFileSync(process.argv[2] ?? '', 'utf8')
  console.log(text === '' ? 'nothing was written' : summarize(JSON.parse(text)).join('\n'))
}
