import { expect, test, vi } from 'vitest'
import { capture } from './fixtures/capture.js'

// Everything below the command line stands on this.
const mocked = vi.hoisted(() => ({ loaded: 0 }))
vi.mock('@tilewright/ir', async (original) => {
  mocked.loaded += 1
  return original()
})

test('help, and what is asked for wrongly, wait for nothing to be loaded', async () => {
  expect((await capture('--version')).code).toBe(0)
  expect((await capture('check', '--help')).code).toBe(0)
  expect((await capture('run', '--nonsense')).code).toBe(2)
  expect(mocked.loaded).toBe(0)
  expect((await capture('run', 'missing.onnx')).code).toBe(1)
  expect(mocked.loaded).toBe(1)
})
