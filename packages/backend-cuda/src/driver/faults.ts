/**
 * What goes wrong on a device, gathered. An error after which the context is of no use loses the device: every later call
 * says so. What a submission did wrong is told to all who wait meanwhile, and else to the first who does.
 */
import { disposedReason, lostError } from '@tilewright/backend'
import type { CompileError, TilewrightError } from '@tilewright/ir'
import { CudaFailure } from './cuda-api.js'

export interface Faults {
  /** Resolves with the reason when the device is lost, never when it is disposed of. */
  readonly lost: Promise<string>
  /** Why nothing works any more. */
  readonly reason: () => string | undefined
  /** Throws `CompileError` `device/lost` when the device is lost or disposed of. */
  readonly check: () => void
  /** Loses the device. */
  readonly lose: (reason: string) => void
  /** What `action` gives. Throws as `check` does; a failure of it after which nothing works loses the device. */
  readonly run: <T>(action: () => T) => T
  /** Keeps an error for who waits next. */
  readonly keep: (error: TilewrightError) => void
  /** `pending`, or a rejection with `device/lost` when the device is lost or disposed of first. */
  readonly unlessLost: <T>(pending: Promise<T>) => Promise<T>
  /** Rejects with the error that is kept. */
  readonly settled: () => Promise<void>
  /** Marks the device as disposed of; false when it was already. */
  readonly dispose: () => boolean
}

/** `enter` prepares each `action`. */
export function createFaults(enter: () => void): Faults {
  let reason: string | undefined
  let isDisposed = false
  let kept: TilewrightError | undefined
  /** Rejections to make when the device is lost. */
  const waiting = new Set<(error: CompileError) => void>()
  let announce: (reason: string) => void = () => {}
  const lost = new Promise<string>((resolve) => {
    announce = resolve
  })
  const end = (why: string): void => {
    reason ??= why
    for (const reject of waiting) reject(lostError(why))
    waiting.clear()
  }
  const check = (): void => {
    if (reason !== undefined) throw lostError(reason)
  }

  const lose = (why: string): void => {
    if (reason !== undefined) return
    end(why)
    announce(why)
  }

  return {
    lost,
    reason: () => reason,
    check,
    lose,
    run: (action) => {
      check()
      try {
        enter()
        return action()
      } catch (error) {
        if (!(error instanceof CudaFailure && error.isSticky)) throw error
        lose(error.message)
        throw lostError(error.message)
      }
    },
    keep: (error) => {
      kept ??= error
    },
    unlessLost: (pending) =>
      new Promise((resolve, reject) => {
        if (reason !== undefined) reject(lostError(reason))
        else waiting.add(reject)
        void pending.then(resolve, reject).finally(() => waiting.delete(reject))
      }),
    settled: async () => {
      const found = kept
      if (found === undefined) return
      // All who ask before the first is told are told.
      await Promise.resolve()
      if (kept === found) kept = undefined
      throw found
    },
    dispose: () => {
      if (isDisposed) return false
      isDisposed = true
      end(disposedReason)
      return true
    },
  }
}
