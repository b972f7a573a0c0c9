import { expect, test } from 'vitest'
import { wgsl } from './index.js'
import { openNode } from './webgpu/node.js'

test('the backend opens a device of Node', async () => {
  // Makes SwiftShader the process's Vulkan driver, which `open` then takes where there is no GPU.
  const software = await openNode({ software: true })
  const device = await wgsl().open()
  expect(device.info.backend).toBe('wgsl')
  expect(device.target.elementBytes).toEqual(software.target.elementBytes)
  device.dispose()
  software.dispose()
})
