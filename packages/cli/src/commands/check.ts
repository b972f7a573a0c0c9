/** `tilewright check`: runs every case it finds and compares with the results that stand beside it. */
import { checkCase } from '../check/check-case.js'
import { findCases } from '../check/find-cases.js'
import { checkData, failureText, gapsText, summarize, summaryText } from '../check/report-check.js'
import type { Tolerance } from '../compare-tensors.js'
import { type DeviceChoice, openDevice } from '../open-device.js'
import type { Terminal } from '../terminal.js'

export interface CheckOptions {
  readonly device: DeviceChoice
  readonly tolerance: Tolerance
  readonly json: boolean
}

/**
 * Checks the cases at or under `folders`; gives the exit code: 0 when none failed.
 * Rejects with `CompileError` when there is no case, or no such device.
 */
export async function check(folders: readonly string[], options: CheckOptions, terminal: Terminal): Promise<number> {
  const cases = findCases(folders)
  const opened = await openDevice(options.device, terminal.note)
  try {
    const reports = []
    for (const [i, testCase] of cases.entries()) {
      terminal.progress(`[${i + 1}/${cases.length}] ${testCase.name}`)
      const report = await checkCase(testCase, opened, options.tolerance)
      reports.push(report)
      if (report.status === 'failed' && !options.json) terminal.result(failureText(report, terminal.colors))
    }
    terminal.progress('')
    const gaps = gapsText(reports)
    if (gaps !== undefined) terminal.note(gaps)
    const summary = summarize(reports)
    if (options.json) {
      terminal.result(JSON.stringify(checkData(reports, opened.device.info, options.tolerance), undefined, 2))
    } else {
      terminal.result(summaryText(summary, terminal.colors))
    }
    return summary.failed === 0 ? 0 : 1
  } finally {
    opened.device.dispose()
  }
}
