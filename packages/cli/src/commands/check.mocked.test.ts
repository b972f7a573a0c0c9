import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { capture } from '../fixtures/capture.js'
import { f32, reluModel, temporaryFolder, writeCase } from '../fixtures/write-case.js'
import type { OpenedDevice } from '../open-device.js'

const mocked = vi.hoisted(() => ({ opened: 0 }))

// The first device is lost as soon as anything is read from it.
vi.mock('../open-device.js', async (original) => {
  const actual: typeof import('../open-device.js') = await original()
  const openDevice: typeof actual.openDevice = async (choice): Promise<OpenedDevice> => {
    const opened = await actual.openDevice(choice)
    mocked.opened += 1
    if (mocked.opened > 1) return opened
    let lose: (reason: string) => void = () => undefined
    const lost = new Promise<string>((resolve) => {
      lose = resolve
    })
    const read = async (): Promise<never> => {
      lose('it was pulled out')
      throw new TypeError('gone')
    }
    return { ...opened, device: { ...opened.device, lost, read } }
  }
  return { ...actual, openDevice }
})

let root: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  root = temporaryFolder()
})
afterEach(() => root.remove())

test('a case that takes the device down fails alone: the next gets a new one', async () => {
  const good = { inputs: [f32([2], [-1, 1])], outputs: [f32([2], [0, 1])] }
  for (const name of ['a', 'b', 'c']) writeCase(`${root.path}/${name}`, reluModel(), [good])
  const { code, stdout } = await capture('check', root.path, '--device', 'cpu')
  expect(code).toBe(1)
  expect(stdout).toMatch(
    /^failed .*\/a .*gone.*\n {2}help .*\npassed .*\npassed .*\n2 passed, 1 failed, 0 unsupported\n$/,
  )
  expect(mocked.opened).toBe(2)
})
