import { expect, test } from 'vitest'
import { createThrottle } from './node-throttle.js'

const later = <T>(ms: number, value: T): Promise<T> => new Promise((resolve) => setTimeout(resolve, ms, value))

/** Turns of the event loop while `pending` is. */
async function turnsDuring(pending: Promise<unknown>): Promise<number> {
  let turns = 0
  let done = false
  const count = (): void => {
    if (done) return
    turns += 1
    setImmediate(count)
  }
  setImmediate(count)
  await pending
  done = true
  return turns
}

test('passes on what a promise resolves or rejects with', async () => {
  const wait = createThrottle()
  expect(await wait(later(1, 'value'))).toBe('value')
  await expect(wait(Promise.reject(new TypeError('reason')))).rejects.toThrow('reason')
})

test('sleeps in every turn while a promise is pending, once for all that are', async () => {
  const wait = createThrottle()
  expect(await turnsDuring(wait(later(50, 0)))).toBeLessThanOrEqual(50 / 0.2)
  const three = Promise.all([wait(later(50, 0)), wait(later(50, 0)), wait(later(50, 0))])
  const turns = await turnsDuring(three)
  expect(turns).toBeLessThanOrEqual(50 / 0.2)
  expect(turns).toBeGreaterThan(0)
})

test('sleeps again after a pause, and never when nothing is pending', async () => {
  const wait = createThrottle()
  await wait(later(5, 0))
  await later(5, 0)
  const idle = await turnsDuring(later(20, 0))
  const waiting = await turnsDuring(wait(later(20, 0)))
  expect(waiting).toBeLessThanOrEqual(20 / 0.2)
  expect(idle).toBeGreaterThan(waiting)
})
