/** `tilewright check`: runs every case it finds and compares with the results that stand beside it. */
import type { ProductKind } from '@tilewright/compiler'
import { type CaseReport, checkCase } from '../check/check-case.js'
import { findCases } from '../check/find-cases.js'
import { caseLines, checkData, gapLines, summarize, summaryText } from '../check/report-check.js'
import type { DeviceChoice } from '../device-names.js'
import { namedDevice, type OpenedDevice, openDevice } from '../open-device.js'
import type { Terminal } from '../terminal.js'
import type { Tolerance } from '../tolerance.js'

export interface CheckOptions {
  readonly device: DeviceChoice
  readonly tolerance: Tolerance
  /** Values of symbolic sizes that the models are compiled for. */
  readonly fixed: Readonly<Record<string, number>>
  readonly products: ProductKind
  readonly json: boolean
}

/**
 * Checks the cases at or under `folders`; gives the exit code: 0 when none failed.
 * Rejects with `CompileError` when there is no case, or no such device.
 */
export async function check(folders: readonly string[], options: CheckOptions, terminal: Terminal): Promise<number> {
  const cases = findCases(folders)
  let opened = await openWatched(options.device)
  const device = namedDevice(opened)
  const lineOf = caseLines(
    cases.map(({ name }) => name),
    terminal.colors,
  )
  const reports: CaseReport[] = []
  let isCaveatSaid = false
  const sayCaveat = (): void => {
    if (!isCaveatSaid && opened.caveat !== undefined) terminal.note(opened.caveat)
    isCaveatSaid = true
  }
  try {
    for (const [i, testCase] of cases.entries()) {
      const name = `[${i + 1}/${cases.length}] ${testCase.name}`
      terminal.progress(name)
      const report = await checkCase(testCase, opened, options, {
        onRun: sayCaveat,
        onStage: (text, isLong) => terminal.progress(`${name}: ${text}`, isLong),
      })
      reports.push(report)
      const line = options.json ? undefined : lineOf(report)
      if (line !== undefined) terminal.result(line)
      if (opened.isLost() && i < cases.length - 1) {
        opened.device.dispose()
        opened = await openWatched(options.device)
      }
    }
  } finally {
    opened.device.dispose()
  }
  for (const line of gapLines(reports, terminal.noteColumns)) terminal.note(line)
  const summary = summarize(reports)
  terminal.result(
    options.json
      ? JSON.stringify(checkData(reports, device, options.tolerance), undefined, 2)
      : summaryText(summary, terminal.colors),
  )
  return summary.failed === 0 ? 0 : 1
}

/** Opens a device and keeps an eye on it: a case that takes it down fails alone, the next gets a new one. */
async function openWatched(choice: DeviceChoice): Promise<OpenedDevice & { readonly isLost: () => boolean }> {
  const opened = await openDevice(choice)
  let isLost = false
  void opened.device.lost.then(() => {
    isLost = true
  })
  return { ...opened, isLost: () => isLost }
}
