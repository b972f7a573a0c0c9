/**
 * Waiting for Dawn on few cores. While a promise of Dawn's is pending, its Node binding polls from the event loop without a
 * pause; where the processor also emulates the GPU, that takes a core from it. A throttle lets the thread sleep a little
 * between the polls.
 */

/** How long the thread sleeps between two turns of the event loop: about as long as a small kernel runs. */
const sleepMs = 0.2

/** Waits for `pending` as `await` does, with the thread asleep most of the time. Timers run up to 0.2 ms late meanwhile. */
export type Throttle = <T>(pending: Promise<T>) => Promise<T>

/** A throttle for all the waits of one device: it sleeps once a turn, however many promises are pending. */
export function createThrottle(): Throttle {
  const asleep = new Int32Array(new SharedArrayBuffer(4))
  let waits = 0
  let ticking = false
  const tick = (): void => {
    ticking = waits > 0
    if (!ticking) return
    Atomics.wait(asleep, 0, 0, sleepMs)
    setImmediate(tick)
  }
  return async (pending) => {
    waits += 1
    if (!ticking) {
      ticking = true
      setImmediate(tick)
    }
    try {
      return await pending
    } finally {
      waits -= 1
    }
  }
}
