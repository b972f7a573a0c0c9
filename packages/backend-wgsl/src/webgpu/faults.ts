/// <reference lib="dom" />
/**
 * What goes wrong with a `GPUDevice`, gathered: its loss, and errors that WebGPU reports after the call that made them.
 * A fault is reported to all who wait for the action that made it, and else once, to the first who asks after it.
 */
import { disposedReason, lostError } from '@tilewright/backend'
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
  /** Resolves when the guarded actions so far are known to be well; rejects with the first that is not. */
  readonly settled: () => Promise<void>
  /** What to throw for an error of a call that failed. */
  readonly explain: (error: unknown) => Promise<unknown>
  /** Marks the device as disposed of; false when it was already. */
  readonly dispose: () => boolean
}

export function createFaults(gpu: GPUDevice): Faults {
  let lossReason: string | undefined
  let isDisposed = false
  /** Actions whose errors are not known yet, and whether anybody waits for them. */
  const pending = new Set<{ readonly fault: Promise<TilewrightError | undefined>; isAwaited: boolean }>()
  /** Rejections to make when the device is lost: a race with `gpu.lost` itself would be held for as long as it lives. */
  const waiting = new Set<(error: CompileError) => void>()
  /** The first fault that nobody has been told of. */
  let unreported: TilewrightError | undefined

  const loss = gpu.lost.then(({ reason, message }) => {
    const known = isDisposed ? disposedReason : message || reason
    lossReason = known
    for (const reject of waiting) reject(lostError(known))
    return known
  })
  const lost = loss.then((reason) => (isDisposed ? new Promise<string>(() => {}) : reason))

  const faultOf = (filter: GPUErrorFilter, error: GPUError | null): TilewrightError | undefined => {
    if (error === null) return undefined
    return filter === 'out-of-memory'
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
      if (isDisposed) throw lostError(disposedReason)
      if (lossReason !== undefined) throw lostError(lossReason)
    },
    guard: (filter, action) => {
      gpu.pushErrorScope(filter)
      try {
        return action()
      } finally {
        // The loss of the device rejects the scope; it is reported by itself.
        const fault = gpu.popErrorScope().then(
          (error) => faultOf(filter, error),
          () => undefined,
        )
        const action = { fault, isAwaited: false }
        pending.add(action)
        void fault.then((known) => {
          pending.delete(action)
          if (!action.isAwaited) unreported ??= known
        })
      }
    },
    unlessLost: (promise) =>
      new Promise((resolve, reject) => {
        waiting.add(reject)
        void promise.then(resolve, reject).finally(() => waiting.delete(reject))
      }),
    settled: async () => {
      const [earlier, awaited] = [unreported, [...pending]]
      unreported = undefined
      for (const action of awaited) action.isAwaited = true
      const found = await Promise.all(awaited.map(({ fault }) => fault))
      const first = earlier ?? found.find((fault) => fault !== undefined)
      if (first !== undefined) throw first
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
