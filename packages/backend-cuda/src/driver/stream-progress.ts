/**
 * How far a stream has come. Events are recorded behind its work and asked for, in order, from the event loop: all calls of
 * the driver stay on this thread, where the context is current, and each error comes back in the order of the work. Waiting
 * on koffi's threads would need the context made current on each, and hold one a wait.
 */
import { TilewrightError } from '@tilewright/ir'
import type { CudaApi } from './cuda-api.js'
import type { Faults } from './faults.js'
import { handleFrom } from './koffi.js'

export interface StreamProgress {
  /** Runs `action`, at the latest with the next `sweep`, once all work so far is done. */
  readonly after: (action: () => void) => void
  /** Resolves once all work so far is done, after `action`. Rejects with `device/lost`; throws what CUDA has against it. */
  readonly done: (action?: () => void) => Promise<void>
  /** Runs the actions whose work is done. */
  readonly sweep: () => void
  /** Blocks until all work is done. */
  readonly finish: () => void
  /** Frees the events; nothing is waited for. */
  readonly destroy: () => void
}

/** `CU_EVENT_DISABLE_TIMING`: faster to record. */
const disableTiming = 2

/** For so long a wait looks again in each turn of the event loop; then with a pause, which leaves the processor to others. */
const eagerMs = 2
const pauseMs = 1

export function createStreamProgress(cuda: CudaApi, stream: bigint, faults: Faults): StreamProgress {
  const idle: bigint[] = []
  const marks: { readonly event: bigint; readonly action: () => void }[] = []
  let waits = 0
  let isPolling = false

  const after = (action: () => void): void => {
    const event = idle.pop() ?? handleFrom((out) => cuda.call('cuEventCreate', out, disableTiming))
    cuda.call('cuEventRecord', event, stream)
    marks.push({ event, action })
  }
  const sweep = (): void => {
    for (let first = marks[0]; first !== undefined && cuda.isPast(first.event); first = marks[0]) {
      marks.shift()
      idle.push(first.event)
      first.action()
    }
  }
  const poll = (since: number): void => {
    isPolling = waits > 0 && faults.reason() === undefined
    if (!isPolling) return
    const before = marks.length
    try {
      faults.run(sweep)
    } catch (error) {
      isPolling = false
      // Nothing that was waited for can be relied on: events give no errors of their own.
      faults.lose(error instanceof TilewrightError ? error.message : String(error))
      return
    }
    const now = performance.now()
    const start = marks.length < before ? now : since
    if (now - start < eagerMs) setImmediate(poll, start)
    else setTimeout(poll, pauseMs, start)
  }

  return {
    after,
    sweep,
    done: (action = () => {}) => {
      let resolve = (): void => {}
      const passed = new Promise<void>((made) => {
        resolve = made
      })
      after(() => {
        action()
        resolve()
      })
      waits++
      if (!isPolling) {
        isPolling = true
        setImmediate(poll, performance.now())
      }
      return faults.unlessLost(passed).finally(() => {
        waits--
      })
    },
    finish: () => {
      cuda.call('cuStreamSynchronize', stream)
      sweep()
    },
    destroy: () => {
      for (const event of [...idle.splice(0), ...marks.splice(0).map(({ event }) => event)]) {
        cuda.call('cuEventDestroy', event)
      }
    },
  }
}
