import { afterEach, expect, test, vi } from 'vitest'
import { wgsl } from './index.js'
import { findSwiftShader, openNode } from './webgpu/node.js'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('the backend opens a device of Node', async () => {
  const software = await openNode({ software: true })
  // A Vulkan driver that the user names is as good as a GPU's.
  const driver = process.platform === 'linux' ? findSwiftShader()?.manifest : undefined
  if (driver !== undefined) vi.stubEnv('VK_DRIVER_FILES', driver)
  const device = await wgsl().open()
  expect(device.info.backend).toBe('wgsl')
  expect(device.target.elementBytes).toEqual(software.target.elementBytes)
  device.dispose()
  software.dispose()
})
