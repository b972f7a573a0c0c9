// The error of a call as a value, so that a test can look at its code and its text.
import { TilewrightError } from '@tilewright/ir'

/** The `TilewrightError` that `run` throws. Any other error passes through; a `RangeError` when nothing is thrown. */
export function thrownBy(run: () => unknown): TilewrightError {
  try {
    run()
  } catch (error) {
    if (error instanceof TilewrightError) return error
    throw error
  }
  throw new RangeError('nothing was thrown')
}
