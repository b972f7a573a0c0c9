/** `tilewright run`: compiles a model, runs it, checks the results, and says what became of it. */
import type { ProductKind } from '@tilewright/compiler'
import type { DeviceChoice } from '../device-names.js'
import { openDevice } from '../open-device.js'
import { runData, runText } from '../run/report-run.js'
import { readRequest, runModel } from '../run/run-model.js'
import { refuseFixedSizes } from '../run-sizes.js'
import type { Terminal } from '../terminal.js'
import type { Tolerance } from '../tolerance.js'

export interface RunOptions {
  readonly device: DeviceChoice
  readonly data: string | undefined
  /** Where none is asked for, it is the model's. */
  readonly tolerance: Tolerance | undefined
  /** Values of symbolic sizes that the model is compiled for. */
  readonly fixed: Readonly<Record<string, number>>
  readonly products: ProductKind
  /** Values of symbolic sizes, where there is no data and the default is not wanted. */
  readonly sizes: Readonly<Record<string, number>>
  readonly json: boolean
}

/** Runs the model in `file`, or the built-in one; gives the exit code: 0 when the results are right. */
export async function run(file: string | undefined, options: RunOptions, terminal: Terminal): Promise<number> {
  refuseFixedSizes(options.fixed, options.sizes)
  const request = readRequest(file, options.data, options.fixed)
  const opened = await openDevice(options.device)
  try {
    const report = await runModel(request, options, opened, terminal)
    terminal.result(options.json ? JSON.stringify(runData(report), undefined, 2) : runText(report, terminal.colors))
    return report.checks.every(({ mismatches }) => mismatches.length === 0) ? 0 : 1
  } finally {
    opened.device.dispose()
  }
}
