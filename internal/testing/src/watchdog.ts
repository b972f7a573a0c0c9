// Setup file of the guarded tiers: kills the test process when a test blocks it past its timeout. Vitest's own timeout needs
// the event loop, which an endless shader or a compiler that hangs never gives back; a second thread needs only the clock.
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach } from 'vitest'

/** What a test may overrun its own timeout by before the process dies: vitest reports the timeout first if it can. */
const GRACE_MS = 10_000
/** The bound for loading a file, for its hooks, and for what follows its last test. */
const BETWEEN_TESTS_MS = 120_000
const LABEL_BYTES = 512

const GUARD = `
  const { workerData } = require('node:worker_threads')
  const { writeSync } = require('node:fs')
  const asleep = new Int32Array(new SharedArrayBuffer(4))
  while (Date.now() < Number(Atomics.load(workerData.deadline, 0))) Atomics.wait(asleep, 0, 0, 250)
  const label = Buffer.from(workerData.label).toString('utf8').replace(/\\0+$/, '')
  writeSync(2, 'watchdog: ' + label + ' blocks its process past the deadline: the process is killed\\n')
  process.kill(process.pid, 'SIGKILL')
`

const deadline = new BigInt64Array(new SharedArrayBuffer(8))
const label = new Uint8Array(new SharedArrayBuffer(LABEL_BYTES))

function allow(ms: number, what: string): void {
  label.fill(0)
  label.set(new TextEncoder().encode(what).subarray(0, LABEL_BYTES))
  Atomics.store(deadline, 0, BigInt(Date.now() + ms))
}

allow(BETWEEN_TESTS_MS, 'loading of a test file')
new Worker(GUARD, { eval: true, workerData: { deadline, label } }).unref()
beforeEach(({ task }) => allow(task.timeout + GRACE_MS, `test '${task.name}' of ${task.file.name}`))
afterEach(({ task }) => allow(BETWEEN_TESTS_MS, `what follows test '${task.name}' of ${task.file.name}`))
