/// <reference lib="dom" />
/**
 * What goes wrong with a `GPUDevice`, gathered: its loss, and errors that WebGPU reports after the call that made them.
 * A fault is reported once, by the first read after it.
 */
import { CompileError, InternalError, type TilewrightError } from '@tilewright/ir'

export interface Faults {
  /** Resolves with the reason when the device is lost, never when it is disposed of. */
  readonly lost: Promise<string>
  /** Throws `CompileError` `device/lost` when the device is lost or disposed of. */
  readonly check: () => void
  /** Runs `action` and keeps an error of the kind that it causes. */
  readonly guard: <T>(filter: GPUErrorFilter, action: () => T) => T
  /** `pending`, or a rejection with `device/lost` when the device is lost first. */
  readonly unlessLost: <T>(pending: Promise<T>) => Promise<T>
  /** Resolves when all guarded actions are known to be well; rejects with the first that is not. */
  readonly settled: () => Promise<void>
  /** What to throw for an error of a call that failed. */
  readonly explain: (error: unknown) => Promise<unknown>
  /** Marks the device as disposed of; false when it was already. */
  readonly dispose: () => boolean
}

function lostError(reason: string): CompileError {
  return new CompileError({
    code: 'device/lost',
    message: `the device is lost: ${reason}`,
    help: 'open a new device; nothing on this one can be read any more',
  })
}

export function createFaults(gpu: GPUDevice): Faults {
  let lossReason: string | undefined
  let isDisposed = false
  const pending = new Set<Promise<void>>()
  /** Rejections to make when the device is lost: a race with `gpu.lost` itself would be held for as long as it lives. */
  const waiting = new Set<(error: CompileError) => void>()
  let first: TilewrightError | undefined

  const loss = gpu.lost.then(({ reason, message }) => {
    const known = isDisposed ? 'it was disposed of' : message || reason
    lossReason = known
    for (const reject of waiting) reject(lostError(known))
    return known
  })
  const lost = loss.then((reason) => (isDisposed ? new Promise<string>(() => {}) : reason))

  const note = (filter: GPUErrorFilter, error: GPUError | null): void => {
    if (error === null) return
    first ??=
      filter === 'out-of-memory'
        ? new CompileError({
            code: 'device/out-of-memory',
            message: `the device has no memory for a buffer: ${error.message}`,
            help: 'free buffers, or run smaller batches',
          })
        : new InternalError(`WebGPU refused a launch or a copy: ${error.message}`)
  }

  return {
    lost,
    check: () => {
      if (isDisposed) throw lostError('it was disposed of')
      if (lossReason !== undefined) throw lostError(lossReason)
    },
    guard: (filter, action) => {
      gpu.pushErrorScope(filter)
      try {
        return action()
      } finally {
        // The loss of the device rejects the scope; it is reported by itself.
        const scope = gpu.popErrorScope().then(
          (error) => note(filter, error),
          () => {},
        )
        pending.add(scope)
        void scope.then(() => pending.delete(scope))
      }
    },
    unlessLost: (promise) =>
      new Promise((resolve, reject) => {
        waiting.add(reject)
        void promise.then(resolve, reject).finally(() => waiting.delete(reject))
      }),
    settled: async () => {
      await Promise.all(pending)
      const fault = first
      first = undefined
      if (fault !== undefined) throw fault
    },
    explain: async (error) => {
      if (error instanceof CompileError || error instanceof InternalError) return error
      // A call that fails because of a loss may fail before the loss is announced: give that a moment.
      const reason = await Promise.race([loss, new Promise<undefined>((resolve) => setTimeout(resolve, 50))])
      return reason === undefined ? new InternalError(`WebGPU failed: ${String(error)}`) : lostError(reason)
    },
    dispose: () => {
      const wasDisposed = isDisposed
      isDisposed = true
      return !wasDisposed
    },
  }
}
