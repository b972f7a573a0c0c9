// Where the external test data is: real models and the ONNX conformance cases. They are not part of the repository.
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const CONTENTS = ['models', 'onnx-conformance']

/**
 * The folder named by `TILEWRIGHT_DATA`, which holds `models/` and `onnx-conformance/`, or undefined when tests on external
 * data are to be skipped (`dataSkipReason` says why, and the test run prints it once).
 */
export function dataFolder(): string | undefined {
  const folder = process.env.TILEWRIGHT_DATA
  return folder === undefined || dataSkipReason() !== undefined ? undefined : resolve(folder)
}

/** Why tests on external data are skipped, or undefined when the data is there. */
export function dataSkipReason(): string | undefined {
  const folder = process.env.TILEWRIGHT_DATA
  if (folder === undefined || folder === '') {
    return `TILEWRIGHT_DATA is not set (it names a folder that holds ${CONTENTS.join('/ and ')}/)`
  }
  const missing = CONTENTS.filter((name) => !isFolder(join(folder, name)))
  return missing.length === 0 ? undefined : `TILEWRIGHT_DATA=${folder} holds no ${missing.join('/ and no ')}/`
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
