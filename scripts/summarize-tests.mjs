// The closing line of a CI run, from vitest's JSON reports: `N passed, N failed`. A report that is missing, or that says
// failure without naming a failed test (a file that does not load, a process that died), counts as one failure.
import { readFileSync } from 'node:fs'

/** @typedef {{ success: boolean, numPassedTests: number, numFailedTests: number }} Report */

/**
 * @param {readonly (Report | undefined)[]} reports
 * @returns {{ passed: number, failed: number }}
 */
export function summarize(reports) {
  let passed = 0
  let failed = 0
  for (const report of reports) {
    passed += report?.numPassedTests ?? 0
    failed += Math.max(report?.numFailedTests ?? 0, report?.success === true ? 0 : 1)
  }
  return { passed, failed }
}

/**
 * @param {string} path
 * @returns {Report | undefined}
 */
function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

if (process.argv[1] === import.meta.filename) {
  const { passed, failed } = summarize(process.argv.slice(2).map(read))
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
}
