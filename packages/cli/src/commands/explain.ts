/** `tilewright explain`: compiles a model and says what became of it, without running it. */
import type { ProductKind } from '@tilewright/compiler'
import { compilingText, takesLong } from '../compile-model.js'
import type { DeviceChoice } from '../device-names.js'
import { explainModel } from '../explain/explain-model.js'
import { explainText } from '../explain/report-explain.js'
import { groupOf, groupText } from '../explain/report-group.js'
import { deviceText, namedDevice, openOrTarget } from '../open-device.js'
import { readRequest } from '../run/run-model.js'
import { refuseFixedSizes } from '../run-sizes.js'
import type { Terminal } from '../terminal.js'

export interface ExplainOptions {
  readonly device: DeviceChoice
  /** Values of symbolic sizes that the model is compiled for. */
  readonly fixed: Readonly<Record<string, number>>
  readonly products: ProductKind
  /** The folder of the data that gives sizes, and what the model cannot be compiled without. */
  readonly data: string | undefined
  /** Values of symbolic sizes, where the default is not wanted. */
  readonly sizes: Readonly<Record<string, number>>
  /** The one group to show, by its number. */
  readonly group: number | undefined
  readonly json: boolean
}

/**
 * Explains the model in `file`, or the built-in one; gives exit code 0. The device is opened for what it can do; where it
 * cannot be, the model is compiled for any of its kind.
 * Rejects with `CompileError` `explain/…` for a size or a group that the model does not have.
 */
export async function explain(file: string | undefined, options: ExplainOptions, terminal: Terminal): Promise<number> {
  refuseFixedSizes(options.fixed, options.sizes)
  const request = readRequest(file, options.data, options.fixed)
  const opened = await openOrTarget(options.device)
  try {
    terminal.progress(compilingText(request.model, deviceText(namedDevice(opened))), takesLong(request.model))
    const explanation = explainModel(request, options.sizes, { ...opened, products: options.products })
    const data = options.group === undefined ? explanation : groupOf(explanation, options.group)
    for (const text of explanation.notes) terminal.note(text)
    if (opened.caveat !== undefined) terminal.note(opened.caveat)
    if (options.json) terminal.result(JSON.stringify(data, undefined, 2))
    else terminal.result('definition' in data ? groupText(data, terminal.colors) : explainText(data, terminal.colors))
    return 0
  } finally {
    opened.device?.dispose()
  }
}
